package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.function.Consumer;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;

/** The operations of dense prediction as a step records them, where the device can record. */
class CapturedDenseTest {
  private static final int CLASSES = 5;
  private static final int PIXELS = 2 * 9 * 11;

  private final Draw draw = new Draw(1);

  /** Each launch reads what was uploaded last: other labels, other masks. */
  @EachDevice
  void launchesDoWhatTheStepDoes(Ops ops) {
    try (Tensor x = ops.allocate(DType.F32, 2, 3, 4, CLASSES);
        Tensor dropped = ops.allocate(DType.F32, 2, 3, 4, CLASSES);
        Tensor logits = ops.allocate(DType.F32, 2, 9, 11, CLASSES);
        Tensor labels = ops.allocate(DType.U8, 2, 9, 11);
        Tensor numbers = ops.allocate(DType.I32, 2);
        Tensor places = ops.allocate(DType.I32, 3);
        Tensor one = ops.allocate(DType.F32, 1);
        Tensor losses = ops.allocate(DType.F32, 1, 2);
        Tensor hits = ops.allocate(DType.I32, 2);
        Tensor grad = ops.allocate(DType.F32, 2, 9, 11, CLASSES);
        Tensor gradX = ops.allocate(DType.F32, 2, 3, 4, CLASSES);
        Tensor counts = ops.allocate(DType.I32, CLASSES, CLASSES);
        Tensor tally = ops.allocate(DType.F32, new TallyLayout(2).size())) {
      Runnable step =
          () -> {
            ops.dropout(x, 0.5f, numbers, places, 1, dropped);
            ops.resize(Resize.BILINEAR, dropped, logits);
            ops.pixelLoss(logits, logits, labels, null, one, 1, 1, 2, 0, losses, hits, grad);
            ops.resizeBackward(Resize.BILINEAR, grad, gradX, false);
            ops.dropout(gradX, 0.5f, numbers, places, 1, dropped);
            ops.device().zero(counts.memory());
            ops.confusion(logits, labels, counts);
            ops.device().zero(tally.memory());
            ops.tallyStep(losses, 2, null, hits, tally);
          };
      Twins.set(ops, one, new double[] {1});
      Twins.set(ops, places, new double[] {0, 1, 2});
      Twins.set(ops, x, draw.normal(2 * 3 * 4 * CLASSES));
      Consumer<double[]> load =
          words -> {
            Twins.set(ops, numbers, words);
            double[] y = new double[PIXELS];
            for (int i = 0; i < PIXELS; i++) {
              y[i] = i % 7 == 0 ? Targets.IGNORED : (i * (int) words[0]) % CLASSES;
            }
            Twins.set(ops, labels, y);
          };
      load.accept(new double[] {1, 2});
      step.run();
      try (var graph = ops.capture(step).orElse(null)) {
        for (int batch = 1; graph != null && batch <= 2; batch++) {
          load.accept(new double[] {batch, 10});
          step.run();
          double[] gradient = Twins.values(ops, dropped);
          double[] confused = Twins.values(ops, counts);
          double[] sums = Twins.values(ops, tally);
          Twins.set(ops, dropped, new double[gradient.length]);
          graph.launch();
          assertArrayEquals(gradient, Twins.values(ops, dropped));
          assertArrayEquals(confused, Twins.values(ops, counts));
          assertArrayEquals(sums, Twins.values(ops, tally));
          int counted = PIXELS - (PIXELS + 6) / 7;
          assertEquals(counted, Arrays.stream(confused).sum());
        }
      }
    }
  }
}
