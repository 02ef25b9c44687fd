package sakd.infer;

import sakd.data.ObjectBox;

/** Areas of boxes and of what they share, in float64 as pycocotools computes them. */
final class Overlap {
  private Overlap() {}

  /** Of a box in square pixels. */
  static double area(Detection d) {
    return area(d.left(), d.top(), d.right(), d.bottom());
  }

  private static double area(double left, double top, double right, double bottom) {
    return (right - left) * (bottom - top);
  }

  /**
   * Intersection over union, in [0, 1].
   *
   * @param ofDetection whether over the detection alone, as COCO has it for crowds
   */
  static double iou(Detection d, ObjectBox o, boolean ofDetection) {
    double width = Math.min((double) d.right(), o.right()) - Math.max((double) d.left(), o.left());
    double height = Math.min((double) d.bottom(), o.bottom()) - Math.max((double) d.top(), o.top());
    if (width <= 0 || height <= 0) {
      return 0;
    }
    double both = width * height;
    double mine = area(d);
    double union = mine + area(o.left(), o.top(), o.right(), o.bottom()) - both;
    return both / (ofDetection ? mine : union);
  }
}
