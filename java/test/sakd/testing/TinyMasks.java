package sakd.testing;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;

/**
 * Grey pictures of 12x16 pixels with a bright and a dark box on noise, whose frames have no class;
 * evaluation sees them in the corner of what a batch is padded to.
 */
public final class TinyMasks implements Dataset {
  public static final int CLASSES = 3;
  public static final int PICTURES = 22;

  private static final SampleShape SHAPE = new SampleShape(1, 1, 12, 16);
  private static final int AREA = 12 * 16;
  private static final int SIDE = 6;
  private static final int MEAN = 128;

  private final int pictures;
  private final byte[] pixels;
  private final byte[] labels;

  public TinyMasks() {
    this(PICTURES);
  }

  /** A set of so many pictures. */
  public TinyMasks(int pictures) {
    this.pictures = pictures;
    pixels = new byte[pictures * AREA];
    labels = new byte[pictures * AREA];
    Random random = new Random(3);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (MEAN - 24 + random.nextInt(48));
    }
    for (int i = 0; i < pictures; i++) {
      for (int k = 1; k < CLASSES; k++) {
        int top = random.nextInt(12 - SIDE + 1);
        int left = 8 * (k - 1) + random.nextInt(8 - SIDE + 1);
        for (int p = 0; p < SIDE * SIDE; p++) {
          int y = p / SIDE;
          int x = p % SIDE;
          boolean frame = y == 0 || x == 0 || y == SIDE - 1 || x == SIDE - 1;
          int at = i * AREA + (top + y) * 16 + left + x;
          pixels[at] = (byte) ((k == 1 ? 210 : 20) + random.nextInt(24));
          labels[at] = (byte) (frame ? Targets.IGNORED : k);
        }
      }
    }
  }

  @Override
  public DatasetInfo info() {
    return new DatasetInfo(
        "boxes",
        List.of("ground", "bright", "dark"),
        new float[] {0.5f},
        new float[] {0.25f},
        false);
  }

  @Override
  public SampleShape shape() {
    return SHAPE;
  }

  @Override
  public int size() {
    return pictures;
  }

  @Override
  public Targets.Kind targetKind() {
    return Targets.Kind.MASKS;
  }

  @Override
  public String fingerprint() {
    return "boxes";
  }

  @Override
  public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
    target.put(padded(pixels, index, MEAN, shape));
    return Placement.whole(SHAPE);
  }

  @Override
  public Targets targets(int index, Placement placement, SampleShape shape) {
    byte[] mask = padded(labels, index, Targets.IGNORED, shape);
    return new Targets.Masks(mask, 1, shape.height(), shape.width());
  }

  private static byte[] padded(byte[] all, int index, int padding, SampleShape shape) {
    return padded(all, index, padding, SHAPE, shape);
  }

  /** One of some pictures of a channel, with its padding to the right and below. */
  static byte[] padded(byte[] all, int index, int padding, SampleShape own, SampleShape shape) {
    byte[] out = new byte[shape.height() * shape.width()];
    Arrays.fill(out, (byte) padding);
    for (int y = 0; y < own.height(); y++) {
      int from = (index * own.height() + y) * own.width();
      System.arraycopy(all, from, out, y * shape.width(), own.width());
    }
    return out;
  }
}
