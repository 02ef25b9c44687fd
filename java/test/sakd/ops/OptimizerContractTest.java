package sakd.ops;

import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Optimizers, on every device; learning rates so large that every term of a step shows. */
class OptimizerContractTest {
  private static final int[] SIZES = {1, 7, 64, 1000, 40_001};

  private static Twin floats(Twins twins, double[] values) {
    return twins.of(DType.F32, values, values.length);
  }

  @EachDevice
  void sgd(Ops ops) {
    for (int n : SIZES) {
      for (boolean nesterov : new boolean[] {false, true}) {
        Draw draw = new Draw(n);
        try (Twins twins = new Twins(ops)) {
          Twin w = floats(twins, draw.normal(n));
          Twin grad = floats(twins, draw.normal(n));
          Twin m = floats(twins, draw.normal(n));
          Twin schedule = floats(twins, new double[] {0.5, 0.7, 1, 1});
          twins.run(
              s ->
                  s.ops().sgd(s.at(w), s.at(grad), s.at(m), s.at(schedule), 0.9f, 0.25f, nesterov));
          twins.assertClose("sgd w", w);
          twins.assertClose("sgd momentum", m);
          twins.assertExact("sgd grad", grad);
        }
      }
    }
  }

  @EachDevice
  void adamw(Ops ops) {
    for (int n : SIZES) {
      Draw draw = new Draw(n);
      try (Twins twins = new Twins(ops)) {
        Twin w = floats(twins, draw.normal(n));
        Twin grad = floats(twins, draw.normal(n));
        Twin m = floats(twins, draw.normal(n));
        Twin v = floats(twins, draw.uniform(n, 0, 2));
        Twin schedule = floats(twins, new double[] {0.5, 0.7, 0.271, 0.002997});
        twins.run(
            s ->
                s.ops()
                    .adamw(
                        s.at(w),
                        s.at(grad),
                        s.at(m),
                        s.at(v),
                        s.at(schedule),
                        0.9f,
                        0.999f,
                        0.01f,
                        0.25f));
        twins.assertClose("adamw w", w);
        twins.assertClose("adamw m", m);
        twins.assertClose("adamw v", v);
      }
    }
  }

  @EachDevice
  void ema(Ops ops) {
    for (int n : SIZES) {
      Draw draw = new Draw(n);
      try (Twins twins = new Twins(ops)) {
        Twin w = floats(twins, draw.normal(n));
        Twin average = floats(twins, draw.normal(n));
        twins.run(s -> s.ops().ema(s.at(w), s.at(average), 0.75f));
        twins.assertClose("ema", average);
      }
    }
  }

  @EachDevice
  void sumSquares(Ops ops) {
    for (int n : SIZES) {
      try (Twins twins = new Twins(ops)) {
        Twin x = floats(twins, new Draw(n).normal(n));
        Twin out = twins.poisoned(DType.F32, 1);
        twins.run(s -> s.ops().sumSquares(s.at(x), s.at(out)));
        twins.assertClose("sum of " + n + " squares", out);
      }
    }
  }

  @EachDevice
  void clipFactor(Ops ops) {
    for (float maxNorm : new float[] {0.5f, 5}) {
      try (Twins twins = new Twins(ops)) {
        Twin squares = twins.scalar(9);
        Twin schedule = floats(twins, new double[] {0.1, 0.5, 0.3, 0.4});
        twins.run(s -> s.ops().clipFactor(s.at(squares), s.at(schedule), maxNorm));
        twins.assertRowsClose("schedule", schedule, 4);
      }
    }
  }
}
