package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireConfusion;
import static sakd.ops.Requirements.requirePixelLoss;

import sakd.device.cpu.Elements;

/** The loss and the counts of {@code kernels/pixels.cu} in double arithmetic. */
final class ReferencePixels {
  private ReferencePixels() {}

  static void loss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor hits,
      Tensor grad) {
    requirePixelLoss(logits, teacher, labels, lossScale, klWeight, losses, hits, grad);
    int classes = logits.channels();
    byte[] y = Elements.readBytes(labels.memory(), 0, Math.toIntExact(labels.size()));
    int counted = 0;
    for (byte label : y) {
      counted += counts(label, classes) ? 1 : 0;
    }
    double share = read(lossScale)[0] / counted;
    double[] sums = new double[2];
    int first = 0;
    for (int i = 0; i < y.length; i++) {
      double[] g = new double[classes];
      if (counts(y[i], classes)) {
        ReferenceLoss.Label label = ReferenceLoss.Label.of(y[i] & 0xff);
        double[] z = read(logits, (long) i * classes, classes);
        double[] q = klWeight == 0 ? z : read(teacher, (long) i * classes, classes);
        double ce = ReferenceLoss.crossEntropy(z, label, smoothing);
        sums[0] += ce;
        sums[1] += klWeight == 0 ? 0 : ReferenceLoss.divergence(z, q, temperature);
        boolean broken = Double.isNaN(ReferenceLoss.logSoftmax(z, 1)[label.own()]);
        first += !broken && ReferenceLoss.rank(z, label.own()) == 0 ? 1 : 0;
        g = ReferenceLoss.gradient(z, q, label, ceWeight, klWeight, temperature, smoothing);
        for (int k = 0; k < classes; k++) {
          g[k] *= share;
        }
      }
      write(grad, (long) i * classes, g);
    }
    int divisor = Math.max(counted, 1);
    write(losses, 0, new double[] {sums[0] / divisor, sums[1] / divisor});
    Elements.writeInts(hits.memory(), 0, new int[] {first, counted});
  }

  private static boolean counts(byte label, int classes) {
    return (label & 0xff) < classes;
  }

  static void confusion(Tensor logits, Tensor labels, Tensor counts) {
    requireConfusion(logits, labels, counts);
    int classes = logits.channels();
    byte[] y = Elements.readBytes(labels.memory(), 0, Math.toIntExact(labels.size()));
    int[] all = HostTensors.readInts(counts);
    for (int i = 0; i < y.length; i++) {
      if (counts(y[i], classes)) {
        double[] z = read(logits, (long) i * classes, classes);
        int best = 0;
        for (int k = 1; k < classes; k++) {
          best = z[k] > z[best] || Double.isNaN(z[k]) ? k : best;
        }
        all[(y[i] & 0xff) * classes + best]++;
      }
    }
    Elements.writeInts(counts.memory(), 0, all);
  }
}
