package sakd.data.set;

import java.util.List;
import sakd.base.UserError;
import sakd.data.Fingerprint;
import sakd.data.ObjectBox;
import sakd.data.image.Picture;

/** Pictures in files with objects, whose sizes the annotations say. */
final class FileBoxes extends FilePictures implements BoxedPictures {
  private final List<BoxedPicture> pictures;

  FileBoxes(List<BoxedPicture> pictures) {
    super(pictures.stream().map(BoxedPicture::file).toList());
    this.pictures = List.copyOf(pictures);
  }

  @Override
  public int[] sizeOf(int index) {
    BoxedPicture picture = pictures.get(index);
    return new int[] {picture.width(), picture.height()};
  }

  /**
   * As there.
   *
   * @throws UserError also if the picture has another size than its annotation says: its boxes
   *     would lie elsewhere
   */
  @Override
  public Picture picture(int index, int divisor) {
    Picture picture = super.picture(index, divisor);
    BoxedPicture said = pictures.get(index);
    if (!fits(picture.width(), said.width(), divisor)
        || !fits(picture.height(), said.height(), divisor)) {
      int[] size = storedSize(said.file());
      throw new UserError(
          said.file()
              + " is "
              + size[0]
              + " pixels wide and "
              + size[1]
              + " high, but its annotation says "
              + said.width()
              + " and "
              + said.height()
              + "; expected boxes of the picture as it is, get the picture that they were drawn on,"
              + " or fix the annotation");
    }
    return picture;
  }

  /** Whether a decoded side is that of the whole picture, or that at 1/divisor, rounded up. */
  private static boolean fits(int decoded, int side, int divisor) {
    return decoded == side || decoded == (side + divisor - 1) / divisor;
  }

  @Override
  public List<ObjectBox> objects(int index) {
    return pictures.get(index).objects();
  }

  @Override
  public void addTo(Fingerprint fingerprint) {
    for (int i = 0; i < pictures.size(); i++) {
      BoxedPicture picture = pictures.get(i);
      fingerprint.add(picture.file(), i, pictures.size());
      fingerprint.add(picture.objects().size());
      for (ObjectBox o : picture.objects()) {
        fingerprint
            .add(o.label())
            .add(Float.floatToIntBits(o.left()))
            .add(Float.floatToIntBits(o.top()))
            .add(Float.floatToIntBits(o.right()))
            .add(Float.floatToIntBits(o.bottom()))
            .add((o.crowd() ? 1 : 0) + (o.difficult() ? 2 : 0));
      }
    }
  }
}
