package sakd.data.set;

import java.nio.ByteBuffer;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.ForwardingDataset;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.image.Distortion;

/** A set of still images whose training samples are changed at random beyond crop and flip. */
public final class DistortedDataset extends ForwardingDataset {
  private final Distortion distortion;

  /**
   * @param images what is changed, in training only
   * @throws UserError if the samples are recordings
   */
  public DistortedDataset(Dataset images, Distortion distortion) {
    super(images);
    if (images.recordings()) {
      throw new UserError(
          "--auto-augment, --color-jitter and --random-erase change images, but "
              + images.name()
              + " holds recordings; expected a set of images, leave them out");
    }
    this.distortion = distortion;
  }

  @Override
  protected Dataset around(Dataset other) {
    return new DistortedDataset(other, distortion);
  }

  @Override
  public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
    Placement placement = super.read(index, random, shape, target);
    if (random != null) {
      distortion.apply(
          target, shape.channels(), shape.height(), shape.width(), info().mean(), random);
    }
    return placement;
  }
}
