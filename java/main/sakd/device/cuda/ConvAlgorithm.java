package sakd.device.cuda;

import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import sakd.device.BinaryCache;

/**
 * A way of cuDNN's to compute one convolution.
 *
 * @param number cuDNN's, counted for each direction apart
 * @param math whether it uses tensor cores
 */
record ConvAlgorithm(int number, int math) {
  /**
   * A way that was tried.
   *
   * @param works whether cuDNN could
   * @param deterministic whether its result is the same each time
   * @param milliseconds that it took
   */
  record Trial(ConvAlgorithm algorithm, boolean works, boolean deterministic, float milliseconds) {}

  /** The fastest that gives the same result each time; if there is none, the fastest. */
  static Optional<ConvAlgorithm> best(List<Trial> trials) {
    return trials.stream()
        .filter(Trial::works)
        .min(
            Comparator.comparing((Trial trial) -> !trial.deterministic)
                .thenComparing(Trial::milliseconds))
        .map(Trial::algorithm);
  }

  /** What an earlier run found: another may round otherwise, and to find one takes time. */
  static Optional<ConvAlgorithm> read(BinaryCache cache, String key) {
    return cache
        .read(key)
        .filter(entry -> entry.length == 2 * Integer.BYTES)
        .map(ByteBuffer::wrap)
        .map(entry -> new ConvAlgorithm(entry.getInt(), entry.getInt()));
  }

  void write(BinaryCache cache, String key) {
    cache.write(key, ByteBuffer.allocate(2 * Integer.BYTES).putInt(number).putInt(math).array());
  }
}
