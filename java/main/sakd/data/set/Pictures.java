package sakd.data.set;

import java.util.SortedMap;
import sakd.data.Fingerprint;
import sakd.data.image.Picture;

/** Where pictures come from. */
interface Pictures {
  /** N, the number of pictures. */
  int size();

  /** Width and height of a picture, in pixels. */
  int[] sizeOf(int index);

  /** The file of a picture, or its number where it has none. */
  default String name(int index) {
    return Integer.toString(index);
  }

  /**
   * A picture, decoded at 1/divisor of its size or at all of it; valid until the same thread asks
   * for the next.
   */
  Picture picture(int index, int divisor);

  /** Adds what tells these pictures, and what is to be found in them, from others. */
  void addTo(Fingerprint fingerprint);

  /** As {@link sakd.data.Dataset#formats}. */
  SortedMap<String, Integer> formats();
}
