package sakd.data;

import java.nio.ByteBuffer;
import java.util.SortedMap;
import sakd.base.SplitMix64;

/**
 * A set that is another in all but what a subclass overrides. What is derived from the set in
 * another form, such as that of a network of more steps, is wrapped alike.
 */
public abstract class ForwardingDataset implements Dataset {
  private final Dataset set;

  /**
   * @param set what all calls go to
   */
  protected ForwardingDataset(Dataset set) {
    this.set = set;
  }

  /** The same wrapper around another form of the set. */
  protected abstract Dataset around(Dataset other);

  private Dataset wrapped(Dataset other) {
    return other == set ? this : around(other);
  }

  @Override
  public DatasetInfo info() {
    return set.info();
  }

  @Override
  public SampleShape shape() {
    return set.shape();
  }

  @Override
  public SampleShape shape(int index) {
    return set.shape(index);
  }

  @Override
  public int size() {
    return set.size();
  }

  @Override
  public Targets.Kind targetKind() {
    return set.targetKind();
  }

  @Override
  public String sampleName(int index) {
    return set.sampleName(index);
  }

  @Override
  public int label(int index) {
    return set.label(index);
  }

  @Override
  public Targets targets(int index, Placement placement, SampleShape shape) {
    return set.targets(index, placement, shape);
  }

  @Override
  public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
    return set.read(index, random, shape, target);
  }

  @Override
  public String fingerprint() {
    return set.fingerprint();
  }

  @Override
  public Dataset inSteps(int steps) {
    return wrapped(set.inSteps(steps));
  }

  @Override
  public boolean recordings() {
    return set.recordings();
  }

  @Override
  public SampleShape recorded() {
    return set.recorded();
  }

  @Override
  public Dataset sized(int side, int resized) {
    return wrapped(set.sized(side, resized));
  }

  @Override
  public int resized() {
    return set.resized();
  }

  @Override
  public SortedMap<String, Integer> formats() {
    return set.formats();
  }

  @Override
  public int cropPadding() {
    return set.cropPadding();
  }

  @Override
  public boolean rolls() {
    return set.rolls();
  }

  @Override
  public Dataset normalised(float[] mean, float[] std) {
    return wrapped(set.normalised(mean, std));
  }
}
