package sakd.data;

import java.nio.ByteBuffer;
import sakd.data.image.Distortion;
import sakd.io.UserError;

/** A set of still images whose training samples are changed at random beyond crop and flip. */
public final class DistortedDataset implements Dataset {
  private final Dataset images;
  private final Distortion distortion;

  /**
   * @param images what is changed, in training only
   * @throws UserError if the samples are recordings
   */
  public DistortedDataset(Dataset images, Distortion distortion) {
    if (!(images instanceof MemoryDataset || images instanceof ImageDataset)) {
      throw new UserError(
          "--auto-augment, --color-jitter and --random-erase change images, but "
              + images.name()
              + " holds recordings; expected a set of images, leave them out");
    }
    this.images = images;
    this.distortion = distortion;
  }

  @Override
  public DatasetInfo info() {
    return images.info();
  }

  @Override
  public SampleShape shape() {
    return images.shape();
  }

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public int label(int index) {
    return images.label(index);
  }

  @Override
  public String fingerprint() {
    return images.fingerprint();
  }

  @Override
  public int cropPadding() {
    return images.cropPadding();
  }

  @Override
  public void read(int index, SplitMix64 random, ByteBuffer target) {
    images.read(index, random, target);
    if (random != null) {
      distortion.apply(target, channels(), height(), width(), info().mean(), random);
    }
  }
}
