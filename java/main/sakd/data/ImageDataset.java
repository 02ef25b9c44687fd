package sakd.data;

import java.nio.ByteBuffer;
import sakd.data.image.Box;
import sakd.data.image.Picture;
import sakd.data.image.PictureDecoder;
import sakd.data.image.Resampler;

/**
 * Pictures of any size, decoded when they are needed and brought to one size: for training by a
 * random resized crop, for evaluation by the middle of the picture after its shorter side became
 * 256/224 of the result's. Pictures that all have the result's size are taken whole, and training
 * shifts them instead.
 */
final class ImageDataset implements Dataset {
  private static final ThreadLocal<Resampler> RESAMPLER = ThreadLocal.withInitial(Resampler::new);

  private final DatasetInfo info;
  private final ImageStore store;
  private final SampleShape shape;
  private final boolean whole;

  /** Kept, as it asks for the size of every file; null as long as nobody asked. */
  private String fingerprint;

  /**
   * @param side of the result, in pixels
   * @param whole whether pictures are taken whole
   */
  ImageDataset(DatasetInfo info, ImageStore store, int side, boolean whole) {
    this.info = info.withClassNames(store.classNames());
    this.store = store;
    this.shape = new SampleShape(1, 3, side, side);
    this.whole = whole;
  }

  @Override
  public DatasetInfo info() {
    return info;
  }

  @Override
  public SampleShape shape() {
    return shape;
  }

  @Override
  public int size() {
    return store.pictures().size();
  }

  @Override
  public int label(int index) {
    return store.pictures().get(index).label();
  }

  @Override
  public synchronized String fingerprint() {
    if (fingerprint == null) {
      Fingerprint all = Fingerprint.of(this);
      for (ImageStore.Entry picture : store.pictures()) {
        if (picture.name() == null) {
          all.add(picture.file());
        } else {
          all.add(picture.name()).add(picture.length());
        }
      }
      fingerprint = all.hex();
    }
    return fingerprint;
  }

  @Override
  public int resized() {
    return whole ? shape.height() : shape.height() * 256 / 224;
  }

  @Override
  public int cropPadding() {
    return whole ? Dataset.super.cropPadding() : 0;
  }

  @Override
  public void read(int index, SplitMix64 random, ByteBuffer target) {
    int side = shape.width();
    Box[] box = new Box[1];
    int[] full = new int[2];
    Picture picture =
        PictureDecoder.decode(
            store.pictures().get(index),
            store.read(index),
            (width, height) -> {
              full[0] = width;
              full[1] = height;
              box[0] = box(width, height, random);
              return box[0].reduction(side);
            });
    if (box[0] == null) { // A format that is decoded at full size.
      full[0] = picture.width();
      full[1] = picture.height();
      box[0] = box(picture.width(), picture.height(), random);
    }
    double x = (double) picture.width() / full[0];
    double y = (double) picture.height() / full[1];
    RESAMPLER.get().resample(picture, box[0].scaled(x, y), side, target);
  }

  private Box box(int width, int height, SplitMix64 random) {
    int side = shape.width();
    if (whole) {
      return Box.whole(width, height);
    }
    return random == null
        ? Box.center(width, height, side, resized())
        : Box.random(width, height, random);
  }
}
