package sakd.report;

import sakd.data.Dataset;
import sakd.data.ForwardingDataset;

/** The first samples of a set. */
final class FirstSamples extends ForwardingDataset {
  private final int most;

  FirstSamples(Dataset all, int most) {
    super(all);
    this.most = most;
  }

  @Override
  protected Dataset around(Dataset other) {
    return new FirstSamples(other, most);
  }

  @Override
  public int size() {
    return Math.min(most, super.size());
  }
}
