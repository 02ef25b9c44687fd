package sakd.base;

/**
 * The SplitMix64 generator. Our own copy, as batches have to be the same in every Java version for
 * a run to be repeated or resumed.
 */
public final class SplitMix64 {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  /** A generator that is a pure function of the keys; near keys give unrelated ones. */
  public SplitMix64(long... keys) {
    for (long key : keys) {
      state = mix(state + GOLDEN_GAMMA + key);
    }
  }

  /** The next 64 bits. */
  public long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** A number in [0, bound); the bias, below bound / 2^32, is of no matter here. */
  public int nextInt(int bound) {
    return (int) (((nextLong() >>> 32) * bound) >>> 32);
  }

  /** A number in [0, 1) with 53 random bits. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1p-53;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
