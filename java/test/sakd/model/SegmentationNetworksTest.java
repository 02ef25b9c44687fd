package sakd.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.device.IdleDevice;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.EachDevice;

/** Networks for segmentation: sizes, strides, heads of both natures, and steps on every device. */
class SegmentationNetworksTest {
  private static final int CLASSES = 3;
  private static final int HEIGHT = 13;
  private static final int WIDTH = 9;
  private static final int SAMPLES = 2;

  private static SegmentationSpec named(String name) {
    return (SegmentationSpec) Networks.named(name);
  }

  /** Height of the stages' maps for pictures of 64 pixels. */
  @ParameterizedTest
  @CsvSource({
    "spiking-fcn-resnet18, 32, 16 8 4 2",
    "spiking-fcn-resnet18, 16, 16 8 4 4",
    "spiking-fcn-resnet18, 8, 16 8 8 8",
    "sew-deeplabv3-resnet50, 16, 16 8 4 4",
    "fcn-resnet50, 8, 16 8 8 8",
    "spiking-fcn-resnet20, 8, 64 32 16",
    "spiking-deeplabv3-resnet19, 32, 64 32 16"
  })
  void stagesHaveTheStridesAskedFor(String name, int outputStride, String heights) {
    Parameters parameters = new Parameters(0);
    NetworkSpec spec = named(name).withOutputStride(outputStride);
    try (Ops ops = new KernelOps(new IdleDevice());
        Network network = spec.build(Neuron.LIF, 2, 3, CLASSES, parameters);
        Tensor images = ops.allocate(DType.F32, 1, 1, 64, 64, 3);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32)) {
      parameters.reserve(ops);
      Network.Output out = network.forward(tape, tape.input(images), true);
      List<String> actual =
          out.stages().stream().map(s -> Integer.toString(s.value().dim(2))).toList();
      assertEquals(heights, String.join(" ", actual));
      assertArrayEquals(new int[] {1, 1, 64, 64, CLASSES}, out.logits().value().shape());
      assertNull(out.auxiliary(), "a head that only training needs");
    }
  }

  /** By hand: the head of an FCN of 64 channels at a quarter of 32x32 pixels. */
  @Test
  void anAnnAsHeadTakesNoSpikes() {
    SegmentationSpec spec = named("spiking-fcn-resnet8");
    NetworkSize spiking = NetworkSize.of(spec, 3, 32, 32, CLASSES, 4);
    NetworkSize ann = NetworkSize.of(spec.withSpikingHead(false), 3, 32, 32, CLASSES, 4);
    NetworkSize classifier = NetworkSize.of(Networks.named("spiking-resnet8"), 3, 32, 32, 10, 4);
    long head = 8L * 8 * (9 * 64 * 16 + 16 * CLASSES);
    assertEquals(classifier.macs() - 64 * 10 + head, spiking.macs());
    assertEquals(spiking.macs(), ann.macs());
    assertEquals(classifier.synapticOperations() + 4 * head, spiking.synapticOperations());
    assertEquals(classifier.synapticOperations(), ann.synapticOperations());
  }

  @Test
  void theDescriptionGoesThroughAFile() {
    SegmentationSpec spec =
        named("sew-deeplabv3-resnet18")
            .withOutputStride(16)
            .withAuxiliary(false)
            .withSpikingHead(false);
    Map<String, String> metadata = new LinkedHashMap<>();
    ModelFile file = new ModelFile(spec, Neuron.LIF, 4, 3, CLASSES);
    file.describe(metadata);
    assertEquals(file, ModelFile.of(metadata, "net.safetensors", Own.NONE));
    metadata.put("sakd.output_stride", "12");
    UserError e =
        assertThrows(UserError.class, () -> ModelFile.of(metadata, "net.safetensors", Own.NONE));
    assertTrue(e.getMessage().contains("expected 8, 16 or 32"), e.getMessage());
  }

  @Test
  void shortcutsThatSkipPixelsCannotBeDilated() {
    SegmentationSpec spec = named("spiking-fcn-resnet20").withStem(NetworkSpec.Stem.IMAGENET);
    UserError e = assertThrows(UserError.class, () -> spec.requireImages(64, 64));
    assertTrue(e.getMessage().contains("--shortcut b"), e.getMessage());
    spec.withOutputStride(16).requireImages(64, 64);
  }

  /** A body with a dilated stage, and a head. */
  private static SegmentationSpec tiny(String head) {
    ResNetSpec body =
        new ResNetSpec(
            "tiny",
            head.contains("sew") ? Neuron.Residual.ADD : Neuron.Residual.INPUT,
            false,
            List.of(1, 1, 1),
            List.of(4, 4, 8),
            4,
            NetworkSpec.Stem.IMAGENET,
            ResNetSpec.Shortcut.B,
            0);
    SegmentationSpec.Kind kind =
        head.contains("fcn") ? SegmentationSpec.Kind.FCN : SegmentationSpec.Kind.DEEPLABV3;
    return new SegmentationSpec("tiny", kind, body, 8, true, !head.contains("ann"));
  }

  /** What a training step gives: losses, and the gradient of every parameter. */
  private static Map<String, float[]> step(Ops ops, SegmentationSpec spec, int steps, DType type) {
    Map<String, float[]> results = new LinkedHashMap<>();
    Parameters parameters = new Parameters(5);
    try (Network network = spec.build(Neuron.LIF, steps, 3, CLASSES, parameters);
        Tensor plain = ops.allocate(DType.F32, 1, SAMPLES, HEIGHT, WIDTH, 3);
        Tensor images = ops.allocate(type, 1, SAMPLES, HEIGHT, WIDTH, 3);
        Tensor labels = ops.allocate(DType.U8, SAMPLES, HEIGHT, WIDTH);
        Tensor scale = ops.allocate(DType.F32, 1);
        Tensor draw = ops.allocate(DType.I32, 2);
        Tensor places = ops.allocate(DType.I32, SAMPLES);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, type)) {
      parameters.allocate(ops);
      // Batch norms that make neurons fire.
      for (Parameter p : parameters.all()) {
        if (p.name().endsWith("bias") && !p.name().endsWith(".4.bias")) {
          float[] some = new float[p.size()];
          Arrays.fill(some, 0.5f);
          p.set(some);
        }
      }
      Draw random = new Draw(3);
      Transfers.setFloats(ops.device(), plain, Draw.floats(random.normal((int) plain.size())));
      ops.convert(plain, images);
      byte[] classes = new byte[(int) labels.size()];
      for (int i = 0; i < classes.length; i++) {
        classes[i] = (byte) (i % 7 == 0 ? Targets.IGNORED : i / 5 % CLASSES);
      }
      Transfers.setBytes(ops.device(), labels, classes);
      Transfers.setInts(ops.device(), draw, 17, 4);
      Transfers.setInts(ops.device(), places, 0, 1);
      ops.fill(scale, 1);
      tape.draw(draw, places);
      Network.Output out = network.forward(tape, tape.input(images), false);
      assertNotNull(out.auxiliary());
      for (Var logits : List.of(out.logits(), out.auxiliary())) {
        assertEquals(DType.F32, logits.value().type());
        try (Tensor losses = ops.allocate(DType.F32, 1, 2);
            Tensor hits = ops.allocate(DType.I32, 2)) {
          Tensor grad = tape.gradientOf(logits);
          ops.pixelLoss(logits.value(), null, labels, null, scale, 1, 0, 1, 0, losses, hits, grad);
          tape.pass(logits, grad);
          results.put("loss " + results.size(), Transfers.floats(ops.device(), losses));
        }
      }
      tape.backward();
      for (Parameter p : parameters.all()) {
        if (p.trained()) {
          results.put(p.name(), p.read(p.gradient()));
        }
      }
    }
    return results;
  }

  /** Dropout is drawn alike everywhere, so that it takes part. */
  @EachDevice
  void aStepIsTheSameOnEveryDevice(Ops ops) {
    for (String head : List.of("fcn", "deeplab sew", "deeplab ann")) {
      for (int steps : new int[] {1, 4}) {
        Map<String, float[]> expected;
        try (Ops reference = Devices.reference()) {
          expected = step(reference, tiny(head), steps, DType.F32);
        }
        Map<String, float[]> actual = step(ops, tiny(head), steps, DType.F32);
        assertEquals(expected.keySet(), actual.keySet());
        double stem = 0;
        for (String name : expected.keySet()) {
          assertClose(head + ", T = " + steps + ", " + name, expected.get(name), actual.get(name));
          stem += name.equals("backbone.conv1.weight") ? norm(expected.get(name)) : 0;
        }
        assertTrue(stem > 1e-4, "a gradient that does not reach the stem proves nothing: " + stem);
      }
    }
  }

  @EachDevice
  void sixteenBitsStayFinite(Ops ops) {
    for (DType type : List.of(DType.F16, DType.BF16)) {
      if (ops.device().supports(type)) {
        for (String head : List.of("fcn ann", "deeplab")) {
          step(ops, tiny(head), 2, type)
              .forEach(
                  (name, values) -> {
                    for (float v : values) {
                      assertTrue(Float.isFinite(v), type + ", " + name);
                    }
                  });
        }
      }
    }
  }

  private static double norm(float[] values) {
    double squares = 0;
    for (float v : values) {
      squares += (double) v * v;
    }
    return Math.sqrt(squares);
  }

  private static void assertClose(String what, float[] expected, float[] actual) {
    float[] difference = new float[expected.length];
    for (int i = 0; i < expected.length; i++) {
      difference[i] = actual[i] - expected[i];
    }
    double bound = 1e-4 * norm(expected) + 1e-6;
    assertTrue(norm(difference) <= bound, what + ": " + norm(difference) + " above " + bound);
  }
}
