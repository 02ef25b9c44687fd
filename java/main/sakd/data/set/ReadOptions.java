package sakd.data.set;

import java.util.Objects;
import java.util.function.Consumer;
import sakd.data.event.FrameSplit;

/**
 * How samples become what a network sees.
 *
 * @param framesBy how recordings are cut into frames
 * @param imageSize height and width that photographs are cropped to, in pixels
 * @param sensor of recordings, whose events outside it are dropped; null for that of the set
 * @param masks how pictures with masks are read
 * @param boxes how pictures with objects are read
 * @param note hears of what is unusual but no error, such as a checksum that is not the published
 */
public record ReadOptions(
    FrameSplit framesBy,
    int imageSize,
    Sensor sensor,
    MaskOptions masks,
    BoxOptions boxes,
    Consumer<String> note) {
  /** Frames of equally many events, photographs of 224 pixels, and silence. */
  public static final ReadOptions DEFAULT = new ReadOptions(FrameSplit.COUNT, 224, text -> {});

  /** Checks that nothing is missing. */
  public ReadOptions {
    Objects.requireNonNull(framesBy);
    Objects.requireNonNull(masks);
    Objects.requireNonNull(boxes);
    Objects.requireNonNull(note);
  }

  /** With the sensor of the set, and masks of class numbers. */
  public ReadOptions(FrameSplit framesBy, int imageSize, Consumer<String> note) {
    this(framesBy, imageSize, null, MaskOptions.DEFAULT, BoxOptions.DEFAULT, note);
  }

  /** The same with another sensor, or null for that of the set. */
  public ReadOptions withSensor(Sensor other) {
    return new ReadOptions(framesBy, imageSize, other, masks, boxes, note);
  }

  /** The same with masks read in another way. */
  public ReadOptions withMasks(MaskOptions other) {
    return new ReadOptions(framesBy, imageSize, sensor, other, boxes, note);
  }

  /** The same with boxes read in another way. */
  public ReadOptions withBoxes(BoxOptions other) {
    return new ReadOptions(framesBy, imageSize, sensor, masks, other, note);
  }

  /** The same without notes: for what has been read, and spoken of, already. */
  ReadOptions silent() {
    return new ReadOptions(framesBy, imageSize, sensor, masks, boxes, text -> {});
  }
}
