package sakd.ops;

/**
 * Where {@link Ops#tallyStep} keeps what, in F32 [{@link #size()}]:
 *
 * <pre>
 *   0 to L-1   sums over samples of each loss
 *   L          sum over samples of the sum of distances (which are means over the batch)
 *   L+1        samples in these sums: those of steps whose loss was finite
 *   L+2, L+3   hits: their number is the first plus 2^24 times the second
 *   L+4, L+5   candidates for a hit, likewise
 *   L+6        steps
 *   L+7        the first of them, from 1, whose loss was not finite, or 0
 *   L+8        the value of that loss: an infinity or NaN
 * </pre>
 *
 * A float32 counts to 2^24, which the pixels of a few steps exceed; two of them count to 2^48.
 *
 * @param losses L, how many losses there are
 */
public record TallyLayout(int losses) {
  private static final long WORD = 1 << 24;

  public TallyLayout {
    if (losses < 1) {
      throw new IllegalArgumentException("a tally of " + losses + " losses; expected at least one");
    }
  }

  public int size() {
    return losses + 9;
  }

  public int features() {
    return losses;
  }

  public int counted() {
    return losses + 1;
  }

  public int hits() {
    return losses + 2;
  }

  public int candidates() {
    return losses + 4;
  }

  public int steps() {
    return losses + 6;
  }

  public int broken() {
    return losses + 7;
  }

  public int brokenLoss() {
    return losses + 8;
  }

  /** The number of hits or candidates, of which {@code at} is the place. */
  public static long count(float[] tally, int at) {
    return (long) tally[at] + WORD * (long) tally[at + 1];
  }
}
