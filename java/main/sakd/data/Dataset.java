package sakd.data;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * An image classification set in memory: uint8 images {@code [N, C, H, W]} and a label each.
 *
 * <p>Not final: a set too large for memory overrides {@link #copyImage} and decodes there.
 */
public class Dataset {
  private final String name;
  private final int channels;
  private final int height;
  private final int width;
  private final byte[] images;
  private final int[] labels;
  private final List<String> classNames;
  private final float[] mean;
  private final float[] std;
  private final boolean horizontalFlip;

  /**
   * Takes over the arrays without a copy.
   *
   * @param name the name the user knows it by
   * @param channels C, 1 or 3 as a rule
   * @param height H, in pixels
   * @param width W, in pixels
   * @param images the pixels, {@code N * C * H * W} of them
   * @param labels N class numbers from 0
   * @param classNames a name for each class
   * @param mean C means of pixel / 255, for normalisation
   * @param std C standard deviations of pixel / 255
   * @param horizontalFlip whether a mirrored image is still one of its class
   * @throws IllegalArgumentException if the sizes do not agree or a label has no class
   */
  public Dataset(
      String name,
      int channels,
      int height,
      int width,
      byte[] images,
      int[] labels,
      List<String> classNames,
      float[] mean,
      float[] std,
      boolean horizontalFlip) {
    if ((long) labels.length * channels * height * width != images.length) {
      throw new IllegalArgumentException(
          name + ": " + images.length + " pixels are not those of " + labels.length + " images");
    }
    if (mean.length != channels || std.length != channels) {
      throw new IllegalArgumentException(name + ": mean and std need one value a channel");
    }
    for (int label : labels) {
      if (label < 0 || label >= classNames.size()) {
        throw new IllegalArgumentException(name + ": label " + label + " has no class");
      }
    }
    this.name = name;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.images = images;
    this.labels = labels;
    this.classNames = List.copyOf(classNames);
    this.mean = mean.clone();
    this.std = std.clone();
    this.horizontalFlip = horizontalFlip;
  }

  /** The name the user knows it by, such as {@code cifar10}. */
  public String name() {
    return name;
  }

  /** N, the number of images. */
  public int size() {
    return labels.length;
  }

  /** C, the number of colour channels. */
  public int channels() {
    return channels;
  }

  /** H, in pixels. */
  public int height() {
    return height;
  }

  /** W, in pixels. */
  public int width() {
    return width;
  }

  /** Bytes of one image, {@code C * H * W}. */
  public int imageBytes() {
    return channels * height * width;
  }

  /** The number of classes. */
  public int classes() {
    return classNames.size();
  }

  /** The name of each class, by class number. */
  public List<String> classNames() {
    return classNames;
  }

  /** The class number of an image, from 0. */
  public int label(int index) {
    return labels[index];
  }

  /** Puts the pixels of an image, {@code [C, H, W]}, at the buffer's position; thread-safe. */
  public void copyImage(int index, ByteBuffer target) {
    target.put(images, index * imageBytes(), imageBytes());
  }

  /** The mean of pixel / 255 per channel. */
  public float[] mean() {
    return mean.clone();
  }

  /** The standard deviation of pixel / 255 per channel. */
  public float[] std() {
    return std.clone();
  }

  /** Whether a mirrored image is still one of its class: not so for digits. */
  public boolean horizontalFlip() {
    return horizontalFlip;
  }
}
