package sakd.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.device.DType;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.TinyDetector;
import sakd.testing.Twins;

/**
 * A checkpointed pass through networks of every family gives the very gradients and statistics of
 * an ordinary one, with less memory.
 */
class CheckpointTest {
  private static final int CLASSES = 3;
  private static final int SIDE = 16;
  private static final int N = 2;
  private static final int STEPS = 4;

  private static final Neuron PLIF =
      new Neuron(Neuron.Kind.PLIF, 2, 1, 0, false, false, Neuron.Surrogate.TRIANGLE, 1);

  private static ResNetSpec residual(
      Neuron.Residual merge, boolean bottleneck, NetworkSpec.Stem stem, int width) {
    return new ResNetSpec(
        "tiny",
        merge,
        bottleneck,
        List.of(2, 1),
        List.of(width, 2 * width),
        width,
        stem,
        ResNetSpec.Shortcut.B,
        0);
  }

  private static ResNetSpec cifar(Neuron.Residual merge, int width) {
    return residual(merge, false, NetworkSpec.Stem.CIFAR, width);
  }

  /** Everything that a pass leaves behind, and the most memory that it took. */
  private record Pass(Map<String, float[]> results, long peak) {}

  private static Pass pass(
      Ops ops, NetworkSpec spec, Neuron neuron, DType type, Tape.Mode mode, boolean stages) {
    Parameters parameters = new Parameters(5);
    try (Network network = spec.build(neuron, STEPS, 2, CLASSES, parameters);
        Tensor images = ops.allocate(type, 1, N, SIDE, SIDE, 2);
        Tensor draw = ops.allocate(DType.I32, 2);
        Tensor places = ops.allocate(DType.I32, N)) {
      parameters.allocate(ops);
      ops.device().zero(parameters.gradients().memory());
      Twins.set(ops, images, new Draw(1).normal((int) images.size(), 0.5, 1));
      Twins.set(ops, draw, new double[] {12, 34});
      Twins.set(ops, places, new double[] {0, 1});
      long before = tensors(ops);
      ops.resetPeak();
      Map<String, float[]> results = new LinkedHashMap<>();
      try (Tape tape = new Tape(ops, mode, type)) {
        tape.draw(draw, places);
        tape.roundWeights(parameters);
        Network.Output out = network.forward(tape, tape.input(images), stages);
        List<Var> ends = new ArrayList<>(List.of(out.logits()));
        if (out.auxiliary() != null) {
          ends.add(out.auxiliary());
        }
        if (out.boxes() != null) {
          ends.add(out.boxes().deltas());
        }
        ends.addAll(out.stages());
        for (Var end : ends) {
          results.put("output " + results.size(), floats(ops, end.value()));
          Tensor g = tape.gradientOf(end);
          Twins.set(ops, g, new Draw(2).normal((int) g.size()));
          tape.pass(end, g);
        }
        tape.backward();
      }
      long peak = ops.memoryReport().peak() - ops.device().ownBytes() - before;
      long left = tensors(ops);
      for (Parameter p : parameters.all()) {
        results.put(p.name(), p.get());
        if (p.trained()) {
          results.put("gradient of " + p.name(), p.read(p.gradient()));
        }
      }
      // What roundWeights keeps for the gradients of convolutions is the parameters'.
      assertTrue(
          left - before <= parameters.gradients().size() * type.size + 512, "memory is left");
      return new Pass(results, peak);
    }
  }

  private static long tensors(Ops ops) {
    return ops.memoryReport().current() - ops.device().ownBytes();
  }

