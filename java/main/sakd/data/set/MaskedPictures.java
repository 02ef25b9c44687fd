package sakd.data.set;

import java.util.SortedMap;
import sakd.data.Fingerprint;
import sakd.data.image.Picture;

/** Where pictures and their masks come from. */
interface MaskedPictures {
  /** N, the number of pictures. */
  int size();

  /** Width and height of a picture, in pixels. */
  int[] sizeOf(int index);

  /**
   * A picture, decoded at 1/divisor of its size or at all of it; valid until the same thread asks
   * for the next.
   */
  Picture picture(int index, int divisor);

  /**
   * The class of each pixel of a picture, or {@link sakd.data.Targets#IGNORED}, row by row.
   *
   * @throws sakd.base.UserError if the mask is damaged, of another size, or has a value without a
   *     class
   */
  byte[] mask(int index);

  /** Adds what tells these pictures from others. */
  void addTo(Fingerprint fingerprint);

  /** As {@link sakd.data.Dataset#formats}. */
  SortedMap<String, Integer> formats();
}
