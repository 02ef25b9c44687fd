package sakd.infer;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.data.ObjectBox;
import sakd.infer.CocoMatching.Size;

/**
 * COCO's figures of boxes, as pycocotools computes them in float64. For every class, size and least
 * IoU the detections of all pictures are gone through from the best score down; after each,
 *
 * <pre>
 *   precision = right / all of them          recall = right / objects
 *   AP = mean over r = 0, 0.01 .. 1 of the best precision at a recall of at least r
 *   AR = the recall after the last
 * </pre>
 *
 * and a figure is the mean over classes and least IoUs. A class without objects that count has
 * none.
 */
public final class CocoScores {
  private static final int RECALLS = 101;

  /** Python's {@code numpy.spacing(1)}, which keeps it from dividing by 0. */
  private static final double TINY = Math.ulp(1.0);

  /** What the figures are of. */
  public enum Figure {
    AP("AP    IoU 0.50:0.95, 100 a class", true, -1, Size.ALL, 100),
    AP50("AP50  IoU 0.50", true, .5, Size.ALL, 100),
    AP75("AP75  IoU 0.75", true, .75, Size.ALL, 100),
    AP_SMALL("APs   IoU 0.50:0.95, below 32 x 32 pixels", true, -1, Size.SMALL, 100),
    AP_MEDIUM("APm   IoU 0.50:0.95, between", true, -1, Size.MEDIUM, 100),
    AP_LARGE("APl   IoU 0.50:0.95, above 96 x 96 pixels", true, -1, Size.LARGE, 100),
    AR1("AR1   IoU 0.50:0.95, 1 a class", false, -1, Size.ALL, 1),
    AR10("AR10  IoU 0.50:0.95, 10 a class", false, -1, Size.ALL, 10),
    AR100("AR100 IoU 0.50:0.95, 100 a class", false, -1, Size.ALL, 100),
    AR_SMALL("ARs   IoU 0.50:0.95, below 32 x 32 pixels", false, -1, Size.SMALL, 100),
    AR_MEDIUM("ARm   IoU 0.50:0.95, between", false, -1, Size.MEDIUM, 100),
    AR_LARGE("ARl   IoU 0.50:0.95, above 96 x 96 pixels", false, -1, Size.LARGE, 100);

    private final String label;
    private final boolean precision;
    private final double leastIou;
    private final Size size;
    private final int most;

    /**
     * @param label as people call it, and what it is of
     * @param precision whether of precision, else of recall
     * @param leastIou -1 for all from .5 to .95
     * @param most detections of a class in a picture
     */
    Figure(String label, boolean precision, double leastIou, Size size, int most) {
      this.label = label;
      this.precision = precision;
      this.leastIou = leastIou;
      this.size = size;
      this.most = most;
    }

    /** As people call it, and what it is of. */
    public String label() {
      return label;
    }
  }

  /** What is kept of a class: every picture in which it is, or was found. */
  private final List<Map<Size, List<CocoMatching>>> byClass = new ArrayList<>();

  /**
   * Figures that have seen no picture.
   *
   * @param classes K, with the background
   */
  public CocoScores(int classes) {
    for (int k = 0; k < classes; k++) {
      Map<Size, List<CocoMatching>> pictures = new EnumMap<>(Size.class);
      for (Size size : Size.values()) {
        pictures.put(size, new ArrayList<>());
      }
      byClass.add(pictures);
    }
  }

  /** Adds a picture. */
  public void add(List<ObjectBox> objects, List<Detection> detections) {
    List<Detection> ranked = Ranking.of(detections, Detection::score);
    for (int k = 1; k < byClass.size(); k++) {
      int label = k;
      List<ObjectBox> those = objects.stream().filter(o -> o.label() == label).toList();
      List<Detection> found =
          ranked.stream().filter(d -> d.label() == label).limit(CocoMatching.MOST).toList();
      if (!those.isEmpty() || !found.isEmpty()) {
        byClass
            .get(k)
            .forEach((size, pictures) -> pictures.add(CocoMatching.of(those, found, size)));
      }
    }
  }

