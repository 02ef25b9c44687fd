package sakd.data.set;

import java.util.Arrays;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;

/**
 * Pictures with a class for every pixel. The mask takes the nearest pixel, by the picture's {@link
 * Placement}; where nothing lies it says {@link Targets#IGNORED}.
 */
final class MaskDataset extends PictureDataset {
  private final MaskedPictures pictures;
  private final ScaleAndCrop how;

  MaskDataset(DatasetInfo info, MaskedPictures pictures, ScaleAndCrop how) {
    super(info, pictures, how, how.crop(), how.crop());
    this.pictures = pictures;
    this.how = how;
  }

  @Override
  public Targets.Kind targetKind() {
    return Targets.Kind.MASKS;
  }

  @Override
  public Dataset sized(int side, int resized) {
    return new MaskDataset(info(), pictures, new ScaleAndCrop(side, resized, how.flip()));
  }

  /** Padding is of the mean colour, so that it becomes 0. */
  @Override
  public Dataset normalised(float[] mean, float[] std) {
    return new MaskDataset(info().withNormalisation(mean, std), pictures, how);
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
