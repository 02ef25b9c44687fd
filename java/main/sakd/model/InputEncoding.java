package sakd.model;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.nn.Encoder;
import sakd.ops.Encoding;
import sakd.ops.InputOps;

/**
 * What a spiking network makes of still images before its first layer.
 *
 * @param code how; DIRECT leaves images as they are
 * @param mean of the images' normalisation per channel, which is undone first; empty with DIRECT
 * @param std likewise
 */
public record InputEncoding(Encoding code, List<Float> mean, List<Float> std) {
  /** The same image at every step. */
  public static final InputEncoding DIRECT =
      new InputEncoding(Encoding.DIRECT, List.of(), List.of());

  private static final String KEY = "sakd.encode";

  public InputEncoding {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (mean.size() != std.size() || (code != Encoding.DIRECT && mean.isEmpty())) {
      throw new IllegalArgumentException("mean and std of each channel are needed");
    }
  }

  /**
   * Of the images of a set, for a network of so many steps.
   *
   * @throws UserError if its samples or the steps are not such as can be encoded
   */
  public static InputEncoding of(Encoding code, Dataset set, int steps) {
    if (code == Encoding.DIRECT) {
      return DIRECT;
    }
    String what = "--encode " + code.label();
    if (set.recordings()) {
      throw new UserError(
          what
              + " is for still images, but "
              + set.name()
              + " holds recordings, which are events already; expected a set of images, leave it"
              + " out");
    }
    if (set.channels() > InputOps.MOST_ENCODED) {
      throw new UserError(
          what
              + " is for images of up to "
              + InputOps.MOST_ENCODED
              + " channels, but those of "
              + set.name()
              + " have "
              + set.channels()
              + "; leave it out");
    }
    if (code == Encoding.LATENCY && steps == 1) {
      throw new UserError(
          what
              + " tells pixels apart by when they spike, and --T is 1; expected at least 2 steps,"
              + " give more or leave it out");
    }
    return new InputEncoding(
        code, ImageSpec.box(set.info().mean()), ImageSpec.box(set.info().std()));
  }

  /** Whether the network's first layer gets spikes. */
  public boolean isSpikes() {
    return code != Encoding.DIRECT;
  }

  /** The network, behind its encoder if it has one. */
  public Network before(Network network, int steps) {
    return isSpikes()
        ? new EncodedNetwork(
            new Encoder(code, ImageSpec.array(mean), ImageSpec.array(std), steps), network)
        : network;
  }

  /** Adds this to a file's metadata; mean and std are there as of {@link ImageSpec}. */
  void describe(Map<String, String> metadata) {
    if (isSpikes()) {
      metadata.put(KEY, code.label());
    }
  }

  /**
   * Reads what {@link #describe} wrote.
   *
   * @throws IllegalArgumentException if it is damaged
   */
  static InputEncoding of(Map<String, String> metadata, String file) {
    String code = metadata.get(KEY);
    if (code == null) {
      return DIRECT;
    }
    ImageSpec images = ImageSpec.of(metadata, file);
    if (images == null) {
      throw new IllegalArgumentException("no mean and std of its images");
    }
    return new InputEncoding(
        Encoding.valueOf(code.toUpperCase(Locale.ROOT)), images.mean(), images.std());
  }
}
