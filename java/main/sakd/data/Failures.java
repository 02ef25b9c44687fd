package sakd.data;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import sakd.base.SplitMix64;
import sakd.base.UserError;

/**
 * Samples of an epoch that could not be read. Each is replaced by the next one of the set that can
 * be, so the epoch goes on with the same batches whoever reads them; more than 0.1 % of the set
 * stop it.
 */
final class Failures {
  private static final double TOLERATED = 0.001;
  private static final int NAMED = 3;

  private final Dataset dataset;
  private final int allowed;
  private final ConcurrentSkipListMap<Integer, String> failed = new ConcurrentSkipListMap<>();

  /**
   * @param tolerant whether there may be any: not where a result is measured
   */
  Failures(Dataset dataset, boolean tolerant) {
    this.dataset = dataset;
    this.allowed = tolerant ? (int) (TOLERATED * dataset.size()) : 0;
  }

  /**
   * Reads a sample and its target, or the next one that can be read.
   *
   * @return the target
   * @throws UserError if too many failed
   */
  Targets read(int sample, SplitMix64 random, SampleShape shape, ByteBuffer target) {
    int start = target.position();
    int index = sample;
    while (true) {
      try {
        Placement placement = dataset.read(index, random, shape, target);
        return dataset.targets(index, placement, shape);
      } catch (UserError e) {
        target.position(start);
        add(index, e);
        index = (index + 1) % dataset.size();
      }
    }
  }

  private void add(int index, UserError e) {
    if (allowed == 0) {
      throw e;
    }
    add(Map.of(index, e.getMessage()), e);
  }

  /**
   * Adds samples that could not be read, by their number in the set, with what was said of them.
   *
   * @param cause of the error; null if it is not known here
   * @throws UserError if too many failed
   */
  void add(Map<Integer, String> messages, UserError cause) {
    failed.putAll(messages);
    if (failed.size() > allowed) {
      throw new UserError(
          failed.size()
              + " of the "
              + dataset.size()
              + " samples of "
              + dataset.name()
              + " cannot be read; expected at most 0.1 %, fix or remove them: "
              + failed.values().stream().limit(NAMED).collect(Collectors.joining("; ")),
          cause);
    }
  }

  /** What was said of each sample so far, by its number in the set. */
  SortedMap<Integer, String> messages() {
    return Collections.unmodifiableSortedMap(failed);
  }
}
