package sakd.infer;

import java.util.Arrays;
import java.util.Map;
import sakd.data.Targets;
import sakd.model.Network;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Accuracy at every number of steps up to the network's T, and which class was taken for which. One
 * run shows all: what a network says after t steps is the mean of its logits up to t.
 */
public final class ClassificationReport implements ConfusionMeter {
  /** The 97.5 % point of the normal distribution. */
  private static final double Z = 1.959963984540054;

  private final Ops ops;
  private final int classes;
  private final long[][] confusion;
  private int[] hits = new int[0];
  private int images;

  public ClassificationReport(Ops ops, int classes) {
    this.ops = ops;
    this.classes = classes;
    this.confusion = new long[classes][classes];
  }

  /** Bounds of a proportion, in [0, 1]. */
  public record Interval(double low, double high) {}

  @Override
  public void add(Network.Output out, DeviceBatch batch) {
    Tensor each = out.stepLogits().value();
    add(
        Transfers.floats(ops.device(), each),
        each.dim(0),
        ((Targets.Classes) batch.targets()).labels());
  }

  /** Not the top-5 accuracy. */
  @Override
  public boolean measuresScores() {
    return false;
  }

  @Override
  public Scores scores() {
    return new Scores(Map.of(Score.TOP1, top1(steps())));
  }

  /**
   * Adds a batch.
   *
   * @param stepLogits [T, N, K]
   * @param labels [N]
   */
  void add(float[] stepLogits, int steps, int[] labels) {
    if (hits.length == 0) {
      hits = new int[steps];
    }
    int batch = labels.length;
    float[] sums = new float[batch * classes];
    for (int t = 0; t < steps; t++) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += stepLogits[t * sums.length + i];
      }
      for (int n = 0; n < batch; n++) {
        int best = argmax(sums, n * classes);
        hits[t] += best == labels[n] ? 1 : 0;
        if (t == steps - 1) {
          confusion[labels[n]][best]++;
        }
      }
    }
    images += batch;
  }

  @Override
  public void addRanks() {
    long[] seen = RankTransfers.counts(ops, images);
    images = (int) seen[0];
    hits =
        Arrays.stream(RankTransfers.counts(ops, Arrays.stream(hits).asLongStream().toArray()))
            .mapToInt(Math::toIntExact)
            .toArray();
    RankTransfers.addCounts(ops, confusion);
  }

  /** The first of the largest. */
  private int argmax(float[] values, int from) {
    int best = 0;
    for (int k = 1; k < classes; k++) {
      if (values[from + k] > values[from + best]) {
        best = k;
      }
    }
    return best;
  }

  /** T. */
  public int steps() {
    return hits.length;
  }

  /** Accuracy after the first {@code steps} steps, in [0, 1]. */
  public double top1(int steps) {
    return (double) hits[steps - 1] / images;
  }

  /** Images of class {@code [row]} that the network after all steps took for {@code [column]}. */
  @Override
  public long[][] confusion() {
    long[][] copy = new long[classes][];
    for (int k = 0; k < classes; k++) {
      copy[k] = confusion[k].clone();
    }
    return copy;
  }

  /**
   * The 95 % confidence interval of a proportion seen in {@code n} samples (Wilson 1927), which
   * stays within [0, 1]: with p' = p + z^2/2n, (p' +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
   */
  public static Interval interval(double proportion, int n) {
    double z2 = Z * Z / n;
    double centre = proportion + z2 / 2;
    double half = Z * Math.sqrt(proportion * (1 - proportion) / n + z2 / (4 * n));
    return new Interval(
        Math.max(0, (centre - half) / (1 + z2)), Math.min(1, (centre + half) / (1 + z2)));
  }
}
