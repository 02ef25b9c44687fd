package sakd.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import sakd.data.Placement;
import sakd.ops.AnchorGrid;

/**
 * What a detector's numbers say is in a picture, as {@code postprocess_detections} of torchvision's
 * RetinaNet has it: of each level the {@value #CANDIDATES} best scores above {@value #LEAST_SCORE};
 * their boxes, cut at the picture's edges; of each class those that overlap a better one by at most
 * {@value #MOST_OVERLAP} of their union; of these the {@value #MOST} best. All in float32. What it
 * takes for the background, class 0, is left out at the end: that is no object.
 *
 * <p>A box comes from its anchor of middle (x, y), width w and height h and its deltas:
 *
 * <pre>
 *   x' = dx w + x          y' = dy h + y
 *   w' = exp(dw) w         h' = exp(dh) h       dw, dh at most ln(1000 / 16)
 * </pre>
 */
public final class Detections {
  /** The score of what is not worth telling. */
  public static final float LEAST_SCORE = 0.05f;

  private static final int CANDIDATES = 1000;
  private static final float MOST_OVERLAP = 0.5f;

  /** Objects of a picture. */
  public static final int MOST = 300;

  /** Keeps an exponent of noise from infinity. */
  private static final float MOST_GROWTH = (float) Math.log(1000 / 16.0);

  /** Below every logit whose score counts: ln(0.05 / 0.95) is -2.944. */
  private static final float LEAST_LOGIT = -2.95f;

  /** Of candidates that are held until the best of them are sorted out. */
  private static final int ROOM = 1 << 14;

  private Detections() {}

  /**
   * The objects of a picture, the surest first, in pixels of the picture itself.
   *
   * @param logits {@code [N, A, K]} of a batch
   * @param deltas {@code [N, A, 4]}: dx, dy, dw, dh
   * @param sample which of the N pictures
   * @param grid the A anchors
   * @param classes K
   * @param placement how the picture lies in the batch: whole and not mirrored
   */
  public static List<Detection> of(
      float[] logits,
      float[] deltas,
      int sample,
      AnchorGrid grid,
      int classes,
      Placement placement) {
    float[] anchors = grid.boxes();
    int count = anchors.length / 4;
    int first = sample * count;
    List<Candidate> found = new ArrayList<>();
    int at = 0;
    for (AnchorGrid.Level level : grid.levels()) {
      int from = (first + at) * classes;
      for (long key : best(logits, from, level.count() * classes)) {
        int index = Ranking.index(key);
        int anchor = at + index / classes;
        float[] box = decoded(anchors, anchor, deltas, first + anchor);
        cut(box, placement);
        found.add(new Candidate(index % classes, Ranking.score(key), box));
      }
      at += level.count();
    }
    float[] boxes = new float[4 * found.size()];
    float[] scores = new float[found.size()];
    int[] labels = new int[found.size()];
    for (int i = 0; i < scores.length; i++) {
      Candidate c = found.get(i);
      System.arraycopy(c.box, 0, boxes, 4 * i, 4);
      scores[i] = c.score;
      labels[i] = c.label;
    }
    float x = (float) placement.width() / placement.outWidth();
    float y = (float) placement.height() / placement.outHeight();
    return Arrays.stream(Suppression.kept(boxes, scores, labels, MOST_OVERLAP))
        .limit(MOST)
        .mapToObj(found::get)
        .filter(c -> c.label > 0)
        .map(
            c ->
                new Detection(
                    c.label, c.score, c.box[0] * x, c.box[1] * y, c.box[2] * x, c.box[3] * y))
        .toList();
  }

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Candidate(int label, float score, float[] box) {}

  /**
   * The best scores among some logits, of equal ones those that come first: as keys of their {@link
   * Ranking} with indices from {@code from} on.
   */
  private static long[] best(float[] logits, int from, int count) {
    long[] keys = new long[ROOM];
    int held = 0;
    for (int i = 0; i < count; i++) {
      float logit = logits[from + i];
      if (logit < LEAST_LOGIT) {
        continue;
      }
      float score = sigmoid(logit);
      if (score > LEAST_SCORE) {
        if (held == ROOM) {
          Arrays.sort(keys);
          held = CANDIDATES;
        }
        keys[held++] = Ranking.key(score, i);
      }
    }
    Arrays.sort(keys, 0, held);
    return Arrays.copyOf(keys, Math.min(held, CANDIDATES));
  }

  private static float sigmoid(float logit) {
    return (float) (1 / (1 + Math.exp(-logit)));
  }

  /** The box that deltas make of an anchor. */
  static float[] decoded(float[] anchors, int anchor, float[] deltas, int delta) {
    int a = 4 * anchor;
    int d = 4 * delta;
    float width = anchors[a + 2] - anchors[a];
    float height = anchors[a + 3] - anchors[a + 1];
    float x = deltas[d] * width + (anchors[a] + 0.5f * width);
    float y = deltas[d + 1] * height + (anchors[a + 1] + 0.5f * height);
    float halfWidth = 0.5f * (exp(deltas[d + 2]) * width);
    float halfHeight = 0.5f * (exp(deltas[d + 3]) * height);
    return new float[] {x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight};
  }

  private static float exp(float growth) {
    return (float) Math.exp(Math.min(growth, MOST_GROWTH));
  }

  private static void cut(float[] box, Placement placement) {
    for (int i = 0; i < 4; i++) {
      int limit = i % 2 == 0 ? placement.outWidth() : placement.outHeight();
      box[i] = Math.max(0, Math.min(limit, box[i]));
    }
  }
}
