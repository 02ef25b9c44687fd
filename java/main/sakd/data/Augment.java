package sakd.data;

import sakd.base.SplitMix64;

/**
 * Random crop, flip and mixing of training images.
 *
 * <p>A shift (dy, dx, flip) means {@code out(y, x) = in(y + dy, x' + dx)} with {@code x' = flip ==
 * 1 ? W - 1 - x : x} and zero outside the image: torchvision's {@code RandomCrop(size, padding)}
 * and then {@code RandomHorizontalFlip}. Where the samples roll, y + dy and x' + dx are taken
 * modulo H and W instead: {@code torch.roll}.
 *
 * @param pad the largest shift in pixels, from 0; dy and dx are uniform in [-pad, pad]
 * @param rolls whether what leaves at one edge comes in at the opposite one
 * @param horizontalFlip whether half of the images are mirrored
 * @param mixing of pairs of images once they are placed
 */
public record Augment(int pad, boolean rolls, boolean horizontalFlip, Mixing mixing) {
  /** Every image as it is, as in evaluation. */
  public static final Augment NONE = new Augment(0, false);

  /**
   * Checks the pad.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public Augment {
    if (pad < 0) {
      throw new IllegalArgumentException("the crop's padding is " + pad + "; expected 0 or more");
    }
  }

  /** With black outside the image, and without mixing. */
  public Augment(int pad, boolean horizontalFlip) {
    this(pad, false, horizontalFlip, Mixing.NONE);
  }

  /** The same crop and flip, with mixing. */
  public Augment mixing(Mixing other) {
    return new Augment(pad, rolls, horizontalFlip, other);
  }

  /**
   * The padding of the set (4 for CIFAR), and a flip if the classes allow it; where a target has to
   * follow the pixels, the set itself moves both as it reads them.
   */
  public static Augment standard(Dataset dataset) {
    return dataset.targetKind() == Targets.Kind.CLASSES
        ? new Augment(
            dataset.cropPadding(), dataset.rolls(), dataset.info().horizontalFlip(), Mixing.NONE)
        : new Augment(0, false);
  }

  /**
   * Writes dy, dx and what else the device needs to know of a sample at an offset; a pure function
   * of the other arguments.
   */
  void shift(long seed, int epoch, int sample, int[] target, int offset) {
    SplitMix64 random = new SplitMix64(seed, epoch, sample);
    target[offset] = random.nextInt(2 * pad + 1) - pad;
    target[offset + 1] = random.nextInt(2 * pad + 1) - pad;
    target[offset + 2] = (horizontalFlip ? random.nextInt(2) : 0) + (rolls ? 2 : 0);
  }
}
