package sakd.data;

import java.nio.ByteBuffer;

/** A set with the normalisation that a network's weights were trained with. */
record NormalisedDataset(Dataset set, DatasetInfo info) implements Dataset {
  @Override
  public SampleShape shape() {
    return set.shape();
  }

  @Override
  public int size() {
    return set.size();
  }

  @Override
  public int label(int index) {
    return set.label(index);
  }

  @Override
  public void read(int index, SplitMix64 random, ByteBuffer target) {
    set.read(index, random, target);
  }

  @Override
  public String fingerprint() {
    return set.fingerprint();
  }

  @Override
  public Dataset inSteps(int steps) {
    return new NormalisedDataset(set.inSteps(steps), info);
  }

  @Override
  public int cropPadding() {
    return set.cropPadding();
  }
}
