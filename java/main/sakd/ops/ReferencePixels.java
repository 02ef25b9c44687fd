package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.readInts;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireConfusion;
import static sakd.ops.Requirements.requirePixelCount;
import static sakd.ops.Requirements.requirePixelLoss;

import java.util.Arrays;
import sakd.device.cpu.Elements;

/** The loss and the counts of {@code kernels/pixels.cu} in double arithmetic. */
final class ReferencePixels {
  private final int classes;
  private final byte[] y;

  /** Pixels with these labels, of which those of {@code classes} and beyond do not count. */
  ReferencePixels(int classes, byte[] labels) {
    this.classes = classes;
    this.y = labels;
  }

  private static ReferencePixels of(Tensor logits, Tensor labels) {
    byte[] y = Elements.readBytes(labels.memory(), 0, Math.toIntExact(labels.size()));
    return new ReferencePixels(logits.channels(), y);
  }

  static void loss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor divisor,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor hits,
      Tensor grad) {
    requirePixelLoss(logits, teacher, labels, divisor, lossScale, klWeight, losses, hits, grad);
    ReferencePixels pixels = of(logits, labels);
    double[] z = read(logits);
    double[] q = klWeight == 0 ? null : read(teacher);
    double n = divisor == null ? pixels.counted() : read(divisor)[0];
    double[] gradient = pixels.gradient(n, z, q, ceWeight, klWeight, temperature, smoothing);
    double scale = read(lossScale)[0];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= scale;
    }
    write(grad, 0, gradient);
    write(losses, 0, pixels.losses(n, z, q, temperature, smoothing));
    Elements.writeInts(hits.memory(), 0, new int[] {pixels.hits(z), pixels.counted()});
  }

  static void count(Tensor labels, int classes, Tensor count) {
    requirePixelCount(labels, classes, count);
    byte[] y = Elements.readBytes(labels.memory(), 0, Math.toIntExact(labels.size()));
    write(count, 0, new double[] {new ReferencePixels(classes, y).counted()});
  }

  static void confusion(Tensor logits, Tensor labels, Tensor counts) {
    requireConfusion(logits, labels, counts);
    ReferencePixels pixels = of(logits, labels);
    double[] z = read(logits);
    int[] all = readInts(counts);
    for (int i = 0; i < pixels.y.length; i++) {
      if (pixels.counts(i)) {
        all[pixels.label(i) * pixels.classes + first(pixels.row(z, i))]++;
      }
    }
    Elements.writeInts(counts.memory(), 0, all);
  }

  /** The class of the largest logit, of equals the first; a NaN exceeds all before it. */
  private static int first(double[] z) {
    int best = 0;
    for (int k = 1; k < z.length; k++) {
      best = z[k] > z[best] || Double.isNaN(z[k]) ? k : best;
    }
    return best;
  }

  private int label(int i) {
    return y[i] & 0xff;
  }

  private boolean counts(int i) {
    return label(i) < classes;
  }

  private double[] row(double[] z, int i) {
    return Arrays.copyOfRange(z, i * classes, (i + 1) * classes);
  }

  int counted() {
    int n = 0;
    for (int i = 0; i < y.length; i++) {
      n += counts(i) ? 1 : 0;
    }
    return n;
  }

  /** Counted pixels whose class comes first; those with a NaN are none. */
  int hits(double[] z) {
    int n = 0;
    for (int i = 0; i < y.length; i++) {
      if (counts(i)) {
        double[] row = row(z, i);
        boolean broken = Double.isNaN(ReferenceLoss.logSoftmax(row, 1)[label(i)]);
        n += !broken && ReferenceLoss.rank(row, label(i)) == 0 ? 1 : 0;
      }
    }
    return n;
  }

  /**
   * The sums over the counted pixels, divided by n, of cross-entropy, and of T^2 KL from q, null
   * for none; 0 if no pixel counts.
   */
  double[] losses(double n, double[] z, double[] q, double temperature, double smoothing) {
    double[] means = new double[2];
    for (int i = 0; i < y.length; i++) {
      if (counts(i)) {
        ReferenceLoss.Label label = ReferenceLoss.Label.of(label(i));
        means[0] += ReferenceLoss.crossEntropy(row(z, i), label, smoothing) / n;
        means[1] += q == null ? 0 : ReferenceLoss.divergence(row(z, i), row(q, i), temperature) / n;
      }
    }
    return means;
  }

  /** The gradient by z of ceWeight and klWeight times these. */
  double[] gradient(
      double n,
      double[] z,
      double[] q,
      double ceWeight,
      double klWeight,
      double temperature,
      double smoothing) {
    double[] gradient = new double[z.length];
    for (int i = 0; i < y.length; i++) {
      if (counts(i)) {
        double[] g =
            ReferenceLoss.gradient(
                row(z, i),
                q == null ? null : row(q, i),
                ReferenceLoss.Label.of(label(i)),
                ceWeight,
                q == null ? 0 : klWeight,
                temperature,
                smoothing);
        for (int k = 0; k < classes; k++) {
          gradient[i * classes + k] = g[k] / n;
        }
      }
    }
    return gradient;
  }
}
