package sakd.data.set;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SortedMap;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Fingerprint;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.image.Crop;
import sakd.data.image.Picture;
import sakd.data.image.Resampler;

/**
 * Pictures of any size whose targets follow their pixels. A picture is resampled bilinearly into
 * the upper left corner; where nothing lies it is of the mean colour.
 */
abstract class PictureDataset implements Dataset {
  private static final int CHANNELS = 3;
  private static final ThreadLocal<Resampler> RESAMPLER = ThreadLocal.withInitial(Resampler::new);

  private final DatasetInfo info;
  private final Pictures pictures;
  private final Placing how;
  private final SampleShape shape;

  /** Kept, as it asks for every file; null as long as nobody asked. */
  private String fingerprint;

  /**
   * @param height of what training sees, in pixels
   */
  PictureDataset(DatasetInfo info, Pictures pictures, Placing how, int height, int width) {
    this.info = info;
    this.pictures = pictures;
    this.how = how;
    this.shape = new SampleShape(1, CHANNELS, height, width);
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
  public SampleShape shape(int index) {
    int[] size = pictures.sizeOf(index);
    Placement whole = how.evaluation(size[0], size[1]);
    return new SampleShape(1, CHANNELS, whole.outHeight(), whole.outWidth());
  }

  @Override
  public int size() {
    return pictures.size();
  }

  @Override
  public String sampleName(int index) {
    return pictures.name(index);
  }

  @Override
  public int resized() {
    return how.base();
  }

  @Override
  public int cropPadding() {
    return 0;
  }

  @Override
  public SortedMap<String, Integer> formats() {
    return pictures.formats();
  }

  @Override
  public synchronized String fingerprint() {
    if (fingerprint == null) {
      Fingerprint all = Fingerprint.of(this).add(how.base());
      pictures.addTo(all);
      fingerprint = all.hex();
    }
    return fingerprint;
  }

  @Override
  public Placement read(int index, SplitMix64 random, SampleShape as, ByteBuffer target) {
    int[] size = pictures.sizeOf(index);
    Placement place =
        random == null ? how.evaluation(size[0], size[1]) : how.training(size[0], size[1], random);
    Crop part = new Crop(place.left(), place.top(), place.width(), place.height());
    int rows = place.outHeight();
    int columns = place.outWidth();
    Picture picture = pictures.picture(index, part.reduction(columns, rows));
    Crop stored =
        part.scaled((double) picture.width() / size[0], (double) picture.height() / size[1]);
    byte[] pixels = RESAMPLER.get().resample(picture, stored, columns, rows);
    byte[] row = new byte[as.width()];
    for (int c = 0; c < CHANNELS; c++) {
      byte mean = (byte) Math.round(255 * info.mean()[c]);
      for (int y = 0; y < as.height(); y++) {
        int filled = y < rows ? columns : 0;
        if (filled > 0) {
          copyRow(pixels, (c * rows + y) * columns, columns, place.flipped(), row);
        }
        Arrays.fill(row, filled, row.length, mean);
        target.put(row);
      }
    }
    return place;
  }

  private static void copyRow(byte[] from, int at, int columns, boolean flipped, byte[] to) {
    if (!flipped) {
      System.arraycopy(from, at, to, 0, columns);
      return;
    }
    for (int x = 0; x < columns; x++) {
      to[x] = from[at + columns - 1 - x];
    }
  }
}
