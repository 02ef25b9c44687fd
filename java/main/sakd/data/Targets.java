package sakd.data;

import java.util.Arrays;
import java.util.List;

/** What a network is to find in samples: of one, or of all of a batch in their order. */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public sealed interface Targets permits Targets.Classes, Targets.Masks {
  /**
   * What marks a pixel of which nothing is known: no class is learnt there, and none is counted.
   */
  int IGNORED = 255;

  /** What the targets of a set are. */
  enum Kind {
    /** One class a sample. */
    CLASSES,
    /** A class for every pixel. */
    MASKS
  }

  /** N, the number of samples. */
  int size();

  /**
   * The targets of a batch.
   *
   * @param samples at least one, of one kind, and masks of one size
   */
  static Targets joined(List<Targets> samples) {
    return samples.get(0) instanceof Masks ? Masks.joined(samples) : Classes.joined(samples);
  }

  /**
   * A class for each sample.
   *
   * @param labels class numbers from 0
   */
  record Classes(int[] labels) implements Targets {
    @Override
    public int size() {
      return labels.length;
    }

    private static Classes joined(List<Targets> samples) {
      return new Classes(
          samples.stream().flatMapToInt(t -> Arrays.stream(((Classes) t).labels)).toArray());
    }
  }

  /**
   * A class for every pixel.
   *
   * @param labels uint8 {@code [samples, height, width]}: class numbers from 0, or {@link #IGNORED}
   */
  record Masks(byte[] labels, int samples, int height, int width) implements Targets {
    /**
     * Checks the size.
     *
     * @throws IllegalArgumentException if there are more or fewer labels than pixels
     */
    public Masks {
      if ((long) samples * height * width != labels.length) {
        throw new IllegalArgumentException(
            labels.length + " labels are not " + samples + " x " + height + " x " + width);
      }
    }

    @Override
    public int size() {
      return samples;
    }

    private static Masks joined(List<Targets> parts) {
      Masks first = (Masks) parts.get(0);
      int bytes = parts.stream().mapToInt(t -> ((Masks) t).labels.length).sum();
      byte[] all = new byte[bytes];
      int at = 0;
      for (Targets part : parts) {
        byte[] labels = ((Masks) part).labels;
        System.arraycopy(labels, 0, all, at, labels.length);
        at += labels.length;
      }
      int samples = parts.stream().mapToInt(Targets::size).sum();
      return new Masks(all, samples, first.height, first.width);
    }
  }
}
