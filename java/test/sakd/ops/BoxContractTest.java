package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Anchors, the objects they are given, and the losses of a detector, on every device. */
class BoxContractTest {
  private static final float HIGH = 0.5f;
  private static final float LOW = 0.4f;

  /** Pictures with their anchors, of which some have objects. */
  private record Scene(
      int pictures, int anchors, int classes, int objects, double[] boxes, double[] labels) {
    /** The first picture has no object, the second as many as there can be. */
    static Scene of(Draw draw, int pictures, int anchors, int classes, int objects) {
      double[] labels = draw.integers(pictures * objects, 0, classes);
      for (int i = 0; i < labels.length; i++) {
        int picture = i / objects;
        labels[i] = picture == 0 ? 0 : picture == 1 ? 1 + i % (classes - 1) : labels[i];
      }
      return new Scene(
          pictures, anchors, classes, objects, drawBoxes(draw, pictures * objects), labels);
    }

    int all() {
      return pictures * anchors;
    }
  }

  /** Of sides from 4 to 40 pixels; whole numbers, so that many an IoU is equal to another. */
  private static double[] drawBoxes(Draw draw, int n) {
    double[] corners = draw.integers(2 * n, -10, 60);
    double[] sizes = draw.integers(2 * n, 4, 41);
    double[] boxes = new double[4 * n];
    for (int i = 0; i < boxes.length; i++) {
      int at = i / 4 * 2 + i % 2;
      boxes[i] = i % 4 < 2 ? corners[at] : corners[at] + sizes[at];
    }
    return boxes;
  }

  private static final List<int[]> SIZES =
      List.of(
          new int[] {1, 1, 2, 1},
          new int[] {2, 1, 4, 7},
          new int[] {3, 35, 91, 7},
          new int[] {2, 333, 2, 7},
          new int[] {3, 1200, 4, 1},
          new int[] {3, 2600, 4, 30});

  private static Scene scene(int[] size) {
    return Scene.of(new Draw(size[1]), size[0], size[1], size[2], size[3]);
  }

  @EachDevice
  void anchors(Ops ops) {
    AnchorGrid grid =
        AnchorGrid.of(
            187,
            250,
            List.of(
                new int[] {24, 32},
                new int[] {12, 16},
                new int[] {6, 8},
                new int[] {3, 4},
                new int[] {1, 2}),
            List.of(8, 16, 32, 64, 128));
    try (Twins twins = new Twins(ops)) {
      Twin anchors = twins.poisoned(DType.F32, grid.count(), 4);
      twins.run(s -> s.ops().anchors(grid, s.at(anchors)));
      twins.assertExact("anchors", anchors);
      assertThrows(
          IllegalArgumentException.class,
          () -> ops.anchors(grid, twins.poisoned(DType.F32, grid.count() + 1, 4).device()));
    }
  }

  @EachDevice
  void matching(Ops ops) {
    for (int[] size : SIZES) {
      Scene scene = scene(size);
      match(ops, scene, drawBoxes(new Draw(7), scene.anchors));
      // An object that meets no anchor makes all of them its best.
      double[] far = drawBoxes(new Draw(8), scene.anchors);
      match(ops, scene, Arrays.stream(far).map(v -> v + 1000).toArray());
    }
  }

  /** Sizes of neither whole nor equal numbers: what is equal is so in all bits. */
  @EachDevice
  void matchingOfFractions(Ops ops) {
    Draw draw = new Draw(3);
    Scene scene = scene(new int[] {3, 2600, 4, 30});
    double[] boxes = scene.boxes.clone();
    double[] add = draw.uniform(boxes.length, 0, 1);
    for (int i = 0; i < boxes.length; i++) {
      boxes[i] += add[i];
    }
    Scene moved =
        new Scene(scene.pictures, scene.anchors, scene.classes, scene.objects, boxes, scene.labels);
    double[] anchors = drawBoxes(draw, scene.anchors);
    double[] more = draw.uniform(anchors.length, 0, 1);
    for (int i = 0; i < anchors.length; i++) {
      anchors[i] += more[i];
    }
    match(ops, moved, anchors);
  }

  private static void match(Ops ops, Scene scene, double[] anchorBoxes) {
    try (Twins twins = new Twins(ops)) {
      Twin anchors = twins.of(DType.F32, anchorBoxes, scene.anchors, 4);
      Twin boxes = twins.of(DType.F32, scene.boxes, scene.pictures, scene.objects, 4);
      Twin labels = twins.of(DType.I32, scene.labels, scene.pictures, scene.objects);
      double[] none = new double[scene.all()];
      Arrays.fill(none, -9);
      Twin matched = twins.of(DType.I32, none, scene.pictures, scene.anchors);
      Twin foreground = twins.poisoned(DType.I32, scene.pictures);
      twins.run(
          s ->
              s.ops()
                  .matchAnchors(
                      s.at(anchors),
                      s.at(boxes),
                      s.at(labels),
                      HIGH,
                      LOW,
                      s.at(matched),
                      s.at(foreground)));
      twins.assertExact("matched", matched);
      twins.assertExact("foreground", foreground);
      assertThrows(
          IllegalArgumentException.class,
          () ->
              ops.matchAnchors(
                  boxes.device(),
                  boxes.device(),
                  anchors.device(),
                  HIGH,
                  LOW,
                  matched.device(),
                  foreground.device()));
    }
  }

