package sakd.data.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;
import sakd.base.UserError;
import sakd.io.FileStart;
import sakd.io.IoErrors;

/** Pictures that Java's own ImageIO decodes. */
final class ImageIoPictures {
  /** ImageIO's names of what is decoded here; its WBMP takes any file of zeros for a picture. */
  private static final Set<String> FORMATS = Set.of("jpeg", "png", "bmp", "gif", "tif");

  /** Four inks and transparency. */
  private static final int MOST_BANDS = 5;

  private ImageIoPictures() {}

  /** A stream that knows its length, by which readers judge the lengths that a header claims. */
  private static final class Bytes extends ImageInputStreamImpl {
    private final byte[] content;

    Bytes(byte[] content) {
      this.content = content;
    }

    @Override
    public long length() {
      return content.length;
    }

    @Override
    public int read() {
      bitOffset = 0;
      return streamPos < content.length ? content[(int) streamPos++] & 0xff : -1;
    }

    @Override
    public int read(byte[] to, int at, int count) {
      bitOffset = 0;
      if (streamPos >= content.length) {
        return -1;
      }
      int read = (int) Math.min(count, content.length - streamPos);
      System.arraycopy(content, (int) streamPos, to, at, read);
      streamPos += read;
      return read;
    }
  }

  static Picture decode(Object file, byte[] content) {
    return read(
        file,
        content,
        reader -> {
          BufferedImage image = reader.read(0);
          return new Picture(image.getWidth(), image.getHeight(), StoredColours.of(image));
        });
  }

  /** What is wanted of a file whose header was found to be in order. */
  @FunctionalInterface
  interface Wanted<T> {
    T from(ImageReader reader) throws IOException;
  }

  /**
   * Reads a part of a file.
   *
   * @throws UserError if it is none of our formats, or damaged
   */
  static <T> T read(Object file, byte[] content, Wanted<T> wanted) {
    try (ImageInputStream in = new Bytes(content)) {
      ImageReader reader = reader(in);
      if (reader == null) {
        throw IoErrors.damaged(
            file, "it is " + FileStart.of(content).kind(), PictureDecoder.EXPECTED);
      }
      try {
        reader.setInput(in, true, true);
        PictureDecoder.requireSize(file, reader.getWidth(0), reader.getHeight(0), content.length);
        PictureDecoder.requireSize(
            file, reader.getTileWidth(0), reader.getTileHeight(0), content.length);
        requireBands(file, reader.getImageTypes(0));
        return wanted.from(reader);
      } finally {
        reader.dispose();
      }
    } catch (UserError e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // ImageIO answers damage with whatever its own checks throw.
      throw IoErrors.damaged(
          file, "it cannot be decoded (" + e.getMessage() + ")", PictureDecoder.EXPECTED);
    }
  }

  /** Refuses samples a pixel that no picture has, which a damaged header may ask memory for. */
  private static void requireBands(Object file, Iterator<ImageTypeSpecifier> types) {
    int bands = types.hasNext() ? types.next().getNumBands() : 0;
    if (bands > MOST_BANDS) {
      throw IoErrors.damaged(file, "it has " + bands + " samples a pixel", PictureDecoder.EXPECTED);
    }
  }

  /** The reader for the content; null if it is of none of our formats. */
  private static ImageReader reader(ImageInputStream in) throws IOException {
    for (Iterator<ImageReader> all = ImageIO.getImageReaders(in); all.hasNext(); ) {
      ImageReader reader = all.next();
      if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
        return reader;
      }
      reader.dispose();
    }
    return null;
  }
}
