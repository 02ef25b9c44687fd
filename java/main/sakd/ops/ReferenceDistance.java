package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** The losses of kernels/distance.cu and kernels/headtail.cu in double precision. */
interface ReferenceDistance extends LossOps {
  /** A loss and its gradient by a, both of one sample and without weight. */
  record Loss(double value, double[] gradient) {}

  @Override
  default void distance(
      Distance kind,
      Tensor a,
      Tensor b,
      Tensor lossScale,
      float temperature,
      float weight,
      Tensor losses,
      int index,
      Tensor grad) {
    DistanceKernels.requireMaps(a, b, lossScale, losses, index, grad);
    int samples = a.dim(1);
    int size = Math.toIntExact(a.size() / samples);
    double total = 0;
    for (int n = 0; n < samples; n++) {
      double[] x = read(a, (long) n * size, size);
      double[] y = read(b, (long) n * size, size);
      Loss one =
          switch (kind) {
            case MSE -> squared(x, y);
            case L1 -> absolute(x, y);
            case NORMALIZED -> normalized(x, y);
            case KL -> channelDivergence(x, y, a.channels(), temperature);
          };
      total += one.value / samples;
      double share = read(lossScale)[0] * weight / samples;
      write(grad, (long) n * size, Arrays.stream(one.gradient).map(g -> g * share).toArray());
    }
    write(losses, index, new double[] {total});
  }

  private static Loss squared(double[] a, double[] b) {
    double sum = 0;
    double[] g = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      double d = a[i] - b[i];
      sum += d * d;
      g[i] = 2 * d / a.length;
    }
    return new Loss(sum / a.length, g);
  }

  private static Loss absolute(double[] a, double[] b) {
    double sum = 0;
    double[] g = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs(a[i] - b[i]);
      g[i] = Math.signum(a[i] - b[i]) / a.length;
    }
    return new Loss(sum / a.length, g);
  }

  private static double norm(double[] a) {
    return Math.max(1e-12, Math.sqrt(Arrays.stream(a).map(v -> v * v).sum()));
  }

  private static Loss normalized(double[] a, double[] b) {
    double aNorm = norm(a);
    double bNorm = norm(b);
    double cosine = 0;
    for (int i = 0; i < a.length; i++) {
      cosine += a[i] / aNorm * (b[i] / bNorm);
    }
    double[] g = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      g[i] = 2 * (cosine * a[i] / aNorm - b[i] / bNorm) / aNorm;
    }
    return new Loss(2 - 2 * cosine, g);
  }

  private static Loss channelDivergence(double[] a, double[] b, int channels, double temperature) {
    int places = a.length / channels;
    double sum = 0;
    double[] g = new double[a.length];
    for (int c = 0; c < channels; c++) {
      int channel = c;
      double[] x = IntStream.range(0, places).mapToDouble(s -> a[s * channels + channel]).toArray();
      double[] y = IntStream.range(0, places).mapToDouble(s -> b[s * channels + channel]).toArray();
      sum += ReferenceLoss.divergence(x, y, temperature);
      double[] logQ = ReferenceLoss.logSoftmax(x, temperature);
      double[] logP = ReferenceLoss.logSoftmax(y, temperature);
      for (int s = 0; s < places; s++) {
        g[s * channels + c] = temperature * (Math.exp(logQ[s]) - Math.exp(logP[s])) / channels;
      }
    }
    return new Loss(sum / channels, g);
  }

  @Override
  default void headTailLoss(
      Tensor logits,
      Tensor teacher,
      Tensor lossScale,
      float temperature,
      float weight,
      float head,
      Tensor losses,
      Tensor grad) {
    DistanceKernels.requireHeadTail(logits, teacher, lossScale, losses, grad);
    double share = read(lossScale)[0] * weight / logits.rows();
    int samples = Math.toIntExact(logits.rows());
    int classes = logits.channels();
    for (int n = 0; n < samples; n++) {
      long first = (long) n * classes;
      Loss one =
          headTail(read(logits, first, classes), read(teacher, first, classes), temperature, head);
      write(losses, 2L * n + 1, new double[] {one.value});
      double[] g = read(grad, first, classes);
      for (int k = 0; k < classes; k++) {
        g[k] += share * one.gradient[k];
      }
      write(grad, first, g);
    }
  }

  private static Loss headTail(double[] z, double[] q, double temperature, double head) {
    double[] logP = ReferenceLoss.logSoftmax(q, temperature);
    double[] logR = ReferenceLoss.logSoftmax(z, temperature);
    int[] order =
        IntStream.range(0, q.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer k) -> -q[k]))
            .mapToInt(Integer::intValue)
            .toArray();
    double ahead = 0;
    double headGap = 0;
    double tailGap = 0;
    double forward = 0;
    double reverse = 0;
    for (int k : order) {
      double p = Math.exp(logP[k]);
      double r = Math.exp(logR[k]);
      if (ahead < head) {
        headGap += Math.abs(p - r);
      } else {
        tailGap += Math.abs(p - r);
      }
      ahead += p;
      forward += p * (logP[k] - logR[k]);
      reverse += r * (logR[k] - logP[k]);
    }
    double u = headGap + tailGap > 0 ? headGap / (headGap + tailGap) : 0.5;
    double[] g = new double[z.length];
    for (int k = 0; k < z.length; k++) {
      double p = Math.exp(logP[k]);
      double r = Math.exp(logR[k]);
      g[k] = temperature * (u * (r - p) + (1 - u) * r * (logR[k] - logP[k] - reverse));
    }
    return new Loss(temperature * temperature * (u * forward + (1 - u) * reverse), g);
  }

  @Override
  default void tetRegularizer(
      Tensor logits,
      Tensor lossScale,
      float lambda,
      float target,
      float weight,
      Tensor losses,
      Tensor grad) {
    DistanceKernels.requireTet(logits, lossScale, losses, grad);
    int classes = logits.channels();
    double slope = 2.0 * weight * lambda * read(lossScale)[0] / logits.size();
    for (long r = 0; r < logits.rows(); r++) {
      double[] z = read(logits, r * classes, classes);
      double[] g = read(grad, r * classes, classes);
      double ce = read(losses, 2 * r, 1)[0];
      double squares = 0;
      for (int k = 0; k < classes; k++) {
        squares += (z[k] - target) * (z[k] - target);
        g[k] += slope * (z[k] - target);
      }
      write(losses, 2 * r, new double[] {(1.0 - lambda) * ce + lambda * squares / classes});
      write(grad, r * classes, g);
    }
  }
}
