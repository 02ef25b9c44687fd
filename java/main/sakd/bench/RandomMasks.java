package sakd.bench;

import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.ForwardingDataset;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;

/** The pictures of a set, with a random class for every pixel. */
final class RandomMasks extends ForwardingDataset {
  RandomMasks(Dataset pictures) {
    super(pictures);
  }

  @Override
  protected Dataset around(Dataset other) {
    return new RandomMasks(other);
  }

  @Override
  public Targets.Kind targetKind() {
    return Targets.Kind.MASKS;
  }

  @Override
  public Targets targets(int index, Placement placement, SampleShape shape) {
    SplitMix64 random = new SplitMix64(index);
    byte[] labels = new byte[shape.height() * shape.width()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) random.nextInt(classes());
    }
    return new Targets.Masks(labels, 1, shape.height(), shape.width());
  }
}
