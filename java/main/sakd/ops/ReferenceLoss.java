package sakd.ops;

import static sakd.ops.HostTensors.labels;
import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.readInts;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.ints;
import static sakd.ops.Requirements.require;

import java.util.Arrays;
import sakd.device.cpu.Elements;

/** The losses of {@code kernels/loss.cu} in double precision: on one sample, and on tensors. */
interface ReferenceLoss extends LossOps {
  /** log softmax(z / temperature). */
  static double[] logSoftmax(double[] z, double temperature) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : z) {
      max = Math.max(max, value); // A NaN wins, so that a broken network shows in the loss.
    }
    double sum = 0;
    for (double value : z) {
      sum += Math.exp((value - max) / temperature);
    }
    double[] log = new double[z.length];
    for (int k = 0; k < z.length; k++) {
      log[k] = (z[k] - max) / temperature - Math.log(sum);
    }
    return log;
  }

  /**
   * The class of a sample, and that of the one it is mixed with: {@code share} own + rest other.
   */
  record Label(int own, int other, double share) {
    static Label of(int label) {
      return new Label(label, label, 1);
    }

    /** What cross-entropy compares with: (1 - smoothing) label + smoothing / K. */
    private double target(int k, double smoothing, int classes) {
      double here = (k == own ? share : 0) + (k == other ? 1 - share : 0);
      return smoothing / classes + (1 - smoothing) * here;
    }
  }

  /** -sum_k target_k log p_k. */
  static double crossEntropy(double[] z, Label label, double smoothing) {
    double[] logP = logSoftmax(z, 1);
    double ce = 0;
    for (int k = 0; k < z.length; k++) {
      ce -= label.target(k, smoothing, z.length) * logP[k];
    }
    return ce;
  }

  /** T^2 KL(softmax(teacher / T) || softmax(z / T)). */
  static double divergence(double[] z, double[] teacher, double temperature) {
    double[] logA = logSoftmax(teacher, temperature);
    double[] logB = logSoftmax(z, temperature);
    double kl = 0;
    for (int k = 0; k < z.length; k++) {
      double share = Math.exp(logA[k]);
      // 0 log 0 is 0: a class that the teacher rules out adds nothing.
      kl += share == 0 ? 0 : share * (logA[k] - logB[k]);
    }
    return kl * temperature * temperature;
  }

  /** Gradient by z of ceWeight crossEntropy + klWeight divergence. */
  static double[] gradient(
      double[] z,
      double[] teacher,
      Label label,
      double ceWeight,
      double klWeight,
      double temperature,
      double smoothing) {
    double[] logP = logSoftmax(z, 1);
    double[] gradient = new double[z.length];
    for (int k = 0; k < z.length; k++) {
      gradient[k] = ceWeight * (Math.exp(logP[k]) - label.target(k, smoothing, z.length));
    }
    if (klWeight != 0) {
      double[] logA = logSoftmax(teacher, temperature);
      double[] logB = logSoftmax(z, temperature);
      for (int k = 0; k < z.length; k++) {
        gradient[k] += klWeight * temperature * (Math.exp(logB[k]) - Math.exp(logA[k]));
      }
    }
    return gradient;
  }

  /** How many classes are ahead of the label's; equals in the order of their index, NaN ahead. */
  static int rank(double[] z, int label) {
    int ahead = 0;
    for (int k = 0; k < z.length; k++) {
      boolean behind = k == label || z[k] < z[label] || (z[k] == z[label] && k > label);
      if (!behind) {
        ahead++;
      }
    }
    return ahead;
  }

  @Override
  default void softmaxLoss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor grad) {
    int samples = Math.toIntExact(logits.rows());
    int classes = logits.channels();
    boolean distil = klWeight != 0;
    require(
        floats(logits, logits.size())
            && (!distil || (teacher != null && floats(teacher, logits.size())))
            && ints(labels, samples)
            && (mix == null || floats(mix, 6))
            && floats(lossScale, 1)
            && floats(losses, 2L * samples)
            && floats(grad, logits.size()),
        logits,
        labels,
        losses,
        grad);
    int[] y = labels(labels, classes);
    double share = mix == null ? 1 : read(mix)[0];
    double scale = read(lossScale)[0];
    for (int n = 0; n < samples; n++) {
      Label label = new Label(y[n], share < 1 ? y[samples - 1 - n] : y[n], share);
      double[] z = read(logits, (long) n * classes, classes);
      double[] q = distil ? read(teacher, (long) n * classes, classes) : z;
      double kl = distil ? divergence(z, q, temperature) : 0;
      write(losses, 2L * n, new double[] {crossEntropy(z, label, smoothing), kl});
      double[] g = gradient(z, q, label, ceWeight, klWeight, temperature, smoothing);
      for (int k = 0; k < classes; k++) {
        g[k] *= scale / samples;
      }
      write(grad, (long) n * classes, g);
    }
  }

  @Override
  default void labelRank(Tensor logits, Tensor labels, Tensor rank) {
    int samples = Math.toIntExact(logits.rows());
    int classes = logits.channels();
    require(
        floats(logits, logits.size()) && ints(labels, samples) && ints(rank, samples),
        logits,
        labels,
        rank);
    int[] y = labels(labels, classes);
    int[] ranks = new int[samples];
    for (int n = 0; n < samples; n++) {
      ranks[n] = rank(read(logits, (long) n * classes, classes), y[n]);
    }
    Elements.writeInts(rank.memory(), 0, ranks);
  }

  @Override
  default void countHits(Tensor rank, Tensor hits) {
    require(ints(rank, rank.size()) && ints(hits, 2), rank, hits);
    int[] ranks = readInts(rank);
    int first = (int) Arrays.stream(ranks).filter(r -> r == 0).count();
    Elements.writeInts(hits.memory(), 0, new int[] {first, ranks.length});
  }
}
