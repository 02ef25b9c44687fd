package sakd.ops;

import java.util.ArrayList;
import java.util.List;

/**
 * The anchors of a detector, as torchvision's {@code AnchorGenerator} makes them for RetinaNet: at
 * every place of every level of the pyramid nine boxes around it, of three shapes and three sizes.
 *
 * <p>With s one of a level's sizes and r one of 0.5, 1, 2 (height to width), the box around the
 * origin is (-w, -h, w, h) / 2, w = s / sqrt(r), h = s sqrt(r), each rounded, halves to the even
 * number. Its place is the grid's index times the stride: the stride is the padded picture's size
 * over the grid's, rounded down. Order: level, row, column, shape, size.
 *
 * @param levels from the finest on
 */
public record AnchorGrid(List<Level> levels) {
  /** Boxes at a place. */
  public static final int PER_PLACE = 9;

  /** Sizes of a level. */
  public static final int SIZES = 3;

  /** By which a stride becomes the smallest size of its level. */
  private static final int SIZE_OVER_STRIDE = 4;

  /** Square root of a shape, height to width; float32, as torchvision rounds it. */
  private static final float[] ROOTS = {
    (float) Math.sqrt(0.5), 1, (float) Math.sqrt(2),
  };

  /**
   * A level.
   *
   * @param height of its maps
   * @param width of its maps
   * @param strideY rows of the picture from one place to the next
   * @param strideX columns of the picture from one place to the next
   * @param size the smallest of its sizes, in pixels; the others are 2^(1/3) and 2^(2/3) times
   *     that, rounded down
   */
  public record Level(int height, int width, int strideY, int strideX, int size) {
    /** Number of anchors. */
    public int count() {
      return height * width * PER_PLACE;
    }

    /** The sizes, in pixels. */
    public int[] sizes() {
      int[] sizes = new int[SIZES];
      for (int i = 0; i < SIZES; i++) {
        sizes[i] = (int) (size * Math.pow(2, i / (double) SIZES));
      }
      return sizes;
    }

    /** Half widths of the nine boxes, in pixels. */
    public float[] halfWidths() {
      return halves(false);
    }

    /** Half heights of the nine boxes, in pixels. */
    public float[] halfHeights() {
      return halves(true);
    }

    private float[] halves(boolean heights) {
      int[] sizes = sizes();
      float[] halves = new float[PER_PLACE];
      for (int i = 0; i < PER_PLACE; i++) {
        float factor = heights ? high(i / SIZES) : wide(i / SIZES);
        halves[i] = (float) Math.rint(factor * sizes[i % SIZES] / 2);
      }
      return halves;
    }
  }

  /** Width of a box of this shape and of size 1; the shape in the middle is a square. */
  static float wide(int shape) {
    return 1 / ROOTS[shape];
  }

  /** Height of a box of this shape and of size 1. */
  static float high(int shape) {
    return ROOTS[shape];
  }

  public AnchorGrid {
    levels = List.copyOf(levels);
  }

  /**
   * The grid of a picture.
   *
   * @param height of the picture with its padding, in pixels
   * @param width of the picture with its padding, in pixels
   * @param maps height and width of each level's maps
   * @param strides by how much each level is smaller than the picture, which decides its sizes
   */
  public static AnchorGrid of(int height, int width, List<int[]> maps, List<Integer> strides) {
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      int[] map = maps.get(i);
      levels.add(
          new Level(
              map[0], map[1], height / map[0], width / map[1], SIZE_OVER_STRIDE * strides.get(i)));
    }
    return new AnchorGrid(levels);
  }

  /** A, the number of anchors. */
  public int count() {
    return levels.stream().mapToInt(Level::count).sum();
  }

  /**
   * {@code [A, 4]}: left, top, right and bottom of each, in pixels; may lie outside the picture.
   */
  public float[] boxes() {
    float[] boxes = new float[4 * count()];
    int at = 0;
    for (Level level : levels) {
      float[] halfWidths = level.halfWidths();
      float[] halfHeights = level.halfHeights();
      for (int place = 0; place < level.height * level.width; place++) {
        float x = place % level.width * level.strideX;
        float y = place / level.width * level.strideY;
        for (int i = 0; i < PER_PLACE; i++) {
          boxes[at++] = x - halfWidths[i];
          boxes[at++] = y - halfHeights[i];
          boxes[at++] = x + halfWidths[i];
          boxes[at++] = y + halfHeights[i];
        }
      }
    }
    return boxes;
  }
}
