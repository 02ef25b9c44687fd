package sakd.base;

import java.nio.file.Path;

/** The processors that this process may use: one number for whatever runs on several threads. */
public final class Processors {
  /** With which users of OpenMP say how many threads they want. */
  public static final String VARIABLE = "OMP_NUM_THREADS";

  private static int count;

  /** Three thirds of a processor are one. */
  private static final double ROUNDING = 1e-6;

  private static double share = Double.POSITIVE_INFINITY;
  private static int processes = 1;

  private Processors() {}

  /**
   * How many threads to compute with: what the user set in {@value #VARIABLE}; else the processors
   * on which the system lets the process run (its affinity), but no more than the quotas of its
   * control groups are worth, or what {@code -XX:ActiveProcessorCount} says. The same for as long
   * as the process runs, as the results of reductions depend on it.
   *
   * @throws UserError if {@value #VARIABLE} is no number of threads
   */
  public static synchronized int count() {
    if (count == 0) {
      count =
          count(
              System.getenv(VARIABLE),
              (int)
                  Math.min(
                      Runtime.getRuntime().availableProcessors(), Math.max(1, share + ROUNDING)),
              Math.max(1, new CpuQuota(Path.of("/proc/self")).processors() / processes));
    }
    return count;
  }

  /**
   * Leaves processors to the processes that work with this one; to be called before the first
   * {@link #count}.
   *
   * @param processors those whose time is this process's
   * @param together how many processes share a quota, this one included
   */
  public static synchronized void share(double processors, int together) {
    share = processors;
    processes = together;
    count = 0;
  }

  /** The number for people: {@code 16 cores}, or {@code 1 thread} if the user set it. */
  public static String text() {
    String unit = isSet(System.getenv(VARIABLE)) ? " thread" : " core";
    return count() + unit + (count() == 1 ? "" : "s");
  }

  private static boolean isSet(String wanted) {
    return wanted != null && !wanted.isBlank();
  }

  /**
   * The same of given circumstances.
   *
   * @param wanted the variable, or null
   * @param available what Java counts
   * @param quota what control groups grant
   */
  static int count(String wanted, int available, int quota) {
    if (!isSet(wanted)) {
      return Math.min(available, quota);
    }
    try {
      // OpenMP takes a number for each level of nested loops; there is one level here.
      int threads = Integer.parseInt(wanted.split(",", 2)[0].strip());
      if (threads > 0) {
        return threads;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new UserError(
        "the environment variable "
            + VARIABLE
            + " is '"
            + wanted
            + "'; expected a number of threads from 1 up, set one or unset it");
  }
}
