package sakd.data;

import java.util.stream.IntStream;
import sakd.base.SplitMix64;
import sakd.base.UserError;

/**
 * The parts of a data set that a training uses.
 *
 * @param train what is learnt from
 * @param validation samples cut from those of training, on which the best epoch is chosen and
 *     patience looks; null where that is done on the test samples
 * @param test what the final table is measured on
 */
public record Split(Dataset train, Dataset validation, Dataset test) {
  /** Keys the cut apart from the order of an epoch and all that it draws. */
  private static final long CUT_KEY = -5;

  /**
   * Cuts a validation part from a training set, at random. Of samples with a class each every class
   * keeps its share, rounded, and at least one sample; of others every picture may be in it. Both
   * parts are in the set's order, and depend on the set, the share and the seed alone.
   *
   * @param share of the samples that are for validation, in (0, 0.5]; 0 to cut nothing
   * @throws UserError if a class, or the set, has one sample only
   */
  public static Split of(Dataset trainSet, Dataset testSet, double share, long seed) {
    if (share == 0) {
      return new Split(trainSet, null, testSet);
    }
    boolean[] held = new boolean[trainSet.size()];
    if (trainSet.targetKind() != Targets.Kind.CLASSES) {
      requireTwo(trainSet.size(), trainSet.name());
      hold(IntStream.range(0, held.length).toArray(), share, new SplitMix64(seed, CUT_KEY), held);
    } else {
      int[][] byClass = byClass(trainSet);
      for (int k = 0; k < byClass.length; k++) {
        if (byClass[k].length > 0) {
          requireTwo(
              byClass[k].length,
              "class " + trainSet.classNames().get(k) + " of " + trainSet.name());
          hold(byClass[k], share, new SplitMix64(seed, CUT_KEY, k), held);
        }
      }
    }
    return new Split(where(trainSet, held, false), where(trainSet, held, true), testSet);
  }

  private static void requireTwo(int samples, String of) {
    if (samples < 2) {
      throw new UserError(
          "--val-share takes at least one training sample of each class for validation and leaves"
              + " one, but "
              + of
              + " has "
              + samples
              + "; expected two or more, add some or leave --val-share out");
    }
  }

  /** The samples of each class. */
  private static int[][] byClass(Dataset set) {
    int[] counts = new int[set.classes()];
    for (int i = 0; i < set.size(); i++) {
      counts[set.label(i)]++;
    }
    int[][] samples = new int[counts.length][];
    for (int k = 0; k < counts.length; k++) {
      samples[k] = new int[counts[k]];
    }
    for (int i = set.size() - 1; i >= 0; i--) {
      int label = set.label(i);
      samples[label][--counts[label]] = i;
    }
    return samples;
  }

  /** Marks a share of some samples, drawn without putting back. */
  private static void hold(int[] samples, double share, SplitMix64 random, boolean[] held) {
    int count = (int) Math.max(1, Math.round(share * samples.length));
    for (int i = 0; i < count; i++) {
      int j = i + random.nextInt(samples.length - i);
      held[samples[j]] = true;
      samples[j] = samples[i];
    }
  }

  private static Dataset where(Dataset set, boolean[] held, boolean wanted) {
    return new Subset(
        set, IntStream.range(0, held.length).filter(i -> held[i] == wanted).toArray());
  }

  /** What the best epoch is chosen on. */
  public HeldOut heldOut() {
    return validation == null ? HeldOut.TEST : HeldOut.VALIDATION;
  }

  /** The samples on which the best epoch is chosen. */
  public Dataset chooser() {
    return validation == null ? test : validation;
  }
}
