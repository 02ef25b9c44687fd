package sakd.data;

import java.util.Arrays;
import java.util.List;

/** What a network is to find in samples: of one, or of all of a batch in their order. */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public sealed interface Targets permits Targets.Classes, Targets.Masks, Targets.Boxes {
  /**
   * What marks a pixel of which nothing is known: no class is learnt there, and none is counted.
   */
  int IGNORED = 255;

  /** What the targets of a set are. */
  enum Kind {
    /** One class a sample. */
    CLASSES,
    /** A class for every pixel. */
    MASKS,
    /** Objects, each with a box and a class. */
    BOXES
  }

  /** N, the number of samples. */
  int size();

  /**
   * The targets of a batch.
   *
   * @param samples at least one, of one kind, and masks of one size
   */
  static Targets joined(List<Targets> samples) {
    Targets first = samples.get(0);
    if (first instanceof Boxes) {
      return Boxes.joined(samples);
    }
    return first instanceof Masks ? Masks.joined(samples) : Classes.joined(samples);
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

  /**
   * Objects in pictures.
   *
   * @param samples what each picture has
   * @param most M, the room for objects of a picture that are learnt: the same for all batches of a
   *     set, so that the memory they take on a device stays the same
   */
  record Boxes(List<Sample> samples, int most) implements Targets {
    /**
     * What a picture has.
     *
     * @param placement how it lies in the batch
     * @param objects all there are, also those that are not learnt or not seen in the batch
     */
    public record Sample(Placement placement, List<ObjectBox> objects) {
      public Sample {
        objects = List.copyOf(objects);
      }
    }

    public Boxes {
      samples = List.copyOf(samples);
    }

    @Override
    public int size() {
      return samples.size();
    }

    /**
     * Boxes in pixels of the batch: {@code [N, M, 4]}, left, top, right and bottom of the objects
     * that are learnt, cut at the edges of their picture; what lies outside is left out.
     *
     * @param labels gets {@code [N, M]}: the class of each, and 0 for those there are not
     */
    public float[] inBatch(int[] labels) {
      float[] boxes = new float[4 * samples.size() * most];
      Arrays.fill(labels, 0);
      for (int n = 0; n < samples.size(); n++) {
        Placement place = samples.get(n).placement;
        int at = n * most;
        for (ObjectBox object : samples.get(n).objects) {
          float[] box = place.seen(object);
          if (object.learnt() && box[0] < box[2] && box[1] < box[3]) {
            System.arraycopy(box, 0, boxes, 4 * at, 4);
            labels[at++] = object.label();
          }
        }
      }
      return boxes;
    }

    private static Boxes joined(List<Targets> parts) {
      List<Sample> all = parts.stream().flatMap(t -> ((Boxes) t).samples.stream()).toList();
      return new Boxes(all, ((Boxes) parts.get(0)).most);
    }
  }
}
