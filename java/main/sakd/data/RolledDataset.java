package sakd.data;

import sakd.base.UserError;

/**
 * A set whose samples training rolls: it shifts them by so many pixels at most, and what leaves at
 * one edge comes in at the opposite one. So do the published trainings on CIFAR10-DVS (Deng et al.,
 * ICLR 2022; Li et al., Neuromorphic Data Augmentation, ECCV 2022), by 5 of 48 pixels.
 */
public final class RolledDataset extends ForwardingDataset {
  private final int most;

  /**
   * @param most pixels of a shift, at least 1
   * @throws UserError if the samples are not larger, or have more to be found in them than a class
   */
  public RolledDataset(Dataset set, int most) {
    super(set);
    this.most = most;
    if (set.targetKind() != Targets.Kind.CLASSES) {
      throw new UserError(
          "--roll moves pixels from one edge to the other, but "
              + set.name()
              + (set.targetKind() == Targets.Kind.MASKS
                  ? " has a class for each of them"
                  : " has objects in boxes")
              + "; expected a set with a class for each sample, leave it out");
    }
    if (most < 1 || most >= Math.min(set.height(), set.width())) {
      throw new UserError(
          "--roll is "
              + most
              + "; expected at least 1 and less than the "
              + Math.min(set.height(), set.width())
              + " pixels of a side, give such a number");
    }
  }

  @Override
  protected Dataset around(Dataset other) {
    return new RolledDataset(other, most);
  }

  @Override
  public int cropPadding() {
    return most;
  }

  @Override
  public boolean rolls() {
    return true;
  }
}
