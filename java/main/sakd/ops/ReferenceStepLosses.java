package sakd.ops;

import static sakd.ops.HostTensors.labels;
import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireStepLosses;

/**
 * The losses of {@code kernels/step_losses.cu} in double precision: on one sample, and on tensors.
 */
interface ReferenceStepLosses extends StepLossOps {
  /**
   * The terms of one sample, in the order of {@link StepTerms}, without weights.
   *
   * @param s logits [T][K]
   */
  static double[] terms(double[][] s, int label, double temperature) {
    return terms(s, targets(s, label), temperature);
  }

  /**
   * What steps follow.
   *
   * @param strong the logits of the most confident step, {@code weak} of the least
   * @param prefixes the means of the first steps
   * @param right the mean of the steps that are right; null if none is
   */
  record Targets(int strong, int weak, double[][] s, double[][] prefixes, double[] right) {}

  /** Those of a sample. */
  static Targets targets(double[][] s, int label) {
    int strong = 0;
    int weak = 0;
    int hits = 0;
    double[] right = new double[s[0].length];
    for (int t = 0; t < s.length; t++) {
      strong = confidence(s[t]) > confidence(s[strong]) ? t : strong;
      weak = confidence(s[t]) < confidence(s[weak]) ? t : weak;
      if (ReferenceLoss.rank(s[t], label) == 0) {
        hits++;
        add(right, s[t], 1);
      }
    }
    for (int k = 0; k < right.length; k++) {
      right[k] /= hits;
    }
    return new Targets(strong, weak, s, prefixes(s), hits == 0 ? null : right);
  }

  /** The logarithm of the largest probability. */
  private static double confidence(double[] z) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double log : ReferenceLoss.logSoftmax(z, 1)) {
      largest = Math.max(largest, log);
    }
    return largest;
  }

  private static double[][] prefixes(double[][] s) {
    double[][] means = new double[s.length][s[0].length];
    double[] sum = new double[s[0].length];
    for (int t = 0; t < s.length; t++) {
      add(sum, s[t], 1);
      add(means[t], sum, 1.0 / (t + 1));
    }
    return means;
  }

  private static void add(double[] sum, double[] values, double share) {
    for (int k = 0; k < sum.length; k++) {
      sum[k] += share * values[k];
    }
  }

  /** The terms of logits that follow targets of others: what finite differences vary. */
  static double[] terms(double[][] s, Targets targets, double temperature) {
    int steps = s.length;
    double[] terms = new double[StepTerms.COUNT];
    double tau = StepTerms.TEMPERATURE;
    double[][] followed = targets.s;
    terms[0] = ReferenceLoss.divergence(s[targets.weak], followed[targets.strong], tau);
    terms[1] = ReferenceLoss.divergence(s[targets.strong], followed[targets.weak], tau);
    double[][] own = prefixes(s);
    for (int t = 0; t + 1 < steps; t++) {
      double[] target = ReferenceLoss.logSoftmax(targets.prefixes[t + 1], 1);
      double[] log = ReferenceLoss.logSoftmax(own[t], 1);
      for (int k = 0; k < log.length; k++) {
        double share = Math.exp(target[k]);
        terms[2] -= share == 0 ? 0 : share * log[k] / (steps - 1);
      }
    }
    for (double[] z : s) {
      if (targets.right != null) {
        terms[3] += ReferenceLoss.divergence(z, targets.right, temperature) / steps;
      }
      terms[4] += entropy(z) / steps;
    }
    return terms;
  }

  private static double entropy(double[] z) {
    double entropy = 0;
    for (double log : ReferenceLoss.logSoftmax(z, 1)) {
      double p = Math.exp(log);
      entropy -= p == 0 ? 0 : p * log;
    }
    return entropy;
  }

  /** Gradient [T][K] of the weighted terms of one sample. */
  static double[][] gradient(double[][] s, int label, StepTerms weights, double temperature) {
    int steps = s.length;
    Targets targets = targets(s, label);
    double[][] gradient = new double[steps][s[0].length];
    double tau = StepTerms.TEMPERATURE;
    double[] strong = s[targets.strong];
    double[] weak = s[targets.weak];
    add(gradient[targets.weak], follow(weak, strong, tau), weights.s2w());
    add(gradient[targets.strong], follow(strong, weak, tau), weights.w2s());
    for (int t = 0; t + 1 < steps; t++) {
      double[] slope = follow(targets.prefixes[t], targets.prefixes[t + 1], 1);
      for (int u = 0; u <= t; u++) {
        add(gradient[u], slope, (double) weights.prefix() / (steps - 1) / (t + 1));
      }
    }
    for (int t = 0; t < steps; t++) {
      if (targets.right != null) {
        add(gradient[t], follow(s[t], targets.right, temperature), weights.rightSteps() / steps);
      }
      add(gradient[t], ofEntropy(s[t]), -weights.entropy() / steps);
    }
    return gradient;
  }

  /** Gradient by z of tau^2 KL(softmax(target / tau) || softmax(z / tau)). */
  private static double[] follow(double[] z, double[] target, double tau) {
    return ReferenceLoss.gradient(z, target, ReferenceLoss.Label.of(0), 0, 1, tau, 0);
  }

  private static double[] ofEntropy(double[] z) {
    double[] log = ReferenceLoss.logSoftmax(z, 1);
    double entropy = entropy(z);
    double[] gradient = new double[z.length];
    for (int k = 0; k < z.length; k++) {
      double p = Math.exp(log[k]);
      gradient[k] = p == 0 ? 0 : -p * (log[k] + entropy);
    }
    return gradient;
  }

  @Override
  default void stepLosses(
      Tensor logits,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      StepTerms weights,
      float temperature,
      Tensor losses,
      Tensor grad) {
    requireStepLosses(logits, labels, mix, lossScale, losses, grad);
    int steps = logits.dim(0);
    int samples = logits.dim(1);
    int classes = logits.channels();
    int[] y = labels(labels, classes);
    boolean others = mix != null && read(mix)[0] < 0.5;
    double scale = read(lossScale)[0] / samples;
    double[] on = weights.byName().values().stream().mapToDouble(w -> w).toArray();
    for (int n = 0; n < samples; n++) {
      double[][] s = new double[steps][];
      double broken = 0;
      for (int t = 0; t < steps; t++) {
        s[t] = read(logits, ((long) t * samples + n) * classes, classes);
        broken += 0 * confidence(s[t]);
      }
      int label = y[others ? samples - 1 - n : n];
      double[] terms = terms(s, label, temperature);
      for (int i = 0; i < terms.length; i++) {
        terms[i] = (on[i] == 0 ? 0 : terms[i]) + broken;
      }
      write(losses, (long) n * terms.length, terms);
      double[][] gradient = gradient(s, label, weights, temperature);
      for (int t = 0; t < steps; t++) {
        for (int k = 0; k < classes; k++) {
          gradient[t][k] *= scale;
        }
        write(grad, ((long) t * samples + n) * classes, gradient[t]);
      }
    }
  }
}
