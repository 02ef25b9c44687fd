package sakd.data;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Takes what a worker read ahead. */
public final class Ahead {
  private Ahead() {}

  /**
   * Waits for a result.
   *
   * @param doing what is interrupted, for the message: "reading a picture"
   * @throws CancellationException if this thread is interrupted; it stays so
   * @throws RuntimeException or an error, whatever the worker ended with
   */
  public static <T> T take(Future<T> result, String doing) {
    try {
      return result.get();
    } catch (InterruptedException e) {
      throw interrupted(doing, e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(doing, e.getCause());
    }
  }

  /** What an interrupted thread throws; it stays interrupted. */
  static CancellationException interrupted(String doing, InterruptedException cause) {
    Thread.currentThread().interrupt();
    CancellationException e = new CancellationException("interrupted while " + doing);
    e.initCause(cause);
    return e;
  }
}
