package sakd.report;

import java.nio.ByteBuffer;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.SampleShape;
import sakd.data.SplitMix64;

/** The first samples of a set. */
record FirstSamples(Dataset all, int most) implements Dataset {
  @Override
  public DatasetInfo info() {
    return all.info();
  }

  @Override
  public SampleShape shape() {
    return all.shape();
  }

  @Override
  public int size() {
    return Math.min(most, all.size());
  }

  @Override
  public int label(int index) {
    return all.label(index);
  }

  @Override
  public void read(int index, SplitMix64 random, ByteBuffer target) {
    all.read(index, random, target);
  }
}
