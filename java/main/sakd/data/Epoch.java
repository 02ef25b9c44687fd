package sakd.data;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.SortedMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The batches of one epoch, in order and each in its {@link Parts}, prepared ahead by worker
 * threads.
 *
 * <p>For one consumer thread. The threads end after the last batch, after an error and on {@link
 * #close}.
 */
public final class Epoch implements Iterator<Batch>, AutoCloseable {
  /** Batches that wait or are being prepared, for each worker. */
  private static final int AHEAD = 2;

  /** How long to wait for a worker that is within one image; it is a daemon thread in any case. */
  private static final int CLOSE_SECONDS = 5;

  private static final String PREPARING = "preparing a batch";

  private final DataLoader loader;
  private final int epoch;
  private final int[] order;
  private final int end;
  private final Failures failures;
  private final Queue<Future<Batch>> ahead = new ArrayDeque<>();
  private final ExecutorService pool;

  /** Parts, counted over all batches. */
  private int submitted;

  private int next;
  private Batch current;
  private boolean closed;

  Epoch(DataLoader loader, int epoch, int startBatch) {
    this.loader = loader;
    this.epoch = epoch;
    this.order = loader.order(epoch);
    this.end = loader.batches() * loader.parts.microBatches();
    this.failures = loader.failures();
    this.next = startBatch * loader.parts.microBatches();
    this.submitted = next;
    this.pool =
        loader.workers == 0
            ? null
            : Executors.newFixedThreadPool(
                loader.workers,
                task -> {
                  Thread thread = new Thread(task, "data-loader");
                  thread.setDaemon(true);
                  return thread;
                });
    submit();
  }

  /** Whether there is another part; false once closed. */
  @Override
  public boolean hasNext() {
    return !closed && next < end;
  }

  /**
   * The next part of a batch; the images of the one before are not valid any more.
   *
   * @throws NoSuchElementException after the last or once closed
   * @throws java.util.concurrent.CancellationException if this thread is interrupted, or the data
   *     loader's is
   * @throws RuntimeException what a worker threw while it prepared this part
   */
  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    release();
    boolean done = false;
    try {
      if (Thread.interrupted()) { // A batch that is ready would be handed out without a look.
        throw new InterruptedException();
      }
      current = pool == null ? fill(next) : Ahead.take(ahead.remove(), PREPARING);
      done = true;
    } catch (InterruptedException e) {
      throw Ahead.interrupted(PREPARING, e);
    } finally {
      if (!done) {
        close();
      }
    }
    next++;
    submit();
    return current;
  }

  /**
   * What was said of each sample that could not be read and was replaced by another, by its number
   * in the set.
   */
  public SortedMap<Integer, String> failures() {
    return failures.messages();
  }

  /**
   * Adds those that others could not read.
   *
   * @throws sakd.base.UserError if too many failed, as where one process reads all
   */
  public void addFailures(Map<Integer, String> others) {
    failures.add(others, null);
  }

  /** Stops the workers and makes the last batch invalid; harmless if done before. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    release();
    if (pool != null) {
      pool.shutdownNow();
      if (stopped()) {
        ahead.forEach(this::recycle);
      }
      ahead.clear();
    }
  }

  private Batch fill(int part) throws InterruptedException {
    int each = loader.parts.microBatches();
    return loader.fill(epoch, order, part / each, part % each, failures);
  }

  private void submit() {
    if (pool == null) {
      return;
    }
    while (submitted < end && submitted < next + AHEAD * loader.workers) {
      int part = submitted++;
      ahead.add(pool.submit(() -> fill(part)));
    }
    if (submitted == end) {
      pool.shutdown(); // The threads end with the last batch, whether or not close is called.
    }
  }

  private void release() {
    if (current != null) {
      loader.recycle(current);
      current = null;
    }
  }

  private boolean stopped() {
    try {
      return pool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Takes back what was prepared in vain; what was not finished has nothing to give. */
  private void recycle(Future<Batch> future) {
    if (future.isDone()) {
      try {
        loader.recycle(future.get());
      } catch (ExecutionException e) {
        // The batch failed or was stopped: its memory is left to the garbage collector.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
