package sakd.data.set;

import java.nio.ByteBuffer;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Fingerprint;
import sakd.data.Placement;
import sakd.data.SampleShape;

/** A set in memory: uint8 images {@code [N, C, H, W]} and a label each. */
public class MemoryDataset implements Dataset {
  private final DatasetInfo info;
  private final SampleShape shape;
  private final byte[] images;
  private final int[] labels;

  /** Kept, as it takes a look at every pixel; null as long as nobody asked. */
  private String fingerprint;

  /**
   * Takes over the arrays without a copy.
   *
   * @param height H, in pixels
   * @param width W, in pixels
   * @param images the pixels, {@code N * C * H * W} of them with C as in {@code info}
   * @param labels N class numbers from 0
   * @throws IllegalArgumentException if the sizes do not agree or a label has no class
   */
  public MemoryDataset(DatasetInfo info, int height, int width, byte[] images, int[] labels) {
    this.info = info;
    this.shape = new SampleShape(1, info.mean().length, height, width);
    if ((long) labels.length * shape.bytes() != images.length) {
      throw new IllegalArgumentException(
          info.name()
              + ": "
              + images.length
              + " pixels are not those of "
              + labels.length
              + " images");
    }
    for (int label : labels) {
      if (label < 0 || label >= info.classNames().size()) {
        throw new IllegalArgumentException(info.name() + ": label " + label + " has no class");
      }
    }
    this.images = images;
    this.labels = labels;
  }

  @Override
  public DatasetInfo info() {
    return info;
  }

  @Override
  public SampleShape shape() {
    return shape;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public synchronized String fingerprint() {
    if (fingerprint == null) {
      fingerprint = Fingerprint.of(this).add(images).hex();
    }
    return fingerprint;
  }

  @Override
  public Placement read(int index, SplitMix64 random, SampleShape as, ByteBuffer target) {
    target.put(images, index * shape.bytes(), shape.bytes());
    return Placement.whole(shape);
  }
}
