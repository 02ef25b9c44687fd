package sakd.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.task.LossTerms;
import sakd.task.Objective;

/**
 * What some steps added up to.
 *
 * @param losses sum over the counted samples of each loss of the objective, and of the features'
 *     distances; empty before the first step
 * @param counted samples of the steps whose loss was finite
 * @param hits how many were taken for what they are
 * @param candidates of how many: samples, or pixels that have a class
 * @param broken the first step whose loss was not finite, from 1; 0 if there was none
 * @param brokenLoss that loss
 */
public record StepSums(
    List<Double> losses,
    long counted,
    long hits,
    long candidates,
    long steps,
    long broken,
    float brokenLoss) {
  public static final StepSums ZERO = new StepSums(List.of(), 0, 0, 0, 0, 0, 0);

  /** Numbers beside the losses. */
  private static final int WORDS = 6;

  public StepSums {
    losses = List.copyOf(losses);
  }

  /** These steps and those that came after. */
  public StepSums plus(StepSums next) {
    boolean first = broken > 0 || next.broken == 0;
    List<Double> sums = new ArrayList<>(next.losses);
    for (int l = 0; l < losses.size(); l++) {
      sums.set(l, losses.get(l) + next.losses.get(l));
    }
    return new StepSums(
        sums,
        counted + next.counted,
        hits + next.hits,
        candidates + next.candidates,
        steps + next.steps,
        first ? broken : steps + next.broken,
        first ? brokenLoss : next.brokenLoss);
  }

  /**
   * What these steps came to on all ranks, of which each has computed its share: all get the same.
   * The losses are added in the order of ranks; the first broken step is the first of any rank.
   */
  public StepSums overRanks(Ops ops) {
    StepSums all = null;
    for (double[] part : RankTransfers.gather(ops, numbers())) {
      all = all == null ? of(part) : all.beside(of(part));
    }
    return all;
  }

  /** Exactly what {@link #of} reads. */
  double[] numbers() {
    double[] all = new double[WORDS + losses.size()];
    double[] words = {counted, hits, candidates, steps, broken, brokenLoss};
    System.arraycopy(words, 0, all, 0, WORDS);
    for (int l = 0; l < losses.size(); l++) {
      all[WORDS + l] = losses.get(l);
    }
    return all;
  }

  /**
   * What {@link #numbers} told.
   *
   * @throws IllegalArgumentException if they are too few
   */
  static StepSums of(double[] numbers) {
    if (numbers.length < WORDS) {
      throw new IllegalArgumentException(numbers.length + " numbers are no sums of steps");
    }
    return new StepSums(
        Arrays.stream(numbers).skip(WORDS).boxed().toList(),
        (long) numbers[0],
        (long) numbers[1],
        (long) numbers[2],
        (long) numbers[3],
        (long) numbers[4],
        (float) numbers[5]);
  }

  /** The same steps with the samples of another rank. */
  private StepSums beside(StepSums other) {
    boolean first = broken > 0 && (other.broken == 0 || broken <= other.broken);
    return new StepSums(
        IntStream.range(0, losses.size())
            .mapToObj(l -> losses.get(l) + other.losses.get(l))
            .toList(),
        counted + other.counted,
        hits + other.hits,
        candidates + other.candidates,
        Math.max(steps, other.steps),
        first ? broken : other.broken,
        first ? brokenLoss : other.brokenLoss);
  }

  /** The average loss. */
  public LossTerms loss(Objective objective) {
    return objective.terms(losses.stream().map(sum -> sum / counted).toList());
  }

  /**
   * Share of the candidates that were taken for what they are; 0, as of an evaluation, of samples
   * without any, such as masks that ignore all pixels, and NaN without samples.
   */
  public double accuracy() {
    return counted > 0 && candidates == 0 ? 0 : (double) hits / candidates;
  }
}
