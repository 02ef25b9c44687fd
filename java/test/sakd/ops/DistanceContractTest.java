package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sakd.device.DType;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/**
 * Distances of features and the head-tail divergence, on every device and by finite differences.
 */
class DistanceContractTest {
  private static final float TEMPERATURE = 2.5f;

  @EachDevice
  void distance(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int[] shape : new int[][] {{1, 1, 1, 1, 1}, {1, 3, 5, 7, 3}, {1, 9, 24, 4, 32}}) {
        for (Distance kind : Distance.values()) {
          check(ops, kind, type, shape);
        }
      }
    }
  }

  private static void check(Ops ops, Distance kind, DType type, int[] shape) {
    int n = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    Draw draw = new Draw(n);
    try (Twins twins = new Twins(ops)) {
      Twin a = twins.of(type, draw.normal(n), shape);
      Twin b = twins.of(type, draw.normal(n), shape);
      Twin scale = twins.scalar(4);
      Twin losses = twins.of(DType.F32, new double[] {1, 2, 3}, 3);
      Twin grad = twins.poisoned(type, shape);
      twins.run(
          s ->
              s.ops()
                  .distance(
                      kind,
                      s.at(a),
                      s.at(b),
                      s.at(scale),
                      TEMPERATURE,
                      10,
                      s.at(losses),
                      1,
                      s.at(grad)));
      String what = kind + " of " + type + Arrays.toString(shape);
      twins.assertClose(what, losses, 1);
      twins.assertClose(what + ", grad", grad, 1);
    }
  }

  @EachDevice
  void headTailLoss(Ops ops) {
    for (int classes : new int[] {2, 10, 100}) {
      for (float head : new float[] {0.1f, 0.5f, 1}) {
        int samples = 7;
        int n = samples * classes;
        Draw draw = new Draw(classes);
        try (Twins twins = new Twins(ops)) {
          Twin z = twins.of(DType.F32, draw.normal(n, 0, 3), samples, classes);
          // Whole numbers: some are equal.
          Twin q = twins.of(DType.F32, draw.integers(n, -4, 5), samples, classes);
          Twin scale = twins.scalar(2);
          Twin losses = twins.of(DType.F32, draw.normal(2 * samples), samples, 2);
          Twin grad = twins.of(DType.F32, draw.normal(n), samples, classes);
          twins.run(
              s ->
                  s.ops()
                      .headTailLoss(
                          s.at(z),
                          s.at(q),
                          s.at(scale),
                          TEMPERATURE,
                          3,
                          head,
                          s.at(losses),
                          s.at(grad)));
          twins.assertClose("head-tail loss of " + classes, losses);
          twins.assertClose("head-tail loss of " + classes + ", grad", grad);
        }
      }
    }
  }

  /** The reference's gradient is the slope of its loss, which is weighted by 1. */
  @ParameterizedTest
  @EnumSource(Distance.class)
  void theGradientIsTheSlope(Distance kind) {
    int[] shape = {1, 2, 2, 2, 3};
    double[] a = new Draw(1).normal(24);
    double[] b = new Draw(2).normal(24);
    double step = 1e-2;
    try (Twins twins = new Twins(Devices.reference())) {
      Twin x = twins.of(DType.F32, a, shape);
      Twin y = twins.of(DType.F32, b, shape);
      Twin one = twins.scalar(1);
      Twin loss = twins.poisoned(DType.F32, 1);
      Twin grad = twins.poisoned(DType.F32, shape);
      Runnable run =
          () ->
              twins.run(
                  s ->
                      s.ops()
                          .distance(
                              kind,
                              s.at(x),
                              s.at(y),
                              s.at(one),
                              TEMPERATURE,
                              1,
                              s.at(loss),
                              0,
                              s.at(grad)));
      run.run();
      double[] slope = twins.values(grad);
      for (int i = 0; i < a.length; i++) {
        double at = a[i];
        a[i] = at + step;
        twins.set(x, a);
        run.run();
        double up = twins.values(loss)[0];
        a[i] = at - step;
        twins.set(x, a);
        run.run();
        double down = twins.values(loss)[0];
        a[i] = at;
        assertEquals((up - down) / (2 * step), slope[i], 2e-4, kind + ", element " + i);
      }
    }
  }

  /**
   * With the whole distribution as the head it is T^2 KL(teacher || student), and swapped where
   * nearly all of the gap lies in the tail.
   */
  @Test
  void theHeadIsComparedForwardAndTheTailInReverse() {
    try (Twins twins = new Twins(Devices.reference())) {
      Twin z = twins.of(DType.F32, new double[] {0, 1, 2}, 1, 3);
      Twin q = twins.of(DType.F32, new double[] {2, 0, 1}, 1, 3);
      Twin one = twins.scalar(1);
      Twin losses = twins.poisoned(DType.F32, 1, 2);
      Twin grad = twins.of(DType.F32, new double[3], 1, 3);
      twins.run(
          s ->
              s.ops().headTailLoss(s.at(z), s.at(q), s.at(one), 1, 1, 1, s.at(losses), s.at(grad)));
      double expected = ReferenceLoss.divergence(new double[] {0, 1, 2}, new double[] {2, 0, 1}, 1);
      assertEquals(expected, twins.values(losses)[1], 1e-6);
      // Teacher and student agree about the head, so all of the gap is in the tail.
      double[] student = {3, 0, -5};
      double[] teacher = {3, -5, 0};
      twins.set(z, student);
      twins.set(q, teacher);
      twins.run(
          s ->
              s.ops()
                  .headTailLoss(s.at(z), s.at(q), s.at(one), 1, 1, 0.5f, s.at(losses), s.at(grad)));
      assertEquals(ReferenceLoss.divergence(teacher, student, 1), twins.values(losses)[1], 1e-6);
    }
  }

  @EachDevice
  void lossesOfEveryStep(Ops ops) {
    int rows = 21;
    int classes = 11;
    Draw draw = new Draw(5);
    try (Twins twins = new Twins(ops)) {
      Twin logits = twins.of(DType.F32, draw.normal(rows * classes), rows, classes);
      Twin scale = twins.scalar(8);
      Twin losses = twins.of(DType.F32, draw.normal(2 * rows), rows, 2);
      Twin grad = twins.of(DType.F32, draw.normal(rows * classes), rows, classes);
      twins.run(
          s ->
              s.ops()
                  .tetRegularizer(
                      s.at(logits), s.at(scale), 0.05f, 1, 3, s.at(losses), s.at(grad)));
      twins.assertClose("TET", losses);
      twins.assertClose("TET, grad", grad);
      Twin labels = twins.of(DType.I32, draw.integers(7, -5, 1000), 1, 7);
      Twin repeated = twins.poisoned(DType.I32, 3, 7);
      Twin floats = twins.poisoned(DType.F32, 2, rows, classes);
      twins.run(s -> s.ops().repeatSteps(s.at(labels), s.at(repeated)));
      twins.run(s -> s.ops().repeatSteps(s.at(logits), s.at(floats)));
      twins.assertExact("labels of every step", repeated);
      twins.assertExact("logits of every step", floats);
    }
  }
}
