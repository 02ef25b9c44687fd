package sakd.infer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import sakd.base.UserError;
import sakd.io.HostTensor;
import sakd.model.InputImage;

/**
 * Images that a network is to see, of which no more than a few are in memory at a time. Those of a
 * batch have one size.
 */
public abstract class ImageReader implements AutoCloseable {
  /** As many as an array can hold. */
  public static final long MOST_VALUES = Integer.MAX_VALUE / Float.BYTES;

  private final List<String> names;
  private final int channels;
  private final int height;
  private int next;

  /** The image before {@link #next}, if it was read for a batch of images of another size. */
  private InputImage waiting;

  /**
   * Some images of one size.
   *
   * @param names what to call each
   * @param images at least one unless the names are none
   */
  public record Batch(List<String> names, List<InputImage> images, int channels) {
    public int size() {
      return names.size();
    }

    public int height() {
      return images.get(0).height();
    }

    public int width() {
      return images.get(0).width();
    }
  }

  /**
   * @param names what to call each
   * @param height of the images, or where they differ, of those that the network was trained on
   */
  protected ImageReader(List<String> names, int channels, int height) {
    this.names = names;
    this.channels = channels;
    this.height = height;
  }

  /** Images [N, C, H, W], which are normalised already; they are called image 0, image 1 ... */
  public static ImageReader of(HostTensor images) {
    int[] shape = images.shape();
    List<String> names = IntStream.range(0, shape[0]).mapToObj(i -> "image " + i).toList();
    return new ImageReader(names, shape[1], shape[2]) {
      @Override
      protected InputImage read(int i) {
        return InputImage.whole(images.slice(i).toFloats(), shape[2], shape[3]);
      }
    };
  }

  /**
   * Image {@code i}; asked for once each, in order.
   *
   * @throws UserError if it cannot be read
   */
  protected abstract InputImage read(int i);

  /** What to call each image. */
  public List<String> names() {
    return names;
  }

  /** How many images there are in all. */
  public int images() {
    return names.size();
  }

  public int channels() {
    return channels;
  }

  /** Height of the images, or where they differ, of those that the network was trained on. */
  public int height() {
    return height;
  }

  /** Whether there is another image, read or not. */
  public boolean hasNext() {
    return waiting != null || next < images();
  }

  /**
   * The next images, which may be none: one that cannot be read is left out, and ends the batch.
   *
   * @param most how many, at least 1; fewer where the next one has another size
   * @param mostValues how many values of pixels they may have, unless they are one
   * @param unreadable is told the name of the image after them if it cannot be read or is not
   *     finite, and why; may throw
   */
  public Batch batch(int most, long mostValues, BiConsumer<String, UserError> unreadable) {
    List<String> read = new ArrayList<>();
    List<InputImage> images = new ArrayList<>();
    while (hasNext() && read.size() < most) {
      InputImage image = waiting != null ? waiting : next(unreadable);
      if (image == null) {
        break;
      }
      waiting = null;
      if (!images.isEmpty()
          && (image.height() != images.get(0).height()
              || image.width() != images.get(0).width()
              || (long) (images.size() + 1) * image.pixels().length > mostValues)) {
        waiting = image;
        break;
      }
      read.add(names.get(next - 1));
      images.add(image);
    }
    return new Batch(read, images, channels);
  }

  /** Reads an image; null if it cannot be read. */
  private InputImage next(BiConsumer<String, UserError> unreadable) {
    int i = next++;
    try {
      InputImage image = read(i);
      requireFinite(names.get(i), image.pixels());
      return image;
    } catch (UserError e) {
      unreadable.accept(names.get(i), e);
      return null;
    }
  }

  /**
   * The next images, at least one; parameters as above.
   *
   * @throws UserError if one of them cannot be read or is not finite
   */
  public Batch batch(int most, long mostValues) {
    return batch(
        most,
        mostValues,
        (name, e) -> {
          throw e;
        });
  }

  /** The same, as many as an array can hold the pixels of. */
  public Batch batch(int most) {
    return batch(most, MOST_VALUES);
  }

  private static void requireFinite(String name, float[] pixels) {
    for (float value : pixels) {
      if (!Float.isFinite(value)) {
        throw new UserError(
            name
                + " has a pixel of "
                + value
                + " after normalisation; expected finite numbers, correct the image");
      }
    }
  }

  @Override
  public void close() {}
}
