package sakd.testing;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.ObjectBox;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;

/**
 * Grey pictures of 32x48 pixels with noise and a bright or a dark object in one half or in both;
 * evaluation sees them in the corner of what a batch is padded to.
 */
public final class TinyBoxes implements Dataset {
  public static final int CLASSES = 3;
  public static final int PICTURES = 22;

  private static final int HEIGHT = 32;
  private static final int WIDTH = 48;
  private static final SampleShape SHAPE = new SampleShape(1, 1, HEIGHT, WIDTH);
  private static final int AREA = HEIGHT * WIDTH;
  private static final int HALF = WIDTH / 2;
  private static final int SMALLEST = 14;
  private static final int MEAN = 128;

  private final byte[] pixels = new byte[PICTURES * AREA];
  private final List<List<ObjectBox>> objects = new ArrayList<>();

  public TinyBoxes() {
    Random random = new Random(3);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (MEAN - 24 + random.nextInt(48));
    }
    for (int i = 0; i < PICTURES; i++) {
      List<ObjectBox> here = new ArrayList<>();
      for (int half = i % 3 == 1 ? 1 : 0; half <= (i % 3 == 0 ? 0 : 1); half++) {
        int label = 1 + random.nextInt(CLASSES - 1);
        int height = SMALLEST + random.nextInt(8);
        int width = SMALLEST + random.nextInt(8);
        int top = random.nextInt(HEIGHT - height + 1);
        int left = half * HALF + random.nextInt(HALF - width + 1);
        for (int p = 0; p < height * width; p++) {
          int at = i * AREA + (top + p / width) * WIDTH + left + p % width;
          pixels[at] = (byte) ((label == 1 ? 210 : 20) + random.nextInt(24));
        }
        here.add(
            new ObjectBox(
                label, left, top, left + width, top + height, height * width, false, false));
      }
      objects.add(List.copyOf(here));
    }
  }

  /** Objects of all pictures. */
  public int count() {
    return objects.stream().mapToInt(List::size).sum();
  }

  @Override
  public DatasetInfo info() {
    return new DatasetInfo(
        "objects",
        List.of("background", "bright", "dark"),
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
    return PICTURES;
  }

  @Override
  public Targets.Kind targetKind() {
    return Targets.Kind.BOXES;
  }

  @Override
  public String fingerprint() {
    return "objects";
  }

  @Override
  public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
    target.put(TinyMasks.padded(pixels, index, MEAN, SHAPE, shape));
    return Placement.whole(SHAPE);
  }

  @Override
  public Targets targets(int index, Placement placement, SampleShape shape) {
    return new Targets.Boxes(List.of(new Targets.Boxes.Sample(placement, objects.get(index))), 2);
  }
}
