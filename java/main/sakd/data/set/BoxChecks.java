package sakd.data.set;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import sakd.data.ClassNames;
import sakd.data.ObjectBox;

/**
 * Brings the boxes of an annotation into their pictures, and remembers what was wrong with them, to
 * say it once for all.
 */
final class BoxChecks {
  /** What rounding puts outside, in pixels, is not worth a word. */
  private static final double ROUNDING = 1;

  private final List<String> ofNoArea = new ArrayList<>();
  private final List<String> outside = new ArrayList<>();
  private final List<String> cut = new ArrayList<>();

  /**
   * A box as an annotation has it, in pixels of the picture.
   *
   * @param area of the object's outline, or NaN for that of the box
   */
  record Box(
      int label,
      double left,
      double top,
      double right,
      double bottom,
      double area,
      boolean crowd,
      boolean difficult) {}

  /**
   * The objects of a picture: cut to it, and without those of no area or beside it.
   *
   * @param where names the picture in notes
   */
  List<ObjectBox> within(String where, List<Box> boxes, int width, int height) {
    List<ObjectBox> objects = new ArrayList<>();
    for (Box box : boxes) {
      float left = (float) Math.max(0, box.left);
      float top = (float) Math.max(0, box.top);
      float right = (float) Math.min(width, box.right);
      float bottom = (float) Math.min(height, box.bottom);
      if (!(box.right > box.left && box.bottom > box.top)) {
        ofNoArea.add(where);
      } else if (!(right > left && bottom > top)) {
        outside.add(where);
      } else {
        if (Math.max(left - box.left, top - box.top) > ROUNDING
            || Math.max(box.right - right, box.bottom - bottom) > ROUNDING) {
          cut.add(where);
        }
        double own = ((double) right - left) * ((double) bottom - top);
        double area = Double.isNaN(box.area) ? own : box.area;
        objects.add(
            new ObjectBox(box.label, left, top, right, bottom, area, box.crowd, box.difficult));
      }
    }
    return objects;
  }

  /**
   * Says what was wrong.
   *
   * @param source named in notes
   */
  void report(Object source, Consumer<String> note) {
    say(source + ": passed over", "of no area", ofNoArea, note);
    say(source + ": passed over", "outside their pictures", outside, note);
    say(source + ": cut to their pictures", "that went beyond them", cut, note);
  }

  private static void say(String start, String what, List<String> where, Consumer<String> note) {
    if (!where.isEmpty()) {
      note.accept(
          start
              + " "
              + where.size()
              + (where.size() == 1 ? " box " : " boxes ")
              + what
              + " ("
              + ClassNames.some(where.stream().distinct().toList())
              + ")");
    }
  }
}