  /** What a scene's losses need, with the matches of the reference. */
  private static final class Setting implements AutoCloseable {
    final Scene scene;
    final Twins twins;
    final Twin anchors;
    final Twin boxes;
    final Twin labels;
    final Twin matched;
    final Twin foreground;
    final Twin confidence;
    final Twin sums;
    final Twin lossScale;
    final Twin losses;
    final float threshold;

    /** Confidences of which about one in four is at least the threshold. */
    Setting(Ops ops, Scene scene, boolean certain) {
      this.scene = scene;
      this.twins = new Twins(ops);
      double[] boxes = drawBoxes(new Draw(7), scene.anchors);
      anchors = twins.of(DType.F32, boxes, scene.anchors, 4);
      this.boxes = twins.of(DType.F32, scene.boxes, scene.pictures, scene.objects, 4);
      labels = twins.of(DType.I32, scene.labels, scene.pictures, scene.objects);
      ReferenceMatching matching = new ReferenceMatching(HIGH, LOW);
      double[] all = new double[scene.all()];
      double[] found = new double[scene.pictures];
      int m = scene.objects;
      for (int n = 0; n < scene.pictures; n++) {
        double[] own = Arrays.copyOfRange(scene.boxes, 4 * n * m, 4 * (n + 1) * m);
        int[] y = Arrays.stream(scene.labels, n * m, (n + 1) * m).mapToInt(v -> (int) v).toArray();
        int[] one = matching.match(Draw.floats(boxes), Draw.floats(own), y);
        for (int a = 0; a < one.length; a++) {
          all[n * scene.anchors + a] = one[a];
          found[n] += one[a] >= 0 ? 1 : 0;
        }
      }
      matched = twins.of(DType.I32, all, scene.pictures, scene.anchors);
      foreground = twins.of(DType.I32, found, scene.pictures);
      threshold = 0.3f;
      double[] c = new Draw(9).uniform(scene.all(), 0, certain ? 0.4 : 0);
      double[] sum = new double[2];
      for (double value : c) {
        sum[0] += (float) value;
        sum[1] += (float) value < threshold ? 0 : (float) value;
      }
      confidence = twins.of(DType.F32, c, scene.pictures, scene.anchors);
      sums = twins.of(DType.F32, sum, 2);
      lossScale = twins.scalar(0.5);
      losses = twins.of(DType.F32, new double[] {7, 7, 7, 7}, 4);
    }

    @Override
    public void close() {
      twins.close();
    }
  }

  @EachDevice
  void focalLoss(Ops ops) {
    for (int[] size : SIZES) {
      focal(ops, size, 1, 0, 1, 3, true);
      focal(ops, size, 0.7f, 10, 2, 3, true);
      focal(ops, size, 0, 1, 4, 3, true);
      focal(ops, size, 1, 1, 1, 40, true);
      focal(ops, size, 1, 1, 1, 3, false);
    }
  }

  private static void focal(
      Ops ops,
      int[] size,
      float weight,
      float kdWeight,
      float temperature,
      double spread,
      boolean certain) {
    Scene scene = scene(size);
    Draw draw = new Draw(5);
    int n = scene.all() * scene.classes;
    int[] shape = {1, scene.pictures, scene.anchors, scene.classes};
    try (Setting on = new Setting(ops, scene, certain)) {
      boolean distil = kdWeight != 0;
      Twin z = on.twins.of(DType.F32, draw.normal(n, -2, spread), shape);
      Twin q = distil ? on.twins.of(DType.F32, draw.normal(n, -1, spread), shape) : null;
      Twin hits = on.twins.poisoned(DType.I32, 2);
      Twin grad = on.twins.poisoned(DType.F32, shape);
      on.twins.run(
          s ->
              s.ops()
                  .focalLoss(
                      s.at(z),
                      s.at(q),
                      distil ? s.at(on.confidence) : null,
                      distil ? s.at(on.sums) : null,
                      s.at(on.matched),
                      s.at(on.labels),
                      s.at(on.foreground),
                      s.at(on.lossScale),
                      weight,
                      kdWeight,
                      temperature,
                      s.at(on.losses),
                      1,
                      s.at(hits),
                      s.at(grad)));
      String what = "focal loss of " + Arrays.toString(size) + ", spread " + spread;
      on.twins.assertClose(what, on.losses);
      on.twins.assertExact(what + ", hits", hits);
      on.twins.assertClose(what + ", grad", grad);
      assertThrows(
          IllegalArgumentException.class,
          () ->
              ops.focalLoss(
                  z.device(),
                  null,
                  null,
                  null,
                  on.matched.device(),
                  on.labels.device(),
                  on.foreground.device(),
                  on.lossScale.device(),
                  1,
                  0,
                  1,
                  on.losses.device(),
                  3,
                  hits.device(),
                  grad.device()),
          "there is no fifth loss");
    }
  }

