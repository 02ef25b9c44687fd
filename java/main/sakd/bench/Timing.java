package sakd.bench;

import java.util.Arrays;
import sakd.device.Device;

/** Times work on a device, whose calls may return before the work is done. */
final class Timing {
  /** So long that waiting for the end of a sample does not show in work submitted as one. */
  private static final double SAMPLE_SECONDS = 0.01;

  private static final int MOST_RUNS = 1000;
  private static final int WARM_UP = 2;

  private final Device device;
  private final int samples;
  private final double sampleSeconds;

  /**
   * @param samples of which the median is taken
   */
  Timing(Device device, int samples) {
    this(device, samples, SAMPLE_SECONDS);
  }

  /**
   * @param samples of which the median is taken
   * @param sampleSeconds that a sample takes at least, if a thousand runs are enough for that
   */
  Timing(Device device, int samples, double sampleSeconds) {
    this.device = device;
    this.samples = samples;
    this.sampleSeconds = sampleSeconds;
  }

  /** Seconds of one run. */
  record Quartiles(double lower, double median, double upper) {}

  /** The median of {@link #quartiles}. */
  double seconds(Runnable work) {
    return quartiles(work).median;
  }

  /** Over samples of runs back to back, with a wait at the end. */
  Quartiles quartiles(Runnable work) {
    double once = sample(work, 1);
    for (int i = 1; i < WARM_UP; i++) {
      once = sample(work, 1);
    }
    int runs = (int) Math.max(1, Math.min(MOST_RUNS, sampleSeconds / once));
    double[] seconds = new double[samples];
    for (int i = 0; i < samples; i++) {
      seconds[i] = sample(work, runs);
    }
    Arrays.sort(seconds);
    return new Quartiles(seconds[samples / 4], seconds[samples / 2], seconds[3 * samples / 4]);
  }

  private double sample(Runnable work, int runs) {
    device.synchronize();
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      work.run();
    }
    device.synchronize();
    return (System.nanoTime() - start) * 1e-9 / runs;
  }
}
