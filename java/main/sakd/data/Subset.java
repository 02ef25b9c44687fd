package sakd.data;

import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import sakd.base.SplitMix64;

/**
 * Some samples of a set, in an order of their own. A sample keeps its name; {@link #formats()} are
 * those of the whole set.
 */
public final class Subset extends ForwardingDataset {
  private final int[] samples;

  /**
   * @param samples their numbers in the set
   */
  Subset(Dataset set, int[] samples) {
    super(set);
    this.samples = samples;
  }

  /** The first samples of a set, or all where it has no more. */
  public static Dataset first(Dataset set, int most) {
    return most >= set.size() ? set : new Subset(set, IntStream.range(0, most).toArray());
  }

  @Override
  protected Dataset around(Dataset other) {
    return new Subset(other, samples);
  }

  @Override
  public int size() {
    return samples.length;
  }

  @Override
  public SampleShape shape(int index) {
    return super.shape(samples[index]);
  }

  @Override
  public int label(int index) {
    return super.label(samples[index]);
  }

  @Override
  public Targets targets(int index, Placement placement, SampleShape shape) {
    return super.targets(samples[index], placement, shape);
  }

  @Override
  public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
    return super.read(samples[index], random, shape, target);
  }

  @Override
  public String sampleName(int index) {
    return super.sampleName(samples[index]);
  }

  /** That of the whole set, and which samples they are. */
  @Override
  public String fingerprint() {
    ByteBuffer numbers = ByteBuffer.allocate(Integer.BYTES * samples.length);
    numbers.asIntBuffer().put(samples);
    return Fingerprint.of(this).add(super.fingerprint()).add(numbers.array()).hex();
  }
}