  @EachDevice
  void boxLoss(Ops ops) {
    for (int[] size : SIZES) {
      boxes(ops, size, 1, 0, true, false);
      boxes(ops, size, 0.7f, 10, true, false);
      boxes(ops, size, 0, 1, true, false);
      boxes(ops, size, 1, 1, false, false);
      boxes(ops, size, 1, 1, true, true);
    }
  }

  private static void boxes(
      Ops ops, int[] size, float weight, float kdWeight, boolean certain, boolean broken) {
    Scene scene = scene(size);
    Draw draw = new Draw(6);
    int n = scene.all() * 4;
    int[] shape = {1, scene.pictures, scene.anchors, 4};
    try (Setting on = new Setting(ops, scene, certain)) {
      boolean distil = kdWeight != 0;
      double[] d = draw.normal(n);
      double[] teacher = draw.normal(n);
      // Equal in every bit: the gradient there is 0.
      teacher[0] = d[0];
      teacher[n - 1] = d[n - 1];
      if (broken) {
        // With an object or without: a NaN shows where the anchor counts, and nowhere else.
        d[1] = Double.NaN;
        d[n / 2] = Double.NaN;
      }
      Twin deltas = on.twins.of(DType.F32, d, shape);
      Twin e = distil ? on.twins.of(DType.F32, teacher, shape) : null;
      Twin grad = on.twins.poisoned(DType.F32, shape);
      on.twins.run(
          s ->
              s.ops()
                  .boxLoss(
                      s.at(deltas),
                      s.at(e),
                      distil ? s.at(on.confidence) : null,
                      distil ? s.at(on.sums) : null,
                      on.threshold,
                      s.at(on.anchors),
                      s.at(on.matched),
                      s.at(on.boxes),
                      s.at(on.foreground),
                      s.at(on.lossScale),
                      weight,
                      kdWeight,
                      s.at(on.losses),
                      2,
                      s.at(grad)));
      String what = "box loss of " + Arrays.toString(size) + (broken ? " with NaN" : "");
      on.twins.assertClose(what, on.losses);
      on.twins.assertClose(what + ", grad", grad);
      assertThrows(
          IllegalArgumentException.class,
          () ->
              ops.boxLoss(
                  deltas.device(),
                  null,
                  null,
                  null,
                  on.threshold,
                  on.anchors.device(),
                  on.matched.device(),
                  on.boxes.device(),
                  on.foreground.device(),
                  on.lossScale.device(),
                  1,
                  1,
                  on.losses.device(),
                  2,
                  grad.device()),
          "a teacher is wanted");
    }
  }

  @EachDevice
  void confidence(Ops ops) {
    for (int[] size : SIZES) {
      for (double spread : new double[] {2, 40}) {
        Scene scene = scene(size);
        int[] shape = {1, scene.pictures, scene.anchors, scene.classes};
        double[] logits = new Draw(1).normal(scene.all() * scene.classes, -3, spread);
        check(ops, scene, logits, shape);
      }
    }
  }

  private static void check(Ops ops, Scene scene, double[] logits, int... shape) {
    try (Twins twins = new Twins(ops)) {
      Twin z = twins.of(DType.F32, logits, shape);
      Twin confidence = twins.poisoned(DType.F32, scene.pictures, scene.anchors);
      Twin sums = twins.poisoned(DType.F32, 2);
      twins.run(s -> s.ops().confidence(s.at(z), 0.3f, s.at(confidence), s.at(sums)));
      twins.assertClose("confidence", confidence);
      twins.assertClose("sums", sums);
    }
  }

  /** A NaN shows in whatever it takes part in, and is no hit; logits of 100 break nothing. */
  @EachDevice
  void brokenAndLarge(Ops ops) {
    Scene scene = scene(new int[] {2, 333, 2, 7});
    int[] shape = {1, scene.pictures, scene.anchors, scene.classes};
    for (double value : new double[] {Double.NaN, 100, -100}) {
      for (boolean last : new boolean[] {false, true}) {
        double[] z = new Draw(2).normal(scene.all() * scene.classes);
        z[last ? z.length - 1 : 20] = value;
        check(ops, scene, z, shape);
        try (Setting on = new Setting(ops, scene, true)) {
          Twin logits = on.twins.of(DType.F32, z, shape);
          Twin teacher = on.twins.of(DType.F32, new Draw(3).normal(z.length, 0, 60), shape);
          Twin hits = on.twins.poisoned(DType.I32, 2);
          Twin grad = on.twins.poisoned(DType.F32, shape);
          on.twins.run(
              s ->
                  s.ops()
                      .focalLoss(
                          s.at(logits),
                          s.at(teacher),
                          s.at(on.confidence),
                          s.at(on.sums),
                          s.at(on.matched),
                          s.at(on.labels),
                          s.at(on.foreground),
                          s.at(on.lossScale),
                          1,
                          1,
                          2,
                          s.at(on.losses),
                          0,
                          s.at(hits),
                          s.at(grad)));
          on.twins.assertClose("losses", on.losses);
          on.twins.assertExact("hits", hits);
          on.twins.assertClose("grad", grad);
        }
      }
    }
  }
}
