package sakd.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static sakd.testing.GoldenRows.TOLERANCE;
import static sakd.testing.GoldenRows.check;
import static sakd.testing.GoldenRows.uniform;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.device.DType;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;
import sakd.testing.GoldenRows;

/**
 * One training step of the ANN for detection against torchvision's in float64: {@code
 * golden/detection.py} tells how the files were made.
 */
class DetectionGoldenTest {
  private static final int CLASSES = 4;
  private static final int SIDE = 160;
  private static final int[][] SIZES = {{97, 131}, {151, 85}};
  private static final float HIGH = 0.5f;
  private static final float LOW = 0.4f;

  private static final float[] BOXES = {
    10.5f, 20.25f, 60, 80, 30, 5, 125.5f, 90, 70, 40, 90, 64, 1, 2, 12, 9, //
    3, 7.5f, 80, 140, 40, 60, 62, 101.25f, 0, 0, 0, 0, 0, 0, 0, 0
  };
  private static final int[] LABELS = {1, 3, 2, 2, 3, 1, 0, 0};

  @Test
  void stepEqualsTorchvisions() {
    Map<String, double[]> expected = GoldenRows.of("detection/retinanet-resnet18");
    Parameters parameters = new Parameters(0);
    try (Ops ops = Devices.reference();
        Network network =
            Networks.named("retinanet-resnet18")
                .ann()
                .build(Neuron.RELU, 1, 3, CLASSES, parameters);
        Tensor images = ops.allocate(DType.F32, 1, 2, SIDE, SIDE, 3);
        Tensor boxes = ops.allocate(DType.F32, 2, 4, 4);
        Tensor labels = ops.allocate(DType.I32, 2, 4);
        Tensor scale = ops.allocate(DType.F32, 1);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      parameters.allocate(ops);
      parameters.all().stream().filter(Parameter::trained).forEach(DetectionGoldenTest::fill);
      Transfers.setFloats(ops.device(), images, pictures());
      Transfers.setFloats(ops.device(), boxes, BOXES);
      Transfers.setInts(ops.device(), labels, LABELS);
      ops.fill(scale, 1);
      Network.Output out = network.forward(tape, tape.input(images), true);
      check("logits", expected.get("logits"), Transfers.floats(ops.device(), out.logits().value()));
      Var deltas = out.boxes().deltas();
      check("deltas", expected.get("deltas"), Transfers.floats(ops.device(), deltas.value()));
      for (int i = 0; i < out.boxes().pyramid().size(); i++) {
        Tensor level = out.boxes().pyramid().get(i).value();
        String name = "P" + (i + 3);
        check(name, expected.get(name), Transfers.floats(ops.device(), level));
      }
      float[] losses = losses(ops, tape, out, boxes, labels, scale);
      tape.backward();
      assertEquals(expected.get("loss")[0], losses[0], TOLERANCE * losses[0], "classes");
      assertEquals(expected.get("loss")[1], losses[2], TOLERANCE * losses[2], "boxes");
      for (Parameter p : parameters.all()) {
        check(p.name(), expected.get(p.name()), p.trained() ? p.read(p.gradient()) : p.get());
      }
      assertEquals(expected.size(), parameters.all().size() + 8, "parameters and buffers");
    }
  }

  private static float[] losses(
      Ops ops, Tape tape, Network.Output out, Tensor boxes, Tensor labels, Tensor scale) {
    int count = out.boxes().grid().count();
    Var deltas = out.boxes().deltas();
    try (Tensor anchors = ops.allocate(DType.F32, count, 4);
        Tensor matched = ops.allocate(DType.I32, 2, count);
        Tensor foreground = ops.allocate(DType.I32, 2);
        Tensor hits = ops.allocate(DType.I32, 2);
        Tensor losses = ops.allocate(DType.F32, 1, 4)) {
      ops.anchors(out.boxes().grid(), anchors);
      ops.matchAnchors(anchors, boxes, labels, HIGH, LOW, matched, foreground);
      Tensor byLogits = tape.gradientOf(out.logits());
      Tensor byDeltas = tape.gradientOf(deltas);
      ops.focalLoss(
          rows(out.logits().value()),
          null,
          null,
          null,
          matched,
          labels,
          foreground,
          scale,
          1,
          0,
          1,
          losses,
          0,
          hits,
          rows(byLogits));
      ops.boxLoss(
          rows(deltas.value()),
          null,
          null,
          null,
          0,
          anchors,
          matched,
          boxes,
          foreground,
          scale,
          1,
          0,
          losses,
          2,
          rows(byDeltas));
      tape.pass(out.logits(), byLogits);
      tape.pass(deltas, byDeltas);
      return Transfers.floats(ops.device(), losses);
    }
  }

  /** Without the step. */
  private static Tensor rows(Tensor t) {
    return t.reshape(t.dim(1), t.dim(2), t.dim(3));
  }

  /** Both, from [3, H, W] of the formula to [2, SIDE, SIDE, 3] between zeros. */
  private static float[] pictures() {
    float[] out = new float[2 * SIDE * SIDE * 3];
    for (int n = 0; n < 2; n++) {
      int height = SIZES[n][0];
      int width = SIZES[n][1];
      double[] u = uniform("picture" + n, 3 * height * width);
      for (int i = 0; i < u.length; i++) {
        int y = i / width % height;
        int at = ((n * SIDE + y) * SIDE + i % width) * 3 + i / width / height;
        out[at] = (float) (2 * u[i] - 1);
      }
    }
    return out;
  }

  private static void fill(Parameter p) {
    double[] u = uniform(p.name(), p.size());
    float[] out = new float[u.length];
    boolean body = p.name().contains("body");
    double bound = Math.sqrt((body ? 6.0 : 1.0) * p.shape()[0] / p.size());
    for (int i = 0; i < u.length; i++) {
      double moved = u[i] < 0.5 ? -0.5 - 2 * u[i] : 2 * u[i] - 0.5;
      out[i] =
          (float)
              (p.shape().length > 1
                  ? (2 * u[i] - 1) * bound
                  : p.name().endsWith("weight")
                      ? 0.5 * u[i] + 0.5
                      : p.name().contains("cls_logits")
                          ? -Math.log(99)
                          : p.name().contains("bbox_reg") ? 0 : moved);
    }
    p.set(out);
  }

  /** Names and shapes of torchvision's network for COCO. */
  @Test
  void namesAndShapesAreTorchvisions() {
    List<String> expected =
        GoldenRows.lines("/golden/detection/retinanet_resnet50_fpn.txt").stream().sorted().toList();
    DetectionSpec spiking = (DetectionSpec) Networks.named("retinanet-resnet50");
    assertEquals(expected, NetworksTest.tensors(spiking.ann(), Neuron.RELU, 91));
    assertEquals(expected, NetworksTest.tensors(spiking, Neuron.LIF, 91));
    assertEquals(expected, NetworksTest.tensors(spiking.withSpikingHead(false), Neuron.LIF, 91));
  }

  @ParameterizedTest
  @CsvSource({"retinanet-resnet18, 91, 21048471", "spiking-retinanet-resnet50, 4, 32263304"})
  void sizesAreTorchvisions(String name, int classes, long parameters) {
    assertEquals(parameters, NetworkSize.parameters(Networks.named(name), 3, classes));
  }
}
