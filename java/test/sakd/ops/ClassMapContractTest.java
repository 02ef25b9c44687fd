package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.testing.Devices;
import sakd.testing.Differences;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** The divergence of maps of classes, on every device, against PyTorch and by differences. */
class ClassMapContractTest {
  /** T', N, H, W, C of the student, C' of the teacher, classes. */
  private record Case(int steps, int samples, int height, int width, int c, int d, int classes) {
    int[] student() {
      return new int[] {steps, samples, height, width, c};
    }

    int[] teacher() {
      return new int[] {1, samples, height, width, d};
    }

    int studentSize() {
      return steps * samples * height * width * c;
    }

    int teacherSize() {
      return samples * height * width * d;
    }
  }

  @EachDevice
  void mapLoss(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      check(ops, type, new Case(1, 1, 1, 1, 1, 1, 1), false);
      check(ops, type, new Case(4, 3, 7, 7, 33, 5, 1000), false);
      check(ops, type, new Case(4, 5, 8, 8, 64, 48, 10), true);
      check(ops, type, new Case(32, 2, 3, 1, 6, 16, 3), true);
    }
  }

  private static void check(Ops ops, DType type, Case size, boolean mixed) {
    Draw draw = new Draw(size.c);
    try (Twins twins = new Twins(ops)) {
      Twin student = twins.of(type, draw.spikes(size.studentSize()), size.student());
      double[] relu =
          Arrays.stream(draw.normal(size.teacherSize())).map(v -> Math.max(0, v)).toArray();
      Twin teacher = twins.of(type, relu, size.teacher());
      Twin weight = twins.of(DType.F32, draw.normal(size.classes * size.d), size.classes, size.d);
      double[] classes = draw.integers(size.samples, 0, size.classes);
      Twin labels = twins.of(DType.I32, classes, size.samples);
      Twin mix = mixed ? twins.of(DType.F32, new double[] {0.3, 0, 0, 0, 0, 0}, 6) : null;
      Twin scale = twins.scalar(64);
      Twin losses = twins.poisoned(DType.F32, size.samples);
      Twin grad = twins.poisoned(type, size.student());
      twins.run(
          s ->
              s.ops()
                  .mapLoss(
                      s.at(student),
                      s.at(teacher),
                      s.at(weight),
                      s.at(labels),
                      s.at(mix),
                      s.at(scale),
                      2,
                      s.at(losses),
                      s.at(grad)));
      twins.assertClose(type + " of " + size, losses);
      twins.assertClose(type + " of " + size + ", grad", grad);
      double sum = Arrays.stream(twins.values(losses)).sum();
      assertEquals(size.height * size.width > 1, sum > 0, size + ": losses of " + sum);
    }
  }

  /** A network whose numbers have broken is to be seen in the loss. */
  @EachDevice
  void aNanShows(Ops ops) {
    try (Twins twins = new Twins(ops)) {
      double[] spikes = new Draw(1).spikes(2 * 4 * 3);
      spikes[13] = Double.NaN;
      Twin student = twins.of(DType.F32, spikes, 1, 2, 2, 2, 3);
      Twin teacher = twins.of(DType.F32, new Draw(2).normal(2 * 4), 1, 2, 2, 2, 1);
      Twin weight = twins.of(DType.F32, new double[] {1, 2}, 2, 1);
      Twin labels = twins.of(DType.I32, new double[] {1, 0}, 2);
      Twin one = twins.scalar(1);
      Twin losses = twins.poisoned(DType.F32, 2);
      Twin grad = twins.of(DType.F32, new double[24], 1, 2, 2, 2, 3);
      twins.run(
          s ->
              s.ops()
                  .mapLoss(
                      s.at(student),
                      s.at(teacher),
                      s.at(weight),
                      s.at(labels),
                      null,
                      s.at(one),
                      1,
                      s.at(losses),
                      s.at(grad)));
      twins.assertClose("losses", losses);
      twins.assertClose("grad", grad);
      assertTrue(Double.isNaN(twins.values(losses)[1]), "NaN in the second sample");
      assertTrue(Double.isFinite(twins.values(losses)[0]), "none in the first");
    }
  }

  private static double[] wave(int n, double slope, double start) {
    return IntStream.range(0, n).mapToDouble(i -> Math.sin(slope * i + start)).toArray();
  }

  /** Losses and gradients of a lone step and channel, by PyTorch's autograd in double precision. */
  @Test
  void valuesOfPyTorch() {
    golden(
        1,
        new double[] {0.9733149179775072, 0.6293412998890702, 1.457905820391897},
        new double[] {
          0.06833931702673057, 0.08873520596122983, -0.27320451471753704, 0.1573792072936431,
          -0.0690896775025179, 0.02784046193845225, 0.097072656520553, -0.19428240727541624,
          -0.00891409310541362, 0.12765609195605804, -0.17907188653160983, 0.15753963843582874,
          0.07234696672622654, -0.12441806821982707, 0.04075241633745116, -0.061484292368796496,
          -0.07434815275997766, 0.14715113028492474
        });
    golden(
        0.75,
        new double[] {1.0231465050136728, 0.6293412998890702, 1.4361882517750952},
        new double[] {
          0.08544903596844503, 0.07506835176012788, -0.25674101294241697, 0.161216070878757,
          -0.09418525874189773, 0.02919281307698562, 0.097072656520553, -0.19428240727541624,
          -0.00891409310541362, 0.12765609195605804, -0.17907188653160983, 0.15753963843582874,
          0.04701732454655, -0.11326442028048703, 0.03977986325279252, 0.0038003446541918623,
          -0.14539876897655404, 0.16806565680350788
        });
  }

  private static void golden(double share, double[] losses, double[] ofPlaces) {
    int[] shape = {2, 3, 2, 3, 4};
    try (Twins twins = new Twins(Devices.reference())) {
      double[] spikes = Arrays.stream(wave(144, 1.7, 0.3)).map(v -> v > 0 ? 1 : 0).toArray();
      double[] relu = Arrays.stream(wave(90, 0.9, 1.1)).map(v -> Math.max(0, v)).toArray();
      Twin student = twins.of(DType.F32, spikes, shape);
      Twin teacher = twins.of(DType.F32, relu, 1, 3, 2, 3, 5);
      Twin weight = twins.of(DType.F32, wave(20, 2.3, 0.7), 4, 5);
      Twin labels = twins.of(DType.I32, new double[] {2, 0, 3}, 3);
      Twin mix = twins.of(DType.F32, new double[] {share, 0, 0, 0, 0, 0}, 6);
      Twin one = twins.scalar(1);
      Twin actual = twins.poisoned(DType.F32, 3);
      Twin grad = twins.poisoned(DType.F32, shape);
      twins.run(
          s ->
              s.ops()
                  .mapLoss(
                      s.at(student),
                      s.at(teacher),
                      s.at(weight),
                      s.at(labels),
                      share < 1 ? s.at(mix) : null,
                      s.at(one),
                      1,
                      s.at(actual),
                      s.at(grad)));
      assertArrayEquals(losses, twins.values(actual), 1e-6);
      double[] g = twins.values(grad);
      for (int i = 0; i < g.length; i++) {
        assertEquals(ofPlaces[i / 4 % ofPlaces.length], g[i], 1e-6, "element " + i);
      }
    }
  }

  @Test
  void theGradientIsTheSlope() {
    for (int places : new int[] {1, 2, 49}) {
      double[] student = new Draw(places).normal(places, 5, 3);
      double[] teacher = new Draw(places + 1).normal(places, 0, 20);
      Differences.check(
          "maps of " + places + " places",
          student,
          new double[] {1},
          a -> new double[] {ReferenceClassMap.divergence(a, teacher)},
          ReferenceClassMap.gradient(student, teacher));
    }
  }

  /** Neither how many steps and channels there are nor how often neurons spike makes a map. */
  @Test
  void aMapIsWhereSpikesAreNotHowMany() {
    double[] map = new Draw(3).normal(16, 0, 40);
    double[] other = new Draw(4).normal(16, 0, 40);
    double[] more = Arrays.stream(map).map(v -> 3 * v + 100).toArray();
    assertEquals(
        ReferenceClassMap.divergence(map, other), ReferenceClassMap.divergence(more, other), 1e-4);
    assertEquals(0, ReferenceClassMap.divergence(more, map), 1e-6);
    double[] silent = new double[16];
    assertTrue(ReferenceClassMap.divergence(silent, other) > 0.1, "silence is no map");
    for (double g : ReferenceClassMap.gradient(silent, other)) {
      // 2 |q - p| / sqrt(E) at the most
      assertTrue(Math.abs(g) <= 20, "gradient of " + g);
    }
  }
}
