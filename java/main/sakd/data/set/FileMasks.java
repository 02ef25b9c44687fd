package sakd.data.set;

import java.util.List;
import sakd.base.UserError;
import sakd.data.Fingerprint;
import sakd.data.image.LabelPicture;

/** Pictures and masks in files. */
final class FileMasks extends FilePictures implements MaskedPictures {
  private final List<MaskPair> pairs;
  private final MaskClasses classes;

  FileMasks(List<MaskPair> pairs, MaskClasses classes) {
    super(pairs.stream().map(MaskPair::picture).toList());
    this.pairs = pairs;
    this.classes = classes;
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
}
