package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.readInts;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireEncode;

/** The spikes of {@code kernels/encode.cu}. */
interface ReferenceEncoding extends InputOps {
  /** Tells the steps apart, and all of them from what {@link ReferenceDropout} draws. */
  int FIRST_KEY = 0x10000;

  @Override
  default void encode(
      Encoding code, Tensor x, float[] mean, float[] std, Tensor draw, Tensor places, Tensor out) {
    requireEncode(code, x, mean, std, draw, places, out);
    double[] values = read(x);
    int[] numbers = draw == null ? new int[2] : readInts(draw);
    int[] place = places == null ? null : readInts(places);
    int sample = values.length / x.dim(1);
    int channels = mean.length;
    int steps = out.dim(0);
    double[] spikes = new double[values.length];
    for (int t = 0; t < steps; t++) {
      for (int i = 0; i < values.length; i++) {
        int level = level(values[i] * std[i % channels] + mean[i % channels]);
        int before = place == null ? 0 : (int) ((long) place[i / sample] * sample);
        boolean fires =
            code == Encoding.LATENCY
                ? t == step(level, steps)
                : isDrawn(level, numbers, t, before + i % sample);
        spikes[i] = fires ? 1 : 0;
      }
      write(out, (long) t * values.length, spikes);
    }
  }

  /** A pixel in [0, 1] in 255ths. */
  static int level(double pixel) {
    return (int) Math.max(0, Math.min(255, Math.floor(255 * pixel + 0.5)));
  }

  /** When a pixel's only spike is: there are no ties to round, as 255 is odd. */
  static int step(int level, int steps) {
    return (int) Math.round((steps - 1) * (1 - level / 255.0));
  }

  /** Whether a pixel spikes at a step: its number, of 24 bits, is below its share of 2^24. */
  static boolean isDrawn(int level, int[] draw, int step, int index) {
    int random = ReferenceDropout.bits(draw, FIRST_KEY + step, index) >>> 8;
    return random * 255L < (long) level << 24;
  }
}
