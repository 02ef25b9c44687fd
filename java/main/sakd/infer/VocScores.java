package sakd.infer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import sakd.data.ObjectBox;

/**
 * VOC's average precision of boxes, as its devkit computes it from 2010 on: the area under the
 * curve of the best precision at each recall or more. From the best score down, a detection is
 * right if its IoU with the object it overlaps most, of its class, is at least 0.5 and no other was
 * right about that; if the object is difficult, or a crowd, it counts neither way.
 */
public final class VocScores {
  private static final double LEAST_IOU = 0.5;

  private final List<List<Verdict>> byClass = new ArrayList<>();
  private final int[] objects;

  /** A detection that counts. */
  private record Verdict(float score, boolean right) {}

  /**
   * Figures that have seen no picture.
   *
   * @param classes K, with the background
   */
  public VocScores(int classes) {
    objects = new int[classes];
    for (int k = 0; k < classes; k++) {
      byClass.add(new ArrayList<>());
    }
  }

  /** Adds a picture. */
  public void add(List<ObjectBox> truth, List<Detection> detections) {
    truth.stream().filter(ObjectBox::learnt).forEach(o -> objects[o.label()]++);
    Set<ObjectBox> found = new HashSet<>();
    for (Detection d : Ranking.of(detections, Detection::score)) {
      ObjectBox nearest = null;
      double best = -1;
      for (ObjectBox o : truth) {
        double iou = o.label() == d.label() ? Overlap.iou(d, o, false) : -1;
        if (iou > best) {
          best = iou;
          nearest = o;
        }
      }
      if (best < LEAST_IOU) {
        byClass.get(d.label()).add(new Verdict(d.score(), false));
      } else if (nearest.learnt()) {
        byClass.get(d.label()).add(new Verdict(d.score(), found.add(nearest)));
      }
    }
  }

  /** AP of a class, in [0, 1], or -1 if no object of it counts. */
  public double ap(int label) {
    if (objects[label] == 0) {
      return -1;
    }
    List<Verdict> verdicts = Ranking.of(byClass.get(label), Verdict::score);
    double[] precision = new double[verdicts.size()];
    int right = 0;
    for (int i = 0; i < precision.length; i++) {
      right += verdicts.get(i).right ? 1 : 0;
      precision[i] = (double) right / (i + 1);
    }
    double area = 0;
    double best = 0;
    for (int i = precision.length - 1; i >= 0; i--) {
      best = Math.max(best, precision[i]);
      area += verdicts.get(i).right ? best / objects[label] : 0;
    }
    return area;
  }

  /** Mean of AP over the classes of which an object counts; -1 if there is none. */
  public double mean() {
    double sum = 0;
    int count = 0;
    for (int k = 1; k < objects.length; k++) {
      double ap = ap(k);
      sum += ap < 0 ? 0 : ap;
      count += ap < 0 ? 0 : 1;
    }
    return count == 0 ? -1 : sum / count;
  }
}
