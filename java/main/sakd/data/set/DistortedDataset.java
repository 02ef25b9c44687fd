package sakd.data.set;

import java.nio.ByteBuffer;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.ForwardingDataset;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;
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
    if (images.targetKind() != Targets.Kind.CLASSES && !distortion.keepsPixels()) {
      throw new UserError(
          "--auto-augment and --random-erase move and cover pixels, but "
              + images.name()
              + (images.targetKind() == Targets.Kind.MASKS
                  ? " has a class for each of them"
                  : " has objects in boxes")
              + "; expected --color-jitter alone, leave the others"
              + " out");
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
      pad(placement, shape, target);
    }
    return placement;
  }

  /** Padding stays of the mean colour. */
  private void pad(Placement placement, SampleShape shape, ByteBuffer target) {
    int rows = placement.outHeight();
    int columns = placement.outWidth();
    if (rows == shape.height() && columns == shape.width()) {
      return;
    }
    int start = target.position() - shape.bytes();
    for (int c = 0; c < shape.channels(); c++) {
      byte mean = (byte) Math.round(255 * info().mean()[c]);
      for (int y = 0; y < shape.height(); y++) {
        for (int x = y < rows ? columns : 0; x < shape.width(); x++) {
          target.put(start + (c * shape.height() + y) * shape.width() + x, mean);
        }
      }
    }
  }
}
