package sakd.data.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import sakd.base.UserError;
import sakd.io.ImageFiles;
import sakd.io.IoErrors;

/** A picture that can be decoded: a file, the bytes of one, or pixels that a program holds. */
public final class PictureSource {
  private final String name;
  private final Supplier<Picture> decoding;

  private PictureSource(String name, Supplier<Picture> decoding) {
    this.name = name;
    this.decoding = decoding;
  }

  /** A file, which is read when it is decoded. */
  public static PictureSource of(Path file) {
    return encoded(file.toString(), () -> Files.readAllBytes(file));
  }

  /** What a stream has left, which is read when it is decoded; the stream is not closed. */
  public static PictureSource of(String name, InputStream in) {
    return encoded(name, in::readAllBytes);
  }

  /** The content of a file, which is not copied. */
  public static PictureSource of(String name, byte[] content) {
    return encoded(name, () -> content);
  }

  /** Pixels, which are not copied. */
  public static PictureSource of(String name, BufferedImage image) {
    return new PictureSource(
        name, () -> new Picture(image.getWidth(), image.getHeight(), StoredColours.of(image)));
  }

  /**
   * Pictures of any kind. They are called as files are, and others by their place: picture 0,
   * picture 1 ...
   *
   * @param pictures each a {@link Path}, a {@link BufferedImage}, an {@link InputStream} or a
   *     {@code byte[]}
   * @throws IllegalArgumentException if one is something else
   */
  public static List<PictureSource> all(List<?> pictures) {
    List<PictureSource> sources = new ArrayList<>();
    for (Object picture : pictures) {
      String name =
          pictures.size() == 1 ? "the picture" : String.format("picture %d", sources.size());
      if (picture instanceof Path file) {
        sources.add(of(file));
      } else if (picture instanceof BufferedImage image) {
        sources.add(of(name, image));
      } else if (picture instanceof InputStream in) {
        sources.add(of(name, in));
      } else if (picture instanceof byte[] content) {
        sources.add(of(name, content));
      } else {
        throw new IllegalArgumentException(
            name
                + " is "
                + (picture == null ? "null" : "a " + picture.getClass().getName())
                + "; expected a Path, a BufferedImage, an InputStream or a byte[]");
      }
    }
    return sources;
  }

  /** The content of a picture's file, from somewhere. */
  private interface Content {
    byte[] read() throws IOException;
  }

  private static PictureSource encoded(String name, Content content) {
    return new PictureSource(
        name,
        () -> {
          try {
            return PictureDecoder.decode(name, content.read(), (width, height) -> 1);
          } catch (IOException e) {
            throw IoErrors.unreadable(name, "a picture (" + ImageFiles.FORMATS + ")", e);
          }
        });
  }

  /** What messages call it. */
  public String name() {
    return name;
  }

  /**
   * The picture in its full size; its pixels are valid until the same thread decodes the next.
   *
   * @throws UserError if it cannot be read or is damaged
   */
  public Picture decode() {
    return decoding.get();
  }
}
