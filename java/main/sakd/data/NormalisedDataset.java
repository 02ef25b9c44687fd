package sakd.data;

/** A set with the normalisation that a network's weights were trained with. */
final class NormalisedDataset extends ForwardingDataset {
  private final DatasetInfo info;

  NormalisedDataset(Dataset set, float[] mean, float[] std) {
    super(set);
    this.info = set.info().withNormalisation(mean, std);
  }

  @Override
  protected Dataset around(Dataset other) {
    return new NormalisedDataset(other, info.mean(), info.std());
  }

  @Override
  public DatasetInfo info() {
    return info;
  }

  @Override
  public Dataset normalised(float[] mean, float[] std) {
    return new NormalisedDataset(this, mean, std);
  }
}
