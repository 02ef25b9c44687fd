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
import sakd.data.Targets;
import sakd.data.image.Crop;
import sakd.data.image.Picture;
import sakd.data.image.Resampler;

/**
 * Pictures with a class for every pixel. The picture is resampled bilinearly, its mask takes the
 * nearest pixel, both by one {@link Placement}; where nothing lies, the picture is of the mean
 * colour and the mask says {@link Targets#IGNORED}.
 */
final class MaskDataset implements Dataset {
  private static final int CHANNELS = 3;
  private static final ThreadLocal<Resampler> RESAMPLER = ThreadLocal.withInitial(Resampler::new);

  private final DatasetInfo info;
  private final MaskedPictures pictures;
  private final ScaleAndCrop how;
  private final SampleShape shape;

  /** Kept, as it asks for every file; null as long as nobody asked. */
  private String fingerprint;

  MaskDataset(DatasetInfo info, MaskedPictures pictures, ScaleAndCrop how) {
    this.info = info;
    this.pictures = pictures;
    this.how = how;
    this.shape = new SampleShape(1, CHANNELS, how.crop(), how.crop());
  }

  @Override
  public DatasetInfo info() {
    return info;
  }

  @Override
  public Targets.Kind targetKind() {
    return Targets.Kind.MASKS;
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
  public int resized() {
    return how.base();
  }

  @Override
  public Dataset sized(int side, int resized) {
    return new MaskDataset(info, pictures, new ScaleAndCrop(side, resized, how.flip()));
  }

  /** Padding is of the mean colour, so that it becomes 0. */
  @Override
  public Dataset normalised(float[] mean, float[] std) {
    return new MaskDataset(info.withNormalisation(mean, std), pictures, how);
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

  @Override
  public Targets targets(int index, Placement place, SampleShape as) {
    int[] size = pictures.sizeOf(index);
    byte[] mask = pictures.mask(index);
    byte[] out = new byte[as.height() * as.width()];
    Arrays.fill(out, (byte) Targets.IGNORED);
    int[] columns = nearest(place.left(), place.width(), place.outWidth(), size[0]);
    int[] rows = nearest(place.top(), place.height(), place.outHeight(), size[1]);
    for (int y = 0; y < rows.length; y++) {
      for (int x = 0; x < columns.length; x++) {
        int from = columns[place.flipped() ? columns.length - 1 - x : x];
        out[y * as.width() + x] = mask[rows[y] * size[0] + from];
      }
    }
    return new Targets.Masks(out, 1, as.height(), as.width());
  }

  /** The source pixel under the middle of each pixel of the result. */
  private static int[] nearest(double from, double extent, int count, int limit) {
    int[] pixels = new int[count];
    for (int i = 0; i < count; i++) {
      int pixel = (int) Math.floor(from + (i + 0.5) * extent / count);
      pixels[i] = Math.max(0, Math.min(limit - 1, pixel));
    }
    return pixels;
  }
}
