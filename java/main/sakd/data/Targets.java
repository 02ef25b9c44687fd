package sakd.data;

import java.util.List;

/** What a network is to find in samples, in the order of the samples. */
public sealed interface Targets permits Targets.Classes, Targets.Masks {
  /** The label of a pixel of which nothing is known, which neither a loss nor a score regards. */
  int IGNORED = 255;

  /** What there can be to find. */
  enum Kind {
    /** The class of a sample. */
    CLASSES,
    /** The class of every pixel. */
    MASKS
  }

  /** The number of samples. */
  int size();

  /**
   * The targets of several samples as one.
   *
   * @param samples at least one, all of one kind and size
   */
  static Targets joined(List<Targets> samples) {
    if (samples.get(0) instanceof Masks first) {
      int area = first.height * first.width;
      byte[] all = new byte[samples.size() * area];
      for (int i = 0; i < samples.size(); i++) {
        System.arraycopy(((Masks) samples.get(i)).labels, 0, all, i * area, area);
      }
      return new Masks(all, first.height, first.width);
    }
    return new Classes(samples.stream().mapToInt(sample -> ((Classes) sample).labels[0]).toArray());
  }

  /**
   * The class of each sample.
   *
   * @param labels class numbers from 0
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Classes(int[] labels) implements Targets {
    @Override
    public int size() {
      return labels.length;
    }
  }

  /**
   * The class of every pixel.
   *
   * @param labels uint8 {@code [N, height, width]}: class numbers, or {@link #IGNORED}
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Masks(byte[] labels, int height, int width) implements Targets {
    @Override
    public int size() {
      return labels.length / (height * width);
    }
  }
}
