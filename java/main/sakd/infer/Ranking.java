package sakd.infer;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Order by scores, the best first; of equal ones, the one that comes first. */
final class Ranking {
  private Ranking() {}

  /**
   * A number for each of some scores, that is the smaller the earlier its place in the order.
   *
   * @param score at least 0
   * @param index from 0 on
   */
  static long key(float score, int index) {
    return (long) ~Float.floatToIntBits(score) << Integer.SIZE | index;
  }

  /** The index in a key. */
  static int index(long key) {
    return (int) key;
  }

  /** The score in a key. */
  static float score(long key) {
    return Float.intBitsToFloat(~(int) (key >>> Integer.SIZE));
  }

  /** The indices of scores of at least 0, in their order. */
  static int[] of(float[] scores) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = key(scores[i], i);
    }
    Arrays.sort(keys);
    return Arrays.stream(keys).mapToInt(Ranking::index).toArray();
  }

  /** Things in the order of their scores. */
  static <T> List<T> of(List<T> things, ToDoubleFunction<T> score) {
    float[] scores = new float[things.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) score.applyAsDouble(things.get(i));
    }
    return Arrays.stream(of(scores)).mapToObj(things::get).toList();
  }
}
