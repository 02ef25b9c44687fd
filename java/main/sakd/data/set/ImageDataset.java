package sakd.data.set;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Fingerprint;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.image.Crop;
import sakd.data.image.Picture;
import sakd.data.image.PictureDecoder;
import sakd.data.image.Resampler;
import sakd.io.ImageFiles;

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
  private final int resized;
  private final boolean whole;

  /** Kept, as it asks for every file; null as long as nobody asked. */
  private String fingerprint;

  private ImageDataset(DatasetInfo info, ImageStore store, int side, int resized, boolean whole) {
    this.info = info.withClassNames(store.pictures().classNames());
    this.store = store;
    this.shape = new SampleShape(1, 3, side, side);
    this.resized = resized;
    this.whole = whole;
  }

  /**
   * Pictures that all have the result's size, and are taken whole.
   *
   * @param side of the result, in pixels
   */
  static ImageDataset whole(DatasetInfo info, ImageStore store, int side) {
    return new ImageDataset(info, store, side, side, true);
  }

  /**
   * Pictures of any size.
   *
   * @param side of the result, in pixels
   */
  static ImageDataset cropped(DatasetInfo info, ImageStore store, int side) {
    return new ImageDataset(info, store, side, resized(side), false);
  }

  /** What the shorter side of a picture becomes where nothing else is asked. */
  private static int resized(int side) {
    return side * 256 / 224;
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
    return store.pictures().labels().length;
  }

  @Override
  public int label(int index) {
    return store.pictures().labels()[index];
  }

  @Override
  public synchronized String fingerprint() {
    if (fingerprint == null) {
      Fingerprint all = Fingerprint.of(this);
      List<ImageStore.Entry> pictures = store.pictures().samples();
      for (int i = 0; i < pictures.size(); i++) {
        ImageStore.Entry picture = pictures.get(i);
        if (picture.name() == null) {
          all.add(picture.file(), i, pictures.size());
        } else {
          all.add(
              picture.name(),
              picture.file(),
              picture.offset(),
              picture.length(),
              i,
              pictures.size());
        }
      }
      fingerprint = all.hex();
    }
    return fingerprint;
  }

  @Override
  public int resized() {
    return resized;
  }

  @Override
  public Dataset sized(int side, int newResized) {
    return whole ? this : new ImageDataset(info, store, side, newResized, false);
  }

  @Override
  public SortedMap<String, Integer> formats() {
    SortedMap<String, Integer> formats = new TreeMap<>();
    for (ImageStore.Entry picture : store.pictures().samples()) {
      formats.merge(ImageFiles.suffix(picture.toString()), 1, Integer::sum);
    }
    return formats;
  }

  @Override
  public int cropPadding() {
    return whole ? Dataset.super.cropPadding() : 0;
  }

  @Override
  public Placement read(int index, SplitMix64 random, SampleShape as, ByteBuffer target) {
    int side = shape.width();
    Crop[] box = new Crop[1];
    int[] full = new int[2];
    Picture picture =
        PictureDecoder.decode(
            store.pictures().samples().get(index),
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
    return new Placement(
        box[0].left(), box[0].top(), box[0].width(), box[0].height(), side, side, false);
  }

  private Crop box(int width, int height, SplitMix64 random) {
    int side = shape.width();
    if (whole) {
      return Crop.whole(width, height);
    }
    return random == null
        ? Crop.center(width, height, side, resized)
        : Crop.random(width, height, random);
  }
}
