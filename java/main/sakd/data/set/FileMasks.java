package sakd.data.set;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import sakd.base.UserError;
import sakd.data.Fingerprint;
import sakd.data.image.LabelPicture;
import sakd.data.image.Picture;
import sakd.data.image.PictureDecoder;
import sakd.io.ImageFiles;

/** Pictures and masks in files, decoded whenever they are needed. */
final class FileMasks implements MaskedPictures {
  private final List<MaskPair> pairs;
  private final MaskClasses classes;

  /** Width and height of each picture, once somebody asked. */
  private final AtomicReferenceArray<int[]> sizes;

  FileMasks(List<MaskPair> pairs, MaskClasses classes) {
    this.pairs = pairs;
    this.classes = classes;
    this.sizes = new AtomicReferenceArray<>(pairs.size());
  }

  @Override
  public int size() {
    return pairs.size();
  }

  @Override
  public int[] sizeOf(int index) {
    int[] size = sizes.get(index);
    if (size == null) {
      ImageStore.Entry file = ImageStore.Entry.of(pairs.get(index).picture());
      size = PictureDecoder.size(file, file.bytes());
      sizes.set(index, size);
    }
    return size;
  }

  @Override
  public Picture picture(int index, int divisor) {
    ImageStore.Entry file = ImageStore.Entry.of(pairs.get(index).picture());
    return PictureDecoder.decode(file, file.bytes(), (width, height) -> divisor);
  }

  @Override
  public byte[] mask(int index) {
    MaskPair pair = pairs.get(index);
    LabelPicture mask = decoded(pair);
    int[] size = sizeOf(index);
    if (mask.width() != size[0] || mask.height() != size[1]) {
      throw new UserError(
          pair.mask()
              + " is "
              + mask.width()
              + " pixels wide and "
              + mask.height()
              + " high, but its picture "
              + pair.picture()
              + " "
              + size[0]
              + " and "
              + size[1]
              + "; expected a mask of its picture's size, get the one that belongs to it");
    }
    return classes.of(pair.mask(), mask);
  }

  static LabelPicture decoded(MaskPair pair) {
    ImageStore.Entry file = ImageStore.Entry.of(pair.mask());
    return LabelPicture.decode(file, file.bytes());
  }

  @Override
  public void addTo(Fingerprint fingerprint) {
    for (int i = 0; i < pairs.size(); i++) {
      fingerprint.add(pairs.get(i).picture(), i, pairs.size());
      fingerprint.add(pairs.get(i).mask(), i, pairs.size());
    }
  }

  @Override
  public SortedMap<String, Integer> formats() {
    SortedMap<String, Integer> formats = new TreeMap<>();
    for (MaskPair pair : pairs) {
      formats.merge(ImageFiles.suffix(pair.picture().toString()), 1, Integer::sum);
    }
    return formats;
  }
}