  /** All figures in their order, each in [0, 1], or -1 if there is nothing it could be of. */
  public Map<Figure, Double> figures() {
    Map<Figure, Double> figures = new LinkedHashMap<>();
    Map<Seen, List<Curves>> known = new HashMap<>();
    for (Figure f : Figure.values()) {
      figures.put(
          f,
          mean(
              known.computeIfAbsent(new Seen(f.size, f.most), this::curves),
              f.precision,
              f.leastIou));
    }
    return figures;
  }

  /** AP at a least IoU of .5 of a class, in [0, 1], or -1 if no object of it counts. */
  public double ap50(int label) {
    Curves curves = curves(byClass.get(label).get(Size.ALL), CocoMatching.MOST);
    return curves == null ? -1 : curves.precision[0];
  }

  /**
   * What a class comes to at each least IoU.
   *
   * @param precision AP
   * @param recall AR
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Curves(double[] precision, double[] recall) {}

  /** Which objects, and how many detections of a class in a picture. */
  private record Seen(Size size, int most) {}

  private List<Curves> curves(Seen seen) {
    List<Curves> curves = new ArrayList<>();
    for (Map<Size, List<CocoMatching>> pictures : byClass) {
      Curves of = curves(pictures.get(seen.size), seen.most);
      if (of != null) {
        curves.add(of);
      }
    }
    return curves;
  }

  private static double mean(List<Curves> classes, boolean precision, double leastIou) {
    double sum = 0;
    int count = 0;
    for (int t = 0; t < CocoMatching.COUNT; t++) {
      if (leastIou < 0 || t == CocoMatching.threshold(leastIou)) {
        for (Curves c : classes) {
          sum += precision ? c.precision[t] : c.recall[t];
          count++;
        }
      }
    }
    return count == 0 ? -1 : sum / count;
  }

  /** Of a class; null if no object counts. */
  private static Curves curves(List<CocoMatching> pictures, int most) {
    int objects = pictures.stream().mapToInt(CocoMatching::counting).sum();
    if (objects == 0) {
      return null;
    }
    int count = pictures.stream().mapToInt(p -> Math.min(most, p.scores().length)).sum();
    float[] scores = new float[count];
    short[] taken = new short[count];
    short[] ignored = new short[count];
    int at = 0;
    for (CocoMatching p : pictures) {
      int n = Math.min(most, p.scores().length);
      System.arraycopy(p.scores(), 0, scores, at, n);
      System.arraycopy(p.taken(), 0, taken, at, n);
      System.arraycopy(p.ignored(), 0, ignored, at, n);
      at += n;
    }
    int[] order = Ranking.of(scores);
    Curves curves = new Curves(new double[CocoMatching.COUNT], new double[CocoMatching.COUNT]);
    for (int t = 0; t < CocoMatching.COUNT; t++) {
      double right = 0;
      double wrong = 0;
      double[] recall = new double[count];
      double[] precision = new double[count];
      for (int i = 0; i < count; i++) {
        if ((ignored[order[i]] >> t & 1) == 0) {
          boolean takes = (taken[order[i]] >> t & 1) != 0;
          right += takes ? 1 : 0;
          wrong += takes ? 0 : 1;
        }
        recall[i] = right / objects;
        precision[i] = right / (wrong + right + TINY);
      }
      curves.recall[t] = right / objects;
      curves.precision[t] = averagePrecision(recall, precision);
    }
    return curves;
  }

  private static double averagePrecision(double[] recall, double[] precision) {
    for (int i = precision.length - 1; i > 0; i--) {
      precision[i - 1] = Math.max(precision[i - 1], precision[i]);
    }
    double sum = 0;
    int at = 0;
    for (int r = 0; r < RECALLS; r++) {
      double least = r == RECALLS - 1 ? 1 : r * (1.0 / (RECALLS - 1));
      while (at < recall.length && recall[at] < least) {
        at++;
      }
      sum += at < recall.length ? precision[at] : 0;
    }
    return sum / RECALLS;
  }
}