  private static float[] floats(Ops ops, Tensor t) {
    double[] values = Twins.values(ops, t);
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** The storage type that the device lists last, of 16 bits where it has one. */
  private static DType last(Ops ops) {
    List<DType> all = Twins.storage(ops);
    return all.get(all.size() - 1);
  }

  private static List<DType> narrow(Ops ops) {
    return List.of(last(ops));
  }

  private static void check(
      Ops ops, NetworkSpec spec, Neuron neuron, double share, List<DType> types) {
    check(ops, spec, neuron, share, types, false);
  }

  /**
   * Compares the two passes.
   *
   * @param share of the ordinary pass's memory that is enough
   * @param stages whether the features of stages are read
   */
  private static void check(
      Ops ops, NetworkSpec spec, Neuron neuron, double share, List<DType> types, boolean stages) {
    for (DType type : types) {
      Pass whole = pass(ops, spec, neuron, type, Tape.Mode.TRAIN, stages);
      Pass checkpointed = pass(ops, spec, neuron, type, Tape.Mode.CHECKPOINTED, stages);
      String what = spec + ", " + neuron.kind() + ", " + type;
      assertEquals(whole.results.keySet(), checkpointed.results.keySet());
      whole.results.forEach(
          (name, expected) ->
              assertArrayEquals(expected, checkpointed.results.get(name), what + ": " + name));
      assertTrue(
          checkpointed.peak <= share * whole.peak,
          what + ": " + checkpointed.peak + " bytes of " + whole.peak);
    }
  }

  /** Bottlenecks of a SEW network, with its large stem and pool. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void sewNetworks(Ops ops) {
    List<DType> types = Devices.isEmulated(ops) ? narrow(ops) : List.of(DType.F32, last(ops));
    check(ops, bottlenecks(), Neuron.LIF, 0.7, types);
  }

  /** The other families, of whose kernels those for another storage are left out. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void otherFamilies(Ops ops) {
    check(ops, cifar(Neuron.Residual.INPUT, 16), Neuron.LIF, 0.7, narrow(ops));
    if (!Devices.isEmulated(ops)) {
      check(ops, vgg(), Neuron.LIF, 0.95, narrow(ops));
      check(ops, TinyDetector.spec(Neuron.Residual.ADD, true), Neuron.LIF, 0.9, narrow(ops));
    }
  }

  /** Every way in which values are restored; the reference compiles nothing. */
  @Test
  void everyKindOfLayer() {
    List<DType> types = List.of(DType.F32);
    try (Ops ops = Devices.reference()) {
      check(ops, bottlenecks(), Neuron.LIF, 0.7, types);
      for (Neuron.Residual merge : Neuron.Residual.values()) {
        if (merge != Neuron.Residual.NONE) {
          check(ops, cifar(merge, 6), PLIF, 0.7, types);
        }
      }
      ResNetSpec padded = cifar(Neuron.Residual.ADD, 8).withShortcut(ResNetSpec.Shortcut.A);
      check(ops, padded, Neuron.LIF, 0.8, types);
      // What a ReLU gives stays: only what its convolution computes comes back.
      check(ops, cifar(Neuron.Residual.INPUT, 8), Neuron.RELU, 0.9, types);
      check(ops, vgg(), Neuron.LIF, 0.95, types);
      check(ops, vgg(), Neuron.LIF, 0.95, types, true);
      for (SegmentationSpec.Kind kind : SegmentationSpec.Kind.values()) {
        ResNetSpec body = cifar(Neuron.Residual.ADD, 8);
        for (boolean spiking : new boolean[] {true, false}) {
          var masks = new SegmentationSpec("tiny", kind, body, 8, true, spiking);
          check(ops, masks, Neuron.LIF, 0.9, types);
        }
      }
      for (boolean spiking : new boolean[] {true, false}) {
        check(ops, TinyDetector.spec(Neuron.Residual.INPUT, spiking), Neuron.LIF, 0.9, types);
      }
    }
  }

  private static ResNetSpec bottlenecks() {
    return residual(Neuron.Residual.ADD, true, NetworkSpec.Stem.IMAGENET, 16);
  }

  private static VggSpec vgg() {
    return new VggSpec(
        "tiny", List.of(List.of(16, 16), List.of(16)), false, 24, NetworkSpec.Stem.CIFAR);
  }
}
