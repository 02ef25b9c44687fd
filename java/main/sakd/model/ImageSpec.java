package sakd.model;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import sakd.data.Dataset;
import sakd.io.Json;
import sakd.io.UserError;

/**
 * How pictures become a network's input and what its outputs are called, as the metadata of a
 * weight file has it, so that {@code predict} takes pictures.
 *
 * @param height H of the input
 * @param mean of pixel / 255 per channel, which is taken off
 * @param std of pixel / 255 per channel, by which the rest is divided
 * @param classNames by class number
 */
public record ImageSpec(
    int height, int width, List<Float> mean, List<Float> std, List<String> classNames) {
  private static final String HEIGHT = "sakd.height";
  private static final String WIDTH = "sakd.width";
  private static final String MEAN = "sakd.mean";
  private static final String STD = "sakd.std";
  private static final String CLASS_NAMES = "sakd.class_names";

  public ImageSpec {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    classNames = List.copyOf(classNames);
    if (height < 1 || width < 1 || mean.isEmpty() || mean.size() != std.size()) {
      throw new IllegalArgumentException("a size, and mean and std of each channel are needed");
    }
  }

  /** What a data set does with its samples. */
  public static ImageSpec of(Dataset set) {
    return new ImageSpec(
        set.height(), set.width(), box(set.info().mean()), box(set.info().std()), set.classNames());
  }

  private static List<Float> box(float[] values) {
    return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
  }

  /** Adds this to a file's metadata. */
  public void describe(Map<String, String> metadata) {
    metadata.put(HEIGHT, Integer.toString(height));
    metadata.put(WIDTH, Integer.toString(width));
    metadata.put(MEAN, join(mean));
    metadata.put(STD, join(std));
    metadata.put(CLASS_NAMES, Json.format(classNames));
  }

  private static String join(List<Float> values) {
    return String.join(",", values.stream().map(v -> Float.toString(v)).toList());
  }

  private static List<Float> split(String text) {
    return Arrays.stream(text.split(",", -1)).map(Float::parseFloat).toList();
  }

  /**
   * Reads what {@link #describe} wrote.
   *
   * @param file named in errors
   * @return null if the metadata says nothing of pictures, as that of files from elsewhere
   * @throws UserError if it is damaged
   */
  public static ImageSpec of(Map<String, String> metadata, String file) {
    if (!metadata.containsKey(HEIGHT)) {
      return null;
    }
    try {
      List<String> names =
          ((List<?>) Json.parse(metadata.get(CLASS_NAMES)))
              .stream().map(String.class::cast).toList();
      return new ImageSpec(
          Integer.parseInt(metadata.get(HEIGHT)),
          Integer.parseInt(metadata.get(WIDTH)),
          split(metadata.get(MEAN)),
          split(metadata.get(STD)),
          names);
    } catch (IllegalArgumentException
        | NullPointerException
        | ClassCastException
        | Json.SyntaxException e) {
      throw new UserError(
          "the metadata of "
              + file
              + " does not tell how pictures become its input ("
              + e.getMessage()
              + "); expected "
              + String.join(", ", HEIGHT, WIDTH, MEAN, STD, CLASS_NAMES)
              + ", give normalised images as .npy",
          e);
    }
  }

  /** Pixels [C, H, W] of uint8 as the network takes them: (pixel / 255 - mean) / std. */
  public float[] normalise(byte[] pixels) {
    float[] out = new float[pixels.length];
    int area = height * width;
    for (int i = 0; i < out.length; i++) {
      out[i] = ((pixels[i] & 0xff) / 255f - mean.get(i / area)) / std.get(i / area);
    }
    return out;
  }
}
