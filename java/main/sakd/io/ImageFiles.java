package sakd.io;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** Pictures: JPEG, PNG, GIF and BMP files to pixels, and pixels to PNG. */
public final class ImageFiles {
  private static final List<String> SUFFIXES = List.of(".jpg", ".jpeg", ".png", ".gif", ".bmp");

  private ImageFiles() {}

  /** Whether a file's name is one of a picture. */
  public static boolean isImage(Path path) {
    String name = path.toString().toLowerCase(Locale.ROOT);
    return SUFFIXES.stream().anyMatch(name::endsWith);
  }

  /**
   * The pictures in a folder, by name; those in folders in it are left out.
   *
   * @throws UserError if there is none, or the folder cannot be read
   */
  public static List<Path> in(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> images = files.filter(ImageFiles::isImage).sorted().toList();
      if (images.isEmpty()) {
        throw new UserError(
            "no picture in "
                + folder
                + "; expected files that end in "
                + String.join(", ", SUFFIXES)
                + ", give their folder");
      }
      return images;
    } catch (IOException e) {
      throw IoErrors.unreadable(folder, "a folder of pictures", e);
    }
  }

  /**
   * Reads a picture at the size that a network takes: its middle, in the proportions of that size
   * and as large as fits, scaled by linear interpolation over as many pixels as one becomes, as
   * Pillow and torchvision scale.
   *
   * @param channels 1 for grey (0.299 R + 0.587 G + 0.114 B), 3 for red, green and blue
   * @return uint8 [C, H, W]
   * @throws UserError if the file cannot be read or is no picture
   */
  public static byte[] read(Path path, int channels, int height, int width) {
    BufferedImage image;
    try {
      image = ImageIO.read(path.toFile());
    } catch (IOException e) {
      throw IoErrors.unreadable(path, "a picture (JPEG, PNG, GIF or BMP)", e);
    }
    if (image == null) {
      throw IoErrors.damaged(path, "the file is no picture", "a JPEG, PNG, GIF or BMP file");
    }
    double scale = Math.min((double) image.getWidth() / width, (double) image.getHeight() / height);
    double left = (image.getWidth() - scale * width) / 2;
    double top = (image.getHeight() - scale * height) / 2;
    byte[] pixels = new byte[channels * height * width];
    float[][] planes = planes(image, channels);
    for (int c = 0; c < channels; c++) {
      // Rows first, then columns: transposed twice.
      float[] tall = resampleRows(planes[c], image.getWidth(), left, scale, width);
      float[] out = resampleRows(tall, image.getHeight(), top, scale, height);
      for (int i = 0; i < out.length; i++) {
        pixels[c * out.length + i] = (byte) Math.round(Math.max(0, Math.min(255, out[i])));
      }
    }
    return pixels;
  }

  /** The channels as values from 0 to 255. */
  private static float[][] planes(BufferedImage image, int channels) {
    int w = image.getWidth();
    int area = w * image.getHeight();
    float[][] planes = new float[channels][area];
    Raster raster = image.getRaster();
    // Java takes grey for linear light; its conversion to RGB would change the values.
    boolean grey = raster.getNumBands() == 1 && image.getType() == BufferedImage.TYPE_BYTE_GRAY;
    for (int i = 0; i < area; i++) {
      int rgb = grey ? raster.getSample(i % w, i / w, 0) * 0x010101 : image.getRGB(i % w, i / w);
      int r = rgb >> 16 & 0xff;
      int g = rgb >> 8 & 0xff;
      int b = rgb & 0xff;
      if (channels == 1) {
        planes[0][i] = 0.299f * r + 0.587f * g + 0.114f * b;
      } else {
        planes[0][i] = r;
        planes[1][i] = g;
        planes[2][i] = b;
      }
    }
    return planes;
  }

  /**
   * Rows [rows, from] to columns [to, rows]: value j is the mean of the row around {@code start +
   * (j + 1/2) scale}, weighted by a triangle of half-width max(1, scale).
   */
  private static float[] resampleRows(float[] rows, int from, double start, double scale, int to) {
    int count = rows.length / from;
    float[] out = new float[to * count];
    double reach = Math.max(1, scale);
    for (int j = 0; j < to; j++) {
      double centre = start + (j + 0.5) * scale;
      int first = Math.max(0, (int) Math.ceil(centre - reach - 0.5));
      int last = Math.min(from - 1, (int) Math.floor(centre + reach - 0.5));
      double total = 0;
      double[] weights = new double[last - first + 1];
      for (int i = first; i <= last; i++) {
        weights[i - first] = Math.max(0, 1 - Math.abs(i + 0.5 - centre) / reach);
        total += weights[i - first];
      }
      for (int r = 0; r < count; r++) {
        double sum = 0;
        for (int i = first; i <= last; i++) {
          sum += weights[i - first] * rows[r * from + i];
        }
        out[j * count + r] = (float) (sum / total);
      }
    }
    return out;
  }

  /**
   * Encodes an image as PNG.
   *
   * @param pixels uint8 [C, H, W]; three channels are red, green and blue, and of any other number
   *     the first is shown in grey
   */
  public static byte[] png(byte[] pixels, int channels, int height, int width) {
    int area = height * width;
    boolean colour = channels == 3;
    BufferedImage image =
        new BufferedImage(
            width, height, colour ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < area; i++) {
      for (int c = 0; c < (colour ? 3 : 1); c++) {
        image.getRaster().setSample(i % width, i / width, c, pixels[c * area + i] & 0xff);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
