package sakd.infer;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import sakd.data.ObjectBox;

/**
 * Which detections of a class in a picture are of an object, at every least IoU, as pycocotools'
 * {@code COCOeval.evaluateImg} decides it. From the best score down, a detection takes the object
 * not taken yet whose IoU with it is largest and large enough. Objects that do not count, because
 * they are crowds, difficult or of another size, are taken only by those that can take no other;
 * crowds and difficult ones any number of times. What takes one of these does not count either, nor
 * what takes none and is of another size.
 *
 * <p>The IoU with a crowd is the share of the detection that lies within.
 *
 * @param scores of the detections, from the best on
 * @param taken of each detection, bit t: whether it takes an object at threshold t
 * @param ignored of each detection, bit t: whether it does not count at threshold t
 * @param counting objects that count
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record CocoMatching(float[] scores, short[] taken, short[] ignored, int counting) {
  /** Detections of a class in a picture, the best of which are seen. */
  static final int MOST = 100;

  /** Least IoU, as numpy's {@code linspace(.5, .95, 10)} has it. */
  private static final double[] THRESHOLDS =
      IntStream.range(0, 10).mapToDouble(t -> t == 9 ? .95 : .5 + t * ((.95 - .5) / 9)).toArray();

  /** How many least IoUs there are, from .5 to .95. */
  static final int COUNT = THRESHOLDS.length;

  /** The number of a least IoU. */
  static int threshold(double leastIou) {
    return IntStream.range(0, COUNT)
        .filter(t -> Math.abs(THRESHOLDS[t] - leastIou) < 1e-9)
        .findFirst()
        .orElseThrow();
  }

  /** Sizes of objects, by their area in square pixels. */
  enum Size {
    ALL(0, 1e10),
    SMALL(0, 32 * 32),
    MEDIUM(32 * 32, 96 * 96),
    LARGE(96 * 96, 1e10);

    private final double least;
    private final double most;

    Size(double least, double most) {
      this.least = least;
      this.most = most;
    }

    private boolean has(double area) {
      return area >= least && area <= most;
    }
  }

  /**
   * Matches objects and detections of one class in one picture.
   *
   * @param detections in the order of their scores, at most {@link #MOST}
   */
  static CocoMatching of(List<ObjectBox> objects, List<Detection> detections, Size size) {
    List<ObjectBox> ordered =
        Stream.concat(
                objects.stream().filter(o -> counts(o, size)),
                objects.stream().filter(o -> !counts(o, size)))
            .toList();
    int counting = (int) objects.stream().filter(o -> counts(o, size)).count();
    float[] scores = new float[detections.size()];
    short[] taken = new short[scores.length];
    short[] ignored = new short[scores.length];
    double[][] ious = new double[scores.length][ordered.size()];
    for (int d = 0; d < scores.length; d++) {
      scores[d] = detections.get(d).score();
      for (int o = 0; o < ordered.size(); o++) {
        ious[d][o] = Overlap.iou(detections.get(d), ordered.get(o), ordered.get(o).crowd());
      }
    }
    for (int t = 0; t < COUNT; t++) {
      boolean[] gone = new boolean[ordered.size()];
      for (int d = 0; d < scores.length; d++) {
        int best = best(ious[d], THRESHOLDS[t], ordered, gone, counting);
        boolean outside = !size.has(Overlap.area(detections.get(d)));
        if (best >= 0) {
          gone[best] = true;
          taken[d] |= (short) (1 << t);
        }
        if (best < 0 ? outside : best >= counting) {
          ignored[d] |= (short) (1 << t);
        }
      }
    }
    return new CocoMatching(scores, taken, ignored, counting);
  }

  private static boolean counts(ObjectBox object, Size size) {
    return object.learnt() && size.has(object.area());
  }

  /** The object that a detection takes; -1 if there is none. */
  private static int best(
      double[] ious, double least, List<ObjectBox> objects, boolean[] gone, int counting) {
    double iou = least;
    int best = -1;
    for (int o = 0; o < ious.length; o++) {
      if (o == counting && best >= 0) {
        break;
      }
      // Of equal ones the last, as there.
      if (ious[o] >= iou && !(gone[o] && objects.get(o).learnt())) {
        iou = ious[o];
        best = o;
      }
    }
    return best;
  }
}
