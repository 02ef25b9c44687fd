package sakd.data;

import java.util.stream.IntStream;

/**
 * How each batch is cut, so that several processes share it and each takes its share in smaller
 * steps: into {@code ranks * microBatches} parts, of which rank r takes those from {@code r *
 * microBatches} on. Of N samples at places 0 to N-1, part p of P has the places
 *
 * <pre>
 *   N p / P .. N (p+1) / P - 1                  where each sample is by itself
 *   a .. b-1 and N-b .. N-a-1, in this order,   where sample n is mixed with N-1-n ({@link Mixing}):
 *   a = H p / P, b = H (p+1) / P                H = ceil(N / 2), the middle of an odd N once
 * </pre>
 *
 * all rounded down; so a mixed part is mixed as a batch of its own, its own sample n with its own
 * last but n. A batch too small to give every part a sample is computed whole by all of them.
 *
 * @param rank of this process, from 0
 * @param ranks how many there are
 * @param microBatches parts that one process takes one after another
 */
public record Parts(int rank, int ranks, int microBatches) {
  /** A batch is not cut. */
  public static final Parts WHOLE = new Parts(0, 1, 1);

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if there is no such rank, or no part
   */
  public Parts {
    if (rank < 0 || rank >= ranks || microBatches < 1) {
      throw new IllegalArgumentException(
          "rank " + rank + " of " + ranks + " with " + microBatches + " micro-batches");
    }
  }

  private int count() {
    return ranks * microBatches;
  }

  /** Whether there are enough samples for all parts: not all have the whole batch then. */
  boolean cuts(int samples, boolean mixed) {
    return (mixed ? half(samples) : samples) >= count();
  }

  /**
   * The places of a part's samples in the batch.
   *
   * @param microBatch which part of this rank, from 0
   * @param samples N, of the batch
   * @param mixed whether they are mixed in pairs
   */
  int[] places(int microBatch, int samples, boolean mixed) {
    if (!cuts(samples, mixed)) {
      return IntStream.range(0, samples).toArray();
    }
    int part = rank * microBatches + microBatch;
    int cut = mixed ? half(samples) : samples;
    int from = bound(cut, part);
    int to = bound(cut, part + 1);
    IntStream front = IntStream.range(from, to);
    return mixed
        ? IntStream.concat(front, IntStream.range(Math.max(to, samples - to), samples - from))
            .toArray()
        : front.toArray();
  }

  /** What a part's mean weighs in the mean over the batch, in (0, 1]. */
  float weight(int partSize, int samples, boolean mixed) {
    return cuts(samples, mixed) ? (float) partSize / samples : 1f / count();
  }

  /** Whether a part's samples count: of a batch that all compute whole, those of one part. */
  boolean counted(int microBatch, int samples, boolean mixed) {
    return cuts(samples, mixed) || (rank == 0 && microBatch == 0);
  }

  private int bound(int cut, int part) {
    return (int) ((long) cut * part / count());
  }

  private static int half(int samples) {
    return (samples + 1) / 2;
  }
}
