package sakd.train;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import sakd.base.UserError;

/**
 * How far the epoch is that a checkpoint was written in.
 *
 * @param steps that are done of it; 0 between epochs
 * @param batchSize of these steps, of all ranks together
 * @param sums what they added up to
 */
record PartEpoch(int steps, int batchSize, StepSums sums) {
  /** Between epochs. */
  static final PartEpoch NONE = new PartEpoch(0, 0, StepSums.ZERO);

  private static final String STEPS = "sakd.steps_done";
  private static final String BATCH_SIZE = "sakd.batch_size";
  private static final String SUMS = "sakd.step_sums";

  /** Adds what {@link #of} reads, exactly; nothing between epochs. */
  void describe(Map<String, String> metadata) {
    if (steps > 0) {
      metadata.put(STEPS, Integer.toString(steps));
      metadata.put(BATCH_SIZE, Integer.toString(batchSize));
      metadata.put(
          SUMS,
          Arrays.stream(sums.numbers())
              .mapToObj(Double::toString)
              .collect(Collectors.joining(" ")));
    }
  }

  /**
   * Refuses to go on with other batches within an epoch.
   *
   * @throws UserError if there are steps, of another batch size
   */
  void requireBatches(Path checkpoint, int size) {
    if (steps > 0 && batchSize != size) {
      throw new UserError(
          checkpoint
              + " cannot be resumed from: it was written within an epoch of batches of "
              + batchSize
              + "; expected the same to the end of the epoch, give --batch-size "
              + batchSize);
    }
  }

  /**
   * What a checkpoint says.
   *
   * @throws IllegalArgumentException if it makes no sense
   * @throws NullPointerException if it is not all there
   */
  static PartEpoch of(Map<String, String> metadata) {
    if (!metadata.containsKey(STEPS)) {
      return NONE;
    }
    int steps = Integer.parseInt(metadata.get(STEPS));
    int batchSize = Integer.parseInt(metadata.get(BATCH_SIZE));
    if (steps < 1 || batchSize < 1) {
      throw new IllegalArgumentException(steps + " steps of " + batchSize + " samples");
    }
    double[] sums =
        Arrays.stream(metadata.get(SUMS).split(" ")).mapToDouble(Double::parseDouble).toArray();
    return new PartEpoch(steps, batchSize, StepSums.of(sums));
  }
}
