package sakd.data;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import sakd.base.SplitMix64;

/**
 * Samples and what is to be found in them. A sample is decoded when a batch needs it, by the worker
 * that prepares the batch, straight into the batch's memory; whatever it is stored as, training
 * sees it in the one {@link #shape() shape} of the set.
 */
public interface Dataset {
  /** Name, classes and normalisation. */
  DatasetInfo info();

  /** What a sample becomes in training, and in evaluation of classes. */
  SampleShape shape();

  /**
   * What evaluation makes of a sample: pictures with masks or objects stay whole and need not be
   * alike.
   *
   * @throws sakd.base.UserError naming the file if it cannot be read
   */
  default SampleShape shape(int index) {
    return shape();
  }

  /** N, the number of samples. */
  int size();

  /** What is to be found in the samples. */
  default Targets.Kind targetKind() {
    return Targets.Kind.CLASSES;
  }

  /**
   * The class number of a sample, from 0.
   *
   * @throws IllegalStateException if samples have targets of another kind
   */
  default int label(int index) {
    throw new IllegalStateException("the samples of " + name() + " have " + targetKind());
  }

  /**
   * What is to be found in a sample; thread-safe.
   *
   * @param placement what {@link #read} returned: masks and boxes follow it, classes do not care
   * @param shape what {@code read} was given
   * @throws sakd.base.UserError naming the file if it cannot be read
   */
  default Targets targets(int index, Placement placement, SampleShape shape) {
    return new Targets.Classes(new int[] {label(index)});
  }

  /**
   * Decodes a sample at the buffer's position; thread-safe.
   *
   * @param random what a random crop draws from, or null for the view that evaluation takes; sets
   *     whose samples all have the same size leave it alone
   * @param shape what to fill: {@link #shape()} for training, for evaluation at least {@link
   *     #shape(int)}, with the mean colour right of the sample and below
   * @param target gets {@code shape.bytes()} values
   * @return where the sample's pixels lie
   * @throws sakd.base.UserError naming the file if the sample cannot be read
   */
  Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target);

  /** A sample as evaluation sees it, in an array of its own. */
  default ByteBuffer pixels(int index) {
    SampleShape shape = shape(index);
    ByteBuffer target = ByteBuffer.allocate(shape.bytes());
    read(index, null, shape, target);
    return target.flip();
  }

  /**
   * What tells the set from another one, as a text: the same as long as no sample, label or class
   * changes, wherever the set lies. Sets that know more of their samples than their labels add it:
   * pixels in memory; names and sizes of files, and how some hundred of them begin.
   */
  default String fingerprint() {
    return Fingerprint.of(this).hex();
  }

  /**
   * The same set seen by a network of so many steps: recordings are cut into as many frames, still
   * images are what they are.
   */
  default Dataset inSteps(int steps) {
    return this;
  }

  /** Whether samples are recordings, which {@link #inSteps} cuts into frames; else still images. */
  default boolean recordings() {
    return false;
  }

  /**
   * The shape of a sample before it is made smaller: of recordings H and W of the sensor, of which
   * frames may be a summary.
   */
  default SampleShape recorded() {
    return shape();
  }

  /**
   * The same set with pictures brought to another size, or the frames of recordings to a smaller
   * one; a set of still images that all have one size stays as it is.
   *
   * @param side height and width of a sample, in pixels; of pictures with masks, what training
   *     sees; those with objects have a canvas that follows the other
   * @param resized as {@link #resized()}
   * @throws sakd.base.UserError if recordings have fewer pixels
   */
  default Dataset sized(int side, int resized) {
    return this;
  }

  /**
   * What the shorter side of a picture becomes, in pixels, before evaluation takes the middle: the
   * height where it takes all of it; 0 where pictures keep their own size.
   */
  default int resized() {
    return height();
  }

  /** The file that a sample lies in, or its number where it has none of its own. */
  default String sampleName(int index) {
    return Integer.toString(index);
  }

  /**
   * How many samples lie in files of each ending, such as {@code .png}; empty where they are not
   * files of their own.
   */
  default SortedMap<String, Integer> formats() {
    return new TreeMap<>();
  }

  /** How far training shifts a sample, in pixels; 0 where {@link #read} crops at random itself. */
  default int cropPadding() {
    return height() / 8;
  }

  /**
   * Whether what a shift moves over one edge of a sample comes in at the opposite one, as by {@code
   * torch.roll}; else there is black.
   */
  default boolean rolls() {
    return false;
  }

  /** The same set with another normalisation, one mean and deviation for each channel. */
  default Dataset normalised(float[] mean, float[] std) {
    return new NormalisedDataset(this, mean, std);
  }

  /** The name the user knows it by, such as {@code cifar10}. */
  default String name() {
    return info().name();
  }

  /** C, the number of channels of a frame. */
  default int channels() {
    return shape().channels();
  }

  /** H of a frame, in pixels. */
  default int height() {
    return shape().height();
  }

  /** W of a frame, in pixels. */
  default int width() {
    return shape().width();
  }

  /** The number of classes. */
  default int classes() {
    return info().classNames().size();
  }

  /** The name of each class, by class number. */
  default List<String> classNames() {
    return info().classNames();
  }
}
