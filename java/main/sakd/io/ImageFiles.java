package sakd.io;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import sakd.base.UserError;

/** Files of pictures by their names, and pixels as a PNG file. */
public final class ImageFiles {
  /** How the names of pictures end, in lower case. */
  public static final Set<String> SUFFIXES =
      Set.of(
          ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm",
          ".pnm");

  /** The formats of pictures that are read, for messages. */
  public static final String FORMATS = "JPEG, PNG, GIF, BMP, WebP, TIFF, PPM";

  private ImageFiles() {}

  /**
   * Whether a file's name is one of a picture; hidden files, such as macOS's {@code ._*}, are none.
   */
  public static boolean isImage(Path path) {
    String name = path.getFileName().toString();
    return !name.startsWith(".") && SUFFIXES.contains(suffix(name));
  }

  /** The ending of a name in lower case, with its dot; empty if it has none. */
  public static String suffix(String name) {
    int dot = name.lastIndexOf('.');
    return dot <= name.lastIndexOf('/') + 1 ? "" : name.substring(dot).toLowerCase(Locale.ROOT);
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
                + String.join(", ", SUFFIXES.stream().sorted().toList())
                + ", give their folder");
      }
      return images;
    } catch (IOException e) {
      throw IoErrors.unreadable(folder, "a folder of pictures", e);
    }
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
    return png(image);
  }

  /** Encodes an image as PNG. */
  public static byte[] png(BufferedImage image) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
