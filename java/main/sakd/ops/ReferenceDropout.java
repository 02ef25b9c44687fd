package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.readInts;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireDropout;

/** The dropout of {@code kernels/dropout.cu}: the same mask, products in double. */
interface ReferenceDropout extends TensorOps {
  @Override
  default void dropout(Tensor x, float p, Tensor draw, Tensor places, int key, Tensor out) {
    requireDropout(x, p, draw, places, out);
    int[] numbers = readInts(draw);
    int[] place = readInts(places);
    long sample = x.size() / x.dim(0) / place.length;
    RowBlocks.forEach(
        x.rows(),
        x.channels(),
        (first, count) -> {
          long from = first * x.channels();
          double[] values = read(x, from, count * x.channels());
          for (int i = 0; i < values.length; i++) {
            long at = from + i;
            long index = place[(int) (at / sample % place.length)] * sample + at % sample;
            boolean kept = isKept(p, numbers, key, (int) index);
            values[i] = kept ? values[i] / (1 - (double) p) : 0;
          }
          write(out, from, values);
        });
  }

  /**
   * Whether the element of this index within a step of the whole batch is kept, whose bits are a
   * random number.
   */
  static boolean isKept(float p, int[] draw, int key, int index) {
    return Integer.toUnsignedLong(bits(draw, key, index)) >= threshold(p);
  }

  /** Of 2^32 equally likely numbers those below this, which are p of them, drop an element. */
  static long threshold(float p) {
    return (long) (p * 0x1p32);
  }

  /** The random number of an index, of 32 bits: {@code random_bits} of kernels/random.h. */
  static int bits(int[] draw, int key, int index) {
    return mix(mix(index ^ mix(draw[0] ^ mix(key))) ^ mix(draw[1] + key));
  }

  /** A bijection of 32 bits that mixes them well: "lowbias32" of C. Wellons, 2018. */
  private static int mix(int x) {
    x = (x ^ x >>> 16) * 0x7feb352d;
    x = (x ^ x >>> 15) * 0x846ca68b;
    return x ^ x >>> 16;
  }
}
