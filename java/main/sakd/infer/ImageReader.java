package sakd.infer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import sakd.base.UserError;
import sakd.io.HostTensor;

/** Images that a network is to see, of which no more than a few are in memory at a time. */
public abstract class ImageReader implements AutoCloseable {
  private final List<String> names;
  private final int channels;
  private final int height;
  private final int width;
  private int next;

  /**
   * Some images as a network takes them: normalised.
   *
   * @param names what to call each
   * @param pixels [C, H, W] of each
   */
  public record Batch(
      List<String> names, List<float[]> pixels, int channels, int height, int width) {
    public int size() {
      return names.size();
    }
  }

  /** A reader of images [channels, height, width] of these names. */
  protected ImageReader(List<String> names, int channels, int height, int width) {
    this.names = names;
    this.channels = channels;
    this.height = height;
    this.width = width;
  }

  /** Images [N, C, H, W], which are normalised already; they are called image 0, image 1 ... */
  public static ImageReader of(HostTensor images) {
    int[] shape = images.shape();
    List<String> names = IntStream.range(0, shape[0]).mapToObj(i -> "image " + i).toList();
    return new ImageReader(names, shape[1], shape[2], shape[3]) {
      @Override
      protected float[] read(int i) {
        return images.slice(i).toFloats();
      }
    };
  }

  /**
   * The pixels of image {@code i}; asked for once each, in order.
   *
   * @throws UserError if it cannot be read
   */
  protected abstract float[] read(int i);

  /** How many images there are in all. */
  public int images() {
    return names.size();
  }

  public int channels() {
    return channels;
  }

  public int height() {
    return height;
  }

  /** Whether there is another image, read or not. */
  public boolean hasNext() {
    return next < images();
  }

  /**
   * The next images, which may be none: those that cannot be read are left out.
   *
   * @param most how many, at least 1; fewer where an array cannot hold their pixels
   * @param unreadable is told of each that cannot be read or is not finite; may throw
   */
  public Batch batch(int most, Consumer<UserError> unreadable) {
    long fit = Integer.MAX_VALUE / Math.max(1, (long) Float.BYTES * channels * height * width);
    List<String> read = new ArrayList<>();
    List<float[]> pixels = new ArrayList<>();
    while (hasNext() && read.size() < Math.max(1, Math.min(most, fit))) {
      int i = next++;
      try {
        float[] image = read(i);
        requireFinite(names.get(i), image);
        read.add(names.get(i));
        pixels.add(image);
      } catch (UserError e) {
        unreadable.accept(e);
      }
    }
    return new Batch(read, pixels, channels, height, width);
  }

  /**
   * The next images, at least one.
   *
   * @throws UserError if one of them cannot be read or is not finite
   */
  public Batch batch(int most) {
    return batch(
        most,
        e -> {
          throw e;
        });
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
