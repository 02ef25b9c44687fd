package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.require;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;

/** The kernels of {@code neuron_stretch.cu}: specialisation, sizes and launches. */
final class StretchKernels {
  private final Ops ops;
  private final Launcher launcher;
  private final Map<KernelSpec, Kernel> kernels = new HashMap<>();

  StretchKernels(Ops ops, Launcher launcher) {
    this.ops = ops;
    this.launcher = launcher;
  }

  /** Refuses what the equations of a stretch do not cover; for every implementation. */
  static void check(Neuron neuron, Tensor x, Tensor v, Tensor out) {
    require(
        (neuron.kind() == Neuron.Kind.IF || neuron.kind() == Neuron.Kind.LIF)
            && Requirements.storage(x, out)
            && x.size() == out.size()
            && x.dim(0) == out.dim(0)
            && x.dim(0) <= Neuron.MAX_STEPS
            && floats(v, x.size() / x.dim(0)),
        neuron,
        x,
        v,
        out);
  }

  private Kernel kernel(String function, Neuron neuron, DType storage, int lanes, int steps) {
    Map<String, Integer> defines = new TreeMap<>(KernelSpec.defines(storage, lanes));
    defines.put("STEPS", steps);
    defines.put("LEAK", neuron.kind() == Neuron.Kind.LIF ? 1 : 0);
    defines.put("HARD_RESET", neuron.hardReset() ? 1 : 0);
    defines.put("DECAY_INPUT", neuron.kind() == Neuron.Kind.LIF && neuron.decayInput() ? 1 : 0);
    defines.put("DETACH_RESET", neuron.detachReset() ? 1 : 0);
    defines.put("SURROGATE", neuron.surrogate().ordinal());
    return kernels.computeIfAbsent(
        KernelSpec.of("neuron_stretch.cu", function, defines), ops.device()::kernel);
  }

  void forward(Neuron neuron, Tensor x, Tensor before, Tensor out, Tensor after) {
    check(neuron, x, before, out);
    require(floats(after, before.size()), before, after);
    int steps = x.dim(0);
    // The forward pass holds one potential a lane, the backward pass those of all steps.
    int lanes = launcher.lanes(before.size(), x.type(), 1);
    long items = before.size() / lanes;
    kernel("neuron_stretch", neuron, x.type(), lanes, steps)
        .launch(
            items,
            x.memory(),
            before.memory(),
            out.memory(),
            after.memory(),
            neuron.leak(),
            neuron.vThreshold(),
            neuron.vStart(),
            items);
  }

  void backward(
      Neuron neuron, Tensor x, Tensor before, Tensor gradOut, Tensor gradV, Tensor gradX) {
    check(neuron, x, before, gradOut);
    check(neuron, x, gradV, gradX);
    int steps = x.dim(0);
    int lanes = launcher.lanes(before.size(), x.type(), steps);
    long items = before.size() / lanes;
    kernel("neuron_stretch_backward", neuron, x.type(), lanes, steps)
        .launch(
            items,
            x.memory(),
            before.memory(),
            gradOut.memory(),
            gradV.memory(),
            gradX.memory(),
            neuron.leak(),
            neuron.vThreshold(),
            neuron.vStart(),
            neuron.alpha(),
            items);
  }
}
