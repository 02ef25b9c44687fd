package sakd.model;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import sakd.base.UserError;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.FitScale;
import sakd.data.Placement;
import sakd.data.RenumberedDataset;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.image.Crop;
import sakd.data.image.Picture;
import sakd.data.image.PictureSource;
import sakd.data.image.Resampler;
import sakd.data.set.DatasetKind;
import sakd.data.set.Sensor;
import sakd.io.Json;

/**
 * How pictures become a network's input and what its outputs are called, as the metadata of a
 * weight file has it, so that {@code predict} takes pictures.
 *
 * @param height H of the input
 * @param resized what the shorter side of a picture becomes, in pixels, before its middle is taken;
 *     0 where pictures with masks keep their size; the base of {@link FitScale} for boxes
 * @param mean of pixel / 255 per channel, which is taken off
 * @param std of pixel / 255 per channel, by which the rest is divided
 * @param classNames by class number
 * @param sensor of recordings whose frames are smaller; null for all others
 */
public record ImageSpec(
    int height,
    int width,
    int resized,
    List<Float> mean,
    List<Float> std,
    List<String> classNames,
    Sensor sensor) {
  /** Of all channels: what an array holds as float32. */
  private static final int MOST_PIXELS = Integer.MAX_VALUE / Float.BYTES;

  private static final int USUAL_SIDE = 224;
  private static final int USUAL_RESIZED = 256;

  private static final String HEIGHT = "sakd.height";
  private static final String WIDTH = "sakd.width";
  private static final String RESIZED = "sakd.resized";
  private static final String MEAN = "sakd.mean";
  private static final String STD = "sakd.std";
  private static final String CLASS_NAMES = "sakd.class_names";
  private static final String SENSOR = "sakd.sensor";

  public ImageSpec {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    classNames = List.copyOf(classNames);
    if (height < 1 || width < 1 || resized < 0 || mean.isEmpty() || mean.size() != std.size()) {
      throw new IllegalArgumentException("a size, and mean and std of each channel are needed");
    }
    if ((long) height * width * mean.size() > MOST_PIXELS) {
      throw new IllegalArgumentException("images of " + height + "x" + width + " are too large");
    }
  }

  /** Of what was not made smaller by summing up events. */
  public ImageSpec(
      int height,
      int width,
      int resized,
      List<Float> mean,
      List<Float> std,
      List<String> classNames) {
    this(height, width, resized, mean, std, classNames, null);
  }

  /** Of the input. */
  public int channels() {
    return mean.size();
  }

  /** What a class is called: its name, or by its number if it has none. */
  public String className(int label) {
    return label < classNames.size() ? classNames.get(label) : unnamed(label);
  }

  /** What a class is called that has no name. */
  public static String unnamed(int label) {
    return "class " + label;
  }

  /** What a data set does with its samples. */
  public static ImageSpec of(Dataset set) {
    return new ImageSpec(
        set.height(),
        set.width(),
        set.resized(),
        box(set.info().mean()),
        box(set.info().std()),
        set.classNames(),
        sensorOf(set));
  }

  private static Sensor sensorOf(Dataset set) {
    SampleShape recorded = set.recorded();
    return recorded.equals(set.shape()) ? null : new Sensor(recorded.height(), recorded.width());
  }

  /**
   * What a network for photographs usually takes, for a file that says nothing of it: what
   * torchvision's weights for ImageNet were evaluated with, {@code Resize(256)}, {@code
   * CenterCrop(224)} and ImageNet's mean and deviation; for masks pictures of their own size, for
   * boxes of a shorter side of 800. Its classes have no names.
   *
   * @return null for a network with the stem for small images, which have no usual size
   */
  public static ImageSpec usual(NetworkSpec network) {
    if (network.stem() != NetworkSpec.Stem.IMAGENET) {
      return null;
    }
    int resized =
        switch (network.targetKind()) {
          case CLASSES -> USUAL_RESIZED;
          case MASKS -> 0;
          case BOXES -> FitScale.USUAL_BASE;
        };
    DatasetInfo photographs = DatasetKind.IMAGENET.info;
    return new ImageSpec(
        USUAL_SIDE,
        USUAL_SIDE,
        resized,
        box(photographs.mean()),
        box(photographs.std()),
        List.of());
  }

  /**
   * A data set as the network has to see it: in the size, the normalisation and with the class
   * numbers of its training, as far as the set can be had so.
   *
   * @throws UserError if the set has a class that the network was not trained on
   */
  public Dataset applyTo(Dataset set) {
    // Frames of another sensor are no smaller picture of what the network knows.
    boolean square =
        height == width
            && set.targetKind() == Targets.Kind.CLASSES
            && (sensor != null || !set.recordings());
    boolean based = resized > 0 && set.targetKind() == Targets.Kind.BOXES;
    Dataset sized = square || based ? set.sized(height, resized) : set;
    Dataset seen =
        mean.size() == set.channels() ? sized.normalised(array(mean), array(std)) : sized;
    return RenumberedDataset.of(seen, classNames);
  }

  /** Whether recordings are of the sensor that those of the training were of. */
  public boolean fits(Dataset set) {
    return set.recorded().height() == sensorHeight() && set.recorded().width() == sensorWidth();
  }

  /** Rows of the sensor if the input is frames of recordings. */
  public int sensorHeight() {
    return sensor == null ? height : sensor.height();
  }

  /** Columns of the sensor if the input is frames of recordings. */
  public int sensorWidth() {
    return sensor == null ? width : sensor.width();
  }

  static float[] array(List<Float> values) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return array;
  }

  static List<Float> box(float[] values) {
    return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
  }

  /** Adds this to a file's metadata. */
  public void describe(Map<String, String> metadata) {
    metadata.put(HEIGHT, Integer.toString(height));
    metadata.put(WIDTH, Integer.toString(width));
    metadata.put(RESIZED, Integer.toString(resized));
    metadata.put(MEAN, join(mean));
    metadata.put(STD, join(std));
    metadata.put(CLASS_NAMES, Json.format(classNames));
    if (sensor != null) {
      metadata.put(SENSOR, sensor.toString());
    }
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
          Integer.parseInt(metadata.get(RESIZED)),
          split(metadata.get(MEAN)),
          split(metadata.get(STD)),
          names,
          metadata.containsKey(SENSOR) ? Sensor.parse(metadata.get(SENSOR)) : null);
    } catch (IllegalArgumentException
        | NullPointerException
        | ClassCastException
        | Json.SyntaxException e) {
      throw new UserError(
          "the metadata of "
              + file
              + " does not say how to turn pictures into its input ("
              + e.getMessage()
              + "); expected "
              + String.join(", ", HEIGHT, WIDTH, RESIZED, MEAN, STD, CLASS_NAMES)
              + ", give normalised images as .npy",
          e);
    }
  }

  /**
   * A picture as evaluation of classes would show it to the network, but for a network that sees
   * grey 0.299 R + 0.587 G + 0.114 B.
   *
   * @return (pixel / 255 - mean) / std
   * @throws UserError if it cannot be decoded, or as {@link #requireSquares}
   */
  public InputImage read(PictureSource source) {
    requireSquares();
    Picture picture = source.decode();
    boolean fits = picture.width() == width && picture.height() == height;
    Crop box =
        fits
            ? Crop.whole(width, height)
            : Crop.center(picture.width(), picture.height(), height, resized);
    ByteBuffer colours = ByteBuffer.allocate(3 * height * width);
    new Resampler().resample(picture, box, height, colours);
    return InputImage.whole(normalised(colours, height, width, height, width), height, width);
  }

  /**
   * A picture as evaluation of masks would show it to the network alone: in its own size, with the
   * mean colour to the right and below; grey as in {@link #read}.
   *
   * @return (pixel / 255 - mean) / std
   * @throws UserError if it cannot be decoded or is too large, or as {@link #requireColours}
   */
  public InputImage readWhole(PictureSource source) {
    return read(source, (width, height) -> new int[] {width, height});
  }

  /**
   * A picture as evaluation of boxes would show it to the network alone: scaled as {@link FitScale}
   * says, {@link #resized} being the base, else as {@link #readWhole}.
   *
   * @return (pixel / 255 - mean) / std
   * @throws UserError as {@link #readWhole}
   */
  public InputImage readFitted(PictureSource source) {
    return read(source, (width, height) -> FitScale.size(width, height, resized));
  }

  /** Width and height in which a picture of some width and height is shown. */
  private interface Sizing {
    int[] of(int width, int height);
  }

  private InputImage read(PictureSource source, Sizing sizing) {
    requireColours();
    Picture picture = source.decode();
    int[] size = sizing.of(picture.width(), picture.height());
    int w = size[0];
    int h = size[1];
    int wide = DataLoader.roundedUp(w);
    int high = DataLoader.roundedUp(h);
    if ((long) wide * high * Math.max(3, channels()) > MOST_PIXELS) {
      throw new UserError(
          source.name()
              + " has "
              + picture.width()
              + " x "
              + picture.height()
              + " pixels; expected at most "
              + MOST_PIXELS / 3
              + ", scale it down or cut it into parts");
    }
    Crop all = Crop.whole(picture.width(), picture.height());
    ByteBuffer colours =
        ByteBuffer.wrap(new Resampler().resample(picture, all, w, h), 0, 3 * w * h);
    Placement placement = new Placement(0, 0, picture.width(), picture.height(), w, h, false);
    return new InputImage(normalised(colours, h, w, high, wide), high, wide, placement);
  }

  /** Colours [3, h, w] as the network takes them, [C, high, wide]. */
  private float[] normalised(ByteBuffer colours, int h, int w, int high, int wide) {
    int channels = channels();
    float[] out = new float[channels * high * wide];
    for (int c = 0; c < channels; c++) {
      float padding = normalised(Math.round(255 * mean.get(c)), c);
      for (int y = 0; y < high; y++) {
        for (int x = 0; x < wide; x++) {
          int i = c * h * w + y * w + x;
          out[(c * high + y) * wide + x] =
              y >= h || x >= w
                  ? padding
                  : normalised(channels == 3 ? colours.get(i) & 0xff : luma(colours, i, h * w), c);
        }
      }
    }
    return out;
  }

  private float normalised(float value, int channel) {
    return (value / 255f - mean.get(channel)) / std.get(channel);
  }

  /** The pixels of an image itself, uint8 [C, H, W] without its padding. */
  public byte[] pixels(InputImage image) {
    int h = image.shownHeight();
    int w = image.shownWidth();
    byte[] pixels = new byte[channels() * h * w];
    for (int i = 0; i < pixels.length; i++) {
      int c = i / (h * w);
      int from = (c * image.height() + i / w % h) * image.width() + i % w;
      float value = image.pixels()[from] * std.get(c) + mean.get(c);
      pixels[i] = (byte) Math.max(0, Math.min(255, Math.round(255 * value)));
    }
    return pixels;
  }

  /**
   * Refuses to take pictures where the network cannot.
   *
   * @throws UserError if its input is no square, or as {@link #requireColours}
   */
  public void requireSquares() {
    requireColours();
    if (height != width) {
      throw unfit("a square of 1 or 3 channels");
    }
  }

  /**
   * Refuses to take pictures of any size where the network cannot.
   *
   * @throws UserError if its input has other channels than grey or red, green and blue
   */
  public void requireColours() {
    if (channels() != 1 && channels() != 3) {
      throw unfit("1 or 3 channels");
    }
  }

  private UserError unfit(String expected) {
    return new UserError(
        "the network's input is "
            + channels()
            + " x "
            + height
            + " x "
            + width
            + ", which pictures cannot be turned into; expected "
            + expected
            + ", give its input as .npy, normalised");
  }

  private static int luma(ByteBuffer colours, int i, int area) {
    return Math.round(
        0.299f * (colours.get(i) & 0xff)
            + 0.587f * (colours.get(area + i) & 0xff)
            + 0.114f * (colours.get(2 * area + i) & 0xff));
  }
}
