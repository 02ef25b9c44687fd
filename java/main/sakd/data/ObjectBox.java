package sakd.data;

/**
 * An object in a picture.
 *
 * @param label class number, from 1: class 0 is the background
 * @param left the left edge in pixels of the picture as it is stored, 0 at the picture's own
 * @param top the upper edge
 * @param right more than left
 * @param bottom more than top
 * @param area in square pixels, by which COCO tells small, medium and large objects apart: of the
 *     object's outline where that is known, else of the box
 * @param crowd whether it is a group of objects: not learnt, and what is found within is neither
 *     right nor wrong
 * @param difficult whether VOC says so: not learnt, and to find it is neither right nor wrong
 */
public record ObjectBox(
    int label,
    float left,
    float top,
    float right,
    float bottom,
    double area,
    boolean crowd,
    boolean difficult) {
  public ObjectBox {
    if (!(right > left && bottom > top) || label < 1) {
      throw new IllegalArgumentException("a box of no area or of the background");
    }
  }

  /** Whether training learns it. */
  public boolean learnt() {
    return !crowd && !difficult;
  }

  /** The same object as one of another class. */
  public ObjectBox withLabel(int other) {
    return new ObjectBox(other, left, top, right, bottom, area, crowd, difficult);
  }
}
