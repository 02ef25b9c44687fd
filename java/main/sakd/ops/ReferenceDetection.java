package sakd.ops;

/**
 * The losses of {@code kernels/boxes.cu} in double arithmetic, over N pictures of A anchors.
 *
 * @param matched [N A] as {@link BoxOps#matchAnchors} makes them
 * @param foreground [N]: anchors with an object
 */
record ReferenceDetection(int[] matched, int[] foreground) {
  private static final double ALPHA = 0.25;

  /**
   * What a teacher says.
   *
   * @param out [N A, C] its output
   * @param share [N A]: how much an anchor counts; adds up to 1, or is 0 everywhere
   */
  record Teacher(double[] out, double[] share) {
    /** Of confidences of at least {@code threshold}, whose sum is {@code sum}. */
    static Teacher of(double[] out, double[] confidence, double threshold, double sum) {
      double[] share = new double[confidence.length];
      for (int i = 0; i < share.length; i++) {
        share[i] = sum == 0 || confidence[i] < threshold ? 0 : confidence[i] / sum;
      }
      return new Teacher(out, share);
    }
  }

  /** What is added to a loss for a number, and its derivative by the number. */
  private record Term(double loss, double slope) {
    static final Term NONE = new Term(0, 0);

    Term times(double share) {
      return share == 0 ? NONE : new Term(share * loss, share * slope);
    }
  }

  /** Two losses, and the gradient of their weighted sum. */
  record Result(double hard, double soft, double[] gradient) {}

  private interface Terms {
    Term of(int anchor, int channel);
  }

  private Result sum(int channels, double weight, double kdWeight, Terms hard, Terms soft) {
    double[] losses = new double[2];
    double[] gradient = new double[matched.length * channels];
    for (int i = 0; i < gradient.length; i++) {
      Term a = hard.of(i / channels, i % channels);
      Term b = soft.of(i / channels, i % channels);
      losses[0] += a.loss;
      losses[1] += b.loss;
      gradient[i] = weight * a.slope + kdWeight * b.slope;
    }
    return new Result(losses[0], losses[1], gradient);
  }

  private int picture(int anchor) {
    return anchor / (matched.length / foreground.length);
  }

  /** Of an anchor in the mean over pictures. */
  private double share(int anchor) {
    return 1.0 / Math.max(1, foreground[picture(anchor)]) / foreground.length;
  }

  private int object(int anchor, int objects) {
    return picture(anchor) * objects + matched[anchor];
  }

  /**
   * Focal loss of z [N A, K], and the teacher's divergence.
   *
   * @param labels [N M]
   * @param teacher null for none
   */
  Result focal(
      double[] z,
      int[] labels,
      Teacher teacher,
      double weight,
      double kdWeight,
      double temperature) {
    int classes = z.length / matched.length;
    int objects = labels.length / foreground.length;
    return sum(
        classes,
        weight,
        kdWeight,
        (i, k) -> {
          boolean is = matched[i] >= 0 && labels[object(i, objects)] == k;
          return matched[i] == ReferenceMatching.NEITHER
              ? Term.NONE
              : focal(z[i * classes + k], is).times(share(i));
        },
        (i, k) ->
            teacher == null
                ? Term.NONE
                : divergence(z[i * classes + k], teacher.out[i * classes + k], temperature)
                    .times(teacher.share[i]));
  }

  /** With s the logit of the answer being wrong: alpha sigmoid(s)^2 softplus(s). */
  private static Term focal(double z, boolean is) {
    double s = is ? -z : z;
    double alpha = is ? ALPHA : 1 - ALPHA;
    double wrong = sigmoid(s);
    double loss = alpha * wrong * wrong * softplus(s);
    double slope = alpha * wrong * wrong * (2 * sigmoid(-s) * softplus(s) + wrong);
    return new Term(loss, is ? -slope : slope);
  }

  private static Term divergence(double z, double q, double temperature) {
    double v = z / temperature;
    double u = q / temperature;
    double a = sigmoid(u);
    double kl = a * (softplus(-v) - softplus(-u)) + sigmoid(-u) * (softplus(v) - softplus(u));
    return new Term(temperature * temperature * kl, temperature * (sigmoid(v) - a));
  }

  static double sigmoid(double z) {
    double e = Math.exp(-Math.abs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
  }

  private static double softplus(double z) {
    return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  }

  /** Anchors whose object's class has the largest of z [N A, K], of equals the first. */
  int hits(double[] z, int[] labels) {
    int classes = z.length / matched.length;
    int objects = labels.length / foreground.length;
    int hits = 0;
    for (int i = 0; i < matched.length; i++) {
      int best = 0;
      boolean broken = false;
      for (int k = 0; k < classes; k++) {
        best = z[i * classes + k] > z[i * classes + best] ? k : best;
        broken |= Double.isNaN(z[i * classes + k]);
      }
      hits += matched[i] >= 0 && !broken && labels[object(i, objects)] == best ? 1 : 0;
    }
    return hits;
  }

  /**
   * L1 of the deltas d [N A, 4] from those of the objects' boxes, and from the teacher's.
   *
   * @param anchors [A, 4]
   * @param boxes [N M, 4]
   * @param teacher null for none
   */
  Result boxes(
      double[] d,
      double[] anchors,
      double[] boxes,
      Teacher teacher,
      double weight,
      double kdWeight) {
    int objects = boxes.length / 4 / foreground.length;
    int count = anchors.length / 4;
    return sum(
        4,
        weight,
        kdWeight,
        (i, k) ->
            matched[i] < 0
                ? Term.NONE
                : distance(d[4 * i + k] - delta(anchors, i % count, boxes, object(i, objects), k))
                    .times(share(i)),
        (i, k) ->
            teacher == null
                ? Term.NONE
                : distance(d[4 * i + k] - teacher.out[4 * i + k]).times(teacher.share[i]));
  }

  private static Term distance(double x) {
    return new Term(Math.abs(x), Math.signum(x));
  }

  /** What the deltas of anchor a have to be for the box b: of the centre, then of the size. */
  static double delta(double[] anchors, int a, double[] boxes, int b, int k) {
    int axis = k % 2;
    double anchor = anchors[4 * a + axis + 2] - anchors[4 * a + axis];
    double size = boxes[4 * b + axis + 2] - boxes[4 * b + axis];
    double centre = anchors[4 * a + axis] + anchor / 2;
    return k < 2 ? (boxes[4 * b + axis] + size / 2 - centre) / anchor : Math.log(size / anchor);
  }
}
