package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.readInts;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireNoise;

import java.util.Arrays;

/** The noise of {@code kernels/noise.cu}: from the same random bits, in double precision. */
interface ReferenceNoise extends LossOps {
  @Override
  default void logitNoise(
      Tensor logits, float strength, Tensor draw, Tensor places, int key, Tensor out) {
    requireNoise(logits, strength, draw, places, out);
    int classes = logits.channels();
    int steps = logits.dim(0);
    int[] numbers = readInts(draw);
    int[] place = readInts(places);
    for (int row = 0; row < logits.rows(); row++) {
      double[] z = read(logits, (long) row * classes, classes);
      double mean = Arrays.stream(z).average().orElseThrow();
      double variance = Arrays.stream(z).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
      int step = row / place.length;
      int first = (place[row % place.length] * steps + step) * classes;
      for (int k = 0; k < classes; k++) {
        z[k] += strength * Math.sqrt(variance) * normal(numbers, key, first + k);
      }
      write(out, (long) row * classes, z);
    }
  }

  /** The number of an index from the normal distribution, by Box and Muller's method. */
  static double normal(int[] draw, int key, int index) {
    double unit = 0x1p-24;
    double u = ((ReferenceDropout.bits(draw, key, 2 * index) >>> 8) + 1) * unit;
    double v = (ReferenceDropout.bits(draw, key, 2 * index + 1) >>> 8) * unit;
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  }
}
