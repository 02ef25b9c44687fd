package sakd.data.set;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Fingerprint;
import sakd.data.ObjectBox;
import sakd.data.image.Picture;

/**
 * Pictures that are drawn when they are asked for, so that segmentation and detection can be tried
 * without any files: one to four circles, squares and triangles of any colour and direction, some
 * before others, on another colour, and all of it under noise.
 */
final class ShapePictures implements MaskedPictures, BoxedPictures {
  static final List<String> CLASSES = List.of("background", "circle", "square", "triangle");

  private static final int SIDE = 64;
  private static final int TRAINING = 400;
  private static final int TEST = 100;
  private static final int MOST_SHAPES = 4;

  /** What the side becomes for detection: shapes of some 32 to 64 pixels fit the least anchors. */
  private static final int BOXES_BASE = 128;

  /** Of a shape that others hide but for fewer pixels, nobody can tell what it is. */
  private static final int RECOGNISED = 40;

  private static final double SMALLEST = 8;
  private static final double LARGEST = 16;

  /** The least difference of a shape's colour from the background's, summed over colours. */
  private static final int CONTRAST = 96;

  /** Added to each colour of a pixel: uniform in [-NOISE, NOISE]. */
  private static final int NOISE = 24;

  private final boolean train;

  private ShapePictures(boolean train) {
    this.train = train;
  }

  static Dataset open(DatasetInfo info, boolean train, MaskOptions options) {
    int crop = options.crop() == null ? SIDE : options.crop();
    return new MaskDataset(
        info, new ShapePictures(train), new ScaleAndCrop(crop, options.base(), true));
  }

  static Dataset openBoxes(DatasetInfo info, boolean train, BoxOptions options) {
    ShapePictures pictures = new ShapePictures(train);
    return new BoxDataset(
        info, pictures, ScaleToFit.of(options, options.baseOr(BOXES_BASE), true, pictures));
  }

  /**
   * A shape about a centre.
   *
   * @param kind its class
   * @param radius of the circle around it, in pixels
   * @param turn in radians
   */
  private record Shape(int kind, double x, double y, double radius, double turn, int colour) {
    boolean covers(double px, double py) {
      double dx = px - x;
      double dy = py - y;
      double u = dx * Math.cos(turn) + dy * Math.sin(turn);
      double v = dy * Math.cos(turn) - dx * Math.sin(turn);
      return switch (kind) {
        case 1 -> u * u + v * v <= radius * radius;
        case 2 -> Math.max(Math.abs(u), Math.abs(v)) <= radius / Math.sqrt(2);
        default -> // Three sides at half the radius from the centre of an equilateral triangle.
            v <= radius / 2 && Math.abs(u) * Math.sqrt(3) - v <= radius;
      };
    }
  }

  /** What is drawn: the background's colour and the shapes, the last in front. */
  private record Scene(int background, List<Shape> shapes) {}

  private Scene scene(SplitMix64 random) {
    int background = random.nextInt(1 << 24);
    int count = 1 + random.nextInt(MOST_SHAPES);
    Shape[] shapes = new Shape[count];
    for (int i = 0; i < count; i++) {
      int kind = 1 + random.nextInt(CLASSES.size() - 1);
      double radius = SMALLEST + (LARGEST - SMALLEST) * random.nextDouble();
      double x = SIDE * random.nextDouble();
      double y = SIDE * random.nextDouble();
      double turn = 2 * Math.PI * random.nextDouble();
      int colour = random.nextInt(1 << 24);
      while (difference(colour, background) < CONTRAST) {
        colour = random.nextInt(1 << 24);
      }
      shapes[i] = new Shape(kind, x, y, radius, turn, colour);
    }
    return new Scene(background, List.of(shapes));
  }

  private static int difference(int a, int b) {
    int sum = 0;
    for (int shift = 0; shift < 24; shift += 8) {
      sum += Math.abs((a >> shift & 0xff) - (b >> shift & 0xff));
    }
    return sum;
  }

  private SplitMix64 random(int index) {
    return new SplitMix64(train ? 1 : 2, index);
  }

  /** The number of the shape in front at a pixel, or -1. */
  private static int front(Scene scene, int pixel) {
    int row = pixel / SIDE;
    int column = pixel % SIDE;
    for (int i = scene.shapes.size() - 1; i >= 0; i--) {
      if (scene.shapes.get(i).covers(column + 0.5, row + 0.5)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public int size() {
    return train ? TRAINING : TEST;
  }

  @Override
  public int[] sizeOf(int index) {
    return new int[] {SIDE, SIDE};
  }

  @Override
  public Picture picture(int index, int divisor) {
    SplitMix64 random = random(index);
    Scene scene = scene(random);
    int[] pixels = new int[SIDE * SIDE];
    for (int i = 0; i < pixels.length; i++) {
      int shape = front(scene, i);
      int colour = shape < 0 ? scene.background : scene.shapes.get(shape).colour;
      int noisy = 0;
      for (int shift = 16; shift >= 0; shift -= 8) {
        int value = (colour >> shift & 0xff) + random.nextInt(2 * NOISE + 1) - NOISE;
        noisy = noisy << 8 | Math.max(0, Math.min(255, value));
      }
      pixels[i] = noisy << 8;
    }
    return new Picture(SIDE, SIDE, pixels);
  }

  @Override
  public byte[] mask(int index) {
    Scene scene = scene(random(index));
    byte[] mask = new byte[SIDE * SIDE];
    for (int i = 0; i < mask.length; i++) {
      int shape = front(scene, i);
      mask[i] = (byte) (shape < 0 ? 0 : scene.shapes.get(shape).kind);
    }
    return mask;
  }

  /** A box around what is seen of each shape. */
  @Override
  public List<ObjectBox> objects(int index) {
    Scene scene = scene(random(index));
    int count = scene.shapes.size();
    int[] left = new int[count];
    int[] top = new int[count];
    int[] right = new int[count];
    int[] bottom = new int[count];
    int[] area = new int[count];
    Arrays.fill(left, SIDE);
    Arrays.fill(top, SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) {
      int shape = front(scene, i);
      if (shape >= 0) {
        left[shape] = Math.min(left[shape], i % SIDE);
        top[shape] = Math.min(top[shape], i / SIDE);
        right[shape] = Math.max(right[shape], i % SIDE + 1);
        bottom[shape] = Math.max(bottom[shape], i / SIDE + 1);
        area[shape]++;
      }
    }
    List<ObjectBox> objects = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      if (area[k] > 0) {
        objects.add(
            new ObjectBox(
                scene.shapes.get(k).kind,
                left[k],
                top[k],
                right[k],
                bottom[k],
                area[k],
                false,
                area[k] < RECOGNISED));
      }
    }
    return objects;
  }

  /** The name and size of the set say all: the pictures are the same everywhere. */
  @Override
  public void addTo(Fingerprint fingerprint) {
    fingerprint.add(train ? 1 : 2);
  }

  @Override
  public SortedMap<String, Integer> formats() {
    return new TreeMap<>();
  }
}
