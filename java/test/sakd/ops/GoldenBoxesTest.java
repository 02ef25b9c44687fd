package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import sakd.device.DType;
import sakd.testing.EachDevice;
import sakd.testing.Golden;
import sakd.testing.Twins;

/**
 * Anchors, matches and losses against torchvision's RetinaNet: {@code golden/boxes.py} tells how.
 */
class GoldenBoxesTest {
  private static final Golden GOLDEN = Golden.open("boxes.safetensors");
  private static final AnchorGrid GRID =
      AnchorGrid.of(
          128,
          160,
          List.of(new int[] {4, 5}, new int[] {2, 3}, new int[] {1, 2}),
          List.of(8, 16, 32));
  private static final int PICTURES = 3;
  private static final int CLASSES = 5;
  private static final int OBJECTS = 6;
  private static final float THRESHOLD = 0.7f;
  private static final float TEMPERATURE = 2;
  private static final float WEIGHT = 0.5f;
  private static final float KD_WEIGHT = 3;

  /** The tensors of a test by name, filled with the golden values of that name if there are any. */
  private static final class Tensors implements AutoCloseable {
    private final Ops ops;
    private final Map<String, Tensor> tensors = new TreeMap<>();

    Tensors(Ops ops) {
      this.ops = ops;
    }

    Tensor golden(String name, DType type, int... shape) {
      Tensor tensor = empty(name, type, shape);
      Twins.set(ops, tensor, GOLDEN.values(name));
      return tensor;
    }

    Tensor empty(String name, DType type, int... shape) {
      Tensor tensor = ops.allocate(type, shape);
      tensors.put(name, tensor);
      return tensor;
    }

    /** Fails unless the tensor has the golden values of its name but for a share of the largest. */
    void check(String name, double tolerance) {
      double[] expected = GOLDEN.values(name);
      double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
      double[] actual = Twins.values(ops, tensors.get(name));
      assertArrayEquals(expected, actual, tolerance * largest, name);
    }

    @Override
    public void close() {
      tensors.values().forEach(Tensor::close);
    }
  }

  @EachDevice
  void anchorsAndMatches(Ops ops) {
    try (Tensors t = new Tensors(ops)) {
      Tensor anchors = t.empty("anchors", DType.F32, GRID.count(), 4);
      ops.anchors(GRID, anchors);
      t.check("anchors", 0);
      Tensor matched = t.empty("matched", DType.I32, PICTURES, GRID.count());
      Tensor foreground = t.empty("foreground", DType.I32, PICTURES);
      ops.matchAnchors(
          anchors,
          t.golden("boxes", DType.F32, PICTURES, OBJECTS, 4),
          t.golden("labels", DType.I32, PICTURES, OBJECTS),
          0.5f,
          0.4f,
          matched,
          foreground);
      t.check("matched", 0);
      double[] found = new double[PICTURES];
      double[] all = GOLDEN.values("matched");
      for (int i = 0; i < all.length; i++) {
        found[i / GRID.count()] += all[i] >= 0 ? 1 : 0;
      }
      assertArrayEquals(found, Twins.values(ops, foreground));
      assertEquals(3, Stream.of(-2.0, -1.0, 0.0).filter(v -> contains(all, v)).count());
    }
  }

  private static boolean contains(double[] values, double value) {
    return Arrays.stream(values).anyMatch(v -> v == value);
  }

  @EachDevice
  void losses(Ops ops) {
    int count = GRID.count();
    try (Tensors t = new Tensors(ops)) {
      Tensor teacher = t.golden("teacher_logits", DType.F32, PICTURES, count, CLASSES);
      Tensor confidence = t.empty("confidence", DType.F32, PICTURES, count);
      Tensor sums = t.empty("sums", DType.F32, 2);
      ops.confidence(teacher, THRESHOLD, confidence, sums);
      t.check("confidence", 1e-6);
      t.check("sums", 1e-6);

      Tensor anchors = t.golden("anchors", DType.F32, count, 4);
      Tensor boxes = t.golden("boxes", DType.F32, PICTURES, OBJECTS, 4);
      Tensor labels = t.golden("labels", DType.I32, PICTURES, OBJECTS);
      Tensor matched = t.empty("matched", DType.I32, PICTURES, count);
      Tensor foreground = t.empty("foreground", DType.I32, PICTURES);
      ops.matchAnchors(anchors, boxes, labels, 0.5f, 0.4f, matched, foreground);

      Tensor one = t.empty("one", DType.F32, 1);
      Twins.set(ops, one, new double[] {1});
      Tensor losses = t.empty("losses", DType.F32, 4);
      ops.focalLoss(
          t.golden("logits", DType.F32, PICTURES, count, CLASSES),
          teacher,
          confidence,
          sums,
          matched,
          labels,
          foreground,
          one,
          WEIGHT,
          KD_WEIGHT,
          TEMPERATURE,
          losses,
          0,
          t.empty("hits", DType.I32, 2),
          t.empty("grad_logits", DType.F32, PICTURES, count, CLASSES));
      ops.boxLoss(
          t.golden("deltas", DType.F32, PICTURES, count, 4),
          t.golden("teacher_deltas", DType.F32, PICTURES, count, 4),
          confidence,
          sums,
          THRESHOLD,
          anchors,
          matched,
          boxes,
          foreground,
          one,
          WEIGHT,
          KD_WEIGHT,
          losses,
          2,
          t.empty("grad_deltas", DType.F32, PICTURES, count, 4));
      t.check("losses", 1e-6);
      t.check("grad_logits", 1e-6);
      t.check("grad_deltas", 1e-6);
    }
  }
}
