package sakd.ops;

import static sakd.ops.Reductions.list;
import static sakd.ops.Requirements.isAffine;
import static sakd.ops.Requirements.isOfRanks;
import static sakd.ops.Requirements.isResidual;
import static sakd.ops.Requirements.requireGradients;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;
import sakd.device.UserSource;

/** The fused batch norm + residual + neuron kernels: specialisation, sizes and launches. */
final class NeuronKernels {
  private final Ops ops;
  private final Launcher launcher;
  private final Reductions reductions;
  private final Map<Key, Kernels> kernels = new HashMap<>();

  NeuronKernels(Ops ops, Launcher launcher, Reductions reductions) {
    this.ops = ops;
    this.launcher = launcher;
    this.reductions = reductions;
  }

  /** How the forward pass packs its spikes; order as in {@code kernels/neuron_item.h}. */
  private enum Pack {
    NONE,
    BITS,
    BYTES
  }

  /** What a specialisation depends on; tau, threshold and the like are arguments. */
  private record Key(
      Neuron.Kind kind,
      UserSource file,
      boolean hardReset,
      boolean decayInput,
      boolean detachReset,
      Neuron.Surrogate surrogate,
      Neuron.Residual merge,
      boolean norm,
      int steps,
      int inputSteps,
      DType storage,
      int lanes,
      boolean stream,
      Pack pack) {
    Map<String, Integer> defines() {
      Map<String, Integer> d = new TreeMap<>(KernelSpec.defines(storage, lanes));
      d.put("STEPS", steps);
      d.put("INPUT_STEPS", inputSteps);
      d.put("NORM", norm ? 1 : 0);
      d.put(
          "NEURON",
          switch (kind) {
            case IDENTITY -> 0;
            case RELU -> 1;
            default -> 2;
          });
      d.put(
          "LEAK",
          switch (kind) {
            case LIF -> 1;
            case PLIF -> 2;
            default -> 0;
          });
      d.put("RESIDUAL", merge.ordinal());
      d.put("HARD_RESET", hardReset ? 1 : 0);
      d.put("DECAY_INPUT", decayInput ? 1 : 0);
      d.put("DETACH_RESET", detachReset ? 1 : 0);
      d.put("SURROGATE", surrogate.ordinal());
      d.put("STREAM", stream ? 1 : 0);
      if (pack != Pack.NONE) {
        d.put("PACK", pack.ordinal());
      }
      if (file != null) {
        d.put("CUSTOM", 1);
      }
      return d;
    }
  }

  /** Compiled at first use, each on its own: inference never needs the backward ones. */
  private final class Kernels {
    private final Key key;
    private Kernel forward;
    private Kernel reduce;
    private Kernel merge;
    private Kernel backward;
    private Kernel leak;

    Kernels(Key key) {
      this.key = key;
    }

    private Kernel load(String function) {
      return ops.device()
          .kernel(KernelSpec.of(launcher.twin("neuron.cu"), function, key.defines(), key.file));
    }

    Kernel forward() {
      return forward != null ? forward : (forward = load("neuron_forward"));
    }

    Kernel reduce() {
      return reduce != null ? reduce : (reduce = load("neuron_backward_reduce"));
    }

    Kernel merge() {
      return merge != null ? merge : (merge = load("neuron_backward_merge"));
    }

    Kernel backward() {
      return backward != null ? backward : (backward = load("neuron_backward"));
    }

    Kernel leak() {
      return leak != null ? leak : (leak = load("leak_gradient"));
    }
  }

  /** Sizes of one call: x [inputSteps, rows, columns * lanes], out [steps, rows, ..]. */
  private record Sizes(int steps, int inputSteps, long rows, int columns, int lanes) {}

  private Sizes sizes(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor out,
      boolean backward) {
    int steps = out.dim(0);
    int inputSteps = x.dim(0);
    boolean fits =
        x.channels() == out.channels()
            && x.type() == out.type()
            && (inputSteps == 1 || inputSteps == steps)
            && x.size() / inputSteps == out.size() / steps
            && (affine == null || isAffine(affine, x.channels()))
            && (leak != null) == (neuron.kind() == Neuron.Kind.PLIF)
            && (leak == null || leak.size() == 1)
            && isResidual(residual, merge, backward)
            && (residual == null || (residual.size() == out.size() && residual.type() == x.type()));
    if (!fits) {
      throw new IllegalArgumentException(
          "neuron: x " + x + ", residual " + residual + " and out " + out + " do not fit");
    }
    // The forward pass holds one membrane potential a lane, the backward pass those of all steps.
    boolean holdsSteps = backward && neuron.kind().isSpiking();
    int lanes = launcher.lanes(x.channels(), x.type(), holdsSteps ? steps : 1);
    int columns = x.channels() / lanes;
    if (!neuron.kind().isSpiking()) {
      if (inputSteps != steps) {
        throw new IllegalArgumentException(
            "a neuron without state cannot turn one step into " + steps);
      }
      return new Sizes(1, 1, out.rows(), columns, lanes);
    }
    if (steps > Neuron.MAX_STEPS) {
      throw new IllegalArgumentException(
          "T = " + steps + " steps; at most " + Neuron.MAX_STEPS + " are supported");
    }
    return new Sizes(steps, inputSteps, out.rows() / steps, columns, lanes);
  }

  private Kernels kernels(
      Neuron neuron,
      Neuron.Residual merge,
      boolean norm,
      Sizes sizes,
      DType storage,
      boolean stream,
      Pack pack) {
    boolean spiking = neuron.kind().isSpiking();
    Key key =
        new Key(
            neuron.kind(),
            neuron.file(),
            !spiking || neuron.hardReset(),
            spiking && neuron.decayInput(),
            spiking && neuron.detachReset(),
            spiking ? neuron.surrogate() : Neuron.Surrogate.TRIANGLE,
            merge,
            norm,
            sizes.steps,
            sizes.inputSteps,
            storage,
            sizes.lanes,
            stream,
            pack);
    return kernels.computeIfAbsent(key, Kernels::new);
  }

  private static Memory orElse(Tensor t, Tensor other) {
    return (t == null ? other : t).memory();
  }

  private boolean bypassesCache(Tensor out) {
    return ops.device().bypassesCache(out.memory());
  }

  /** As {@link NeuronOps#neuron}. */
  void forward(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor out,
      Tensor packed) {
    Sizes s = sizes(neuron, merge, x, affine, residual, leak, out, false);
    Pack pack =
        packed == null
            ? Pack.NONE
            : PackedSpikes.areBits(packed, out, s.lanes) ? Pack.BITS : Pack.BYTES;
    kernels(neuron, merge, affine != null, s, x.type(), bypassesCache(out), pack)
        .forward()
        .launchRows(
            s.rows,
            s.columns,
            x.memory(),
            orElse(affine, x),
            orElse(residual, x),
            orElse(leak, x),
            out.memory(),
            orElse(packed, out),
            neuron.leak(),
            neuron.vThreshold(),
            neuron.vStart(),
            s.rows,
            s.columns);
  }

  void backward(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor gradOut,
      Ops.NeuronGradients gradients) {
    Sizes s = sizes(neuron, merge, x, affine, residual, leak, gradOut, true);
    boolean norm = affine != null;
    boolean learnable = neuron.kind() == Neuron.Kind.PLIF;
    requireGradients(neuron, merge, x, affine, gradOut, gradients);
    // Two results in 16 bits are more half-written lines than the processor holds back to combine.
    boolean stream =
        bypassesCache(gradients.x())
            && (gradients.residual() == null
                || (x.type() == DType.F32 && bypassesCache(gradients.residual())));
    Kernels k = kernels(neuron, merge, norm, s, x.type(), stream, Pack.NONE);
    int channels = x.channels();
    int sums = (norm ? 2 : 0) + (learnable ? 1 : 0);
    boolean ofRanks = norm && isOfRanks(affine, channels);
    float inverseCount = ofRanks ? 0 : 1f / (s.inputSteps * s.rows);
    try (Tensor coefficients = ops.allocate(DType.F32, 2, channels)) {
      if (sums > 0) {
        Reductions.Chunks chunks =
            reductions.ofRows(
                s.rows, s.columns, s.lanes * x.type().size, gradOut.size() * 2 * x.type().size);
        try (Tensor partial = ops.allocate(DType.F32, chunks.count(), sums, channels)) {
          reductions.reduce(
              k.reduce(),
              chunks,
              list(
                  x.memory(),
                  orElse(affine, x),
                  orElse(residual, x),
                  orElse(leak, x),
                  gradOut.memory()),
              partial,
              list(
                  orElse(gradients.beta(), partial),
                  orElse(gradients.gamma(), partial),
                  coefficients.memory(),
                  orElse(gradients.leak(), partial),
                  inverseCount),
              list(
                  neuron.leak(),
                  neuron.vThreshold(),
                  neuron.vStart(),
                  neuron.alpha(),
                  s.rows,
                  chunks.size(),
                  chunks.count(),
                  s.columns),
              () -> merge(k, affine, leak, gradients, inverseCount, partial, coefficients));
        }
        if (ofRanks) {
          ops.sumRanks(coefficients);
        }
      }
      k.backward()
          .launchRows(
              s.rows,
              s.columns,
              x.memory(),
              orElse(affine, x),
              orElse(residual, x),
              orElse(leak, x),
              gradOut.memory(),
              coefficients.memory(),
              gradients.x().memory(),
              orElse(gradients.residual(), gradients.x()),
              neuron.leak(),
              neuron.vThreshold(),
              neuron.vStart(),
              neuron.alpha(),
              s.rows,
              s.columns);
    }
  }

  void unpack(Tensor packed, Tensor out) {
    int lanes = spikeLanes(out);
    String function = PackedSpikes.areBits(packed, out, lanes) ? "unpack_bits" : "unpack_bytes";
    launcher
        .kernel("spikes.cu", function, out.type(), lanes)
        .launch(out.size() / lanes, packed.memory(), out.memory(), out.size() / lanes);
  }

  /** Channels of an item of the forward pass, which packs them together. */
  int spikeLanes(Tensor out) {
    return launcher.lanes(out.channels(), out.type(), 1);
  }

  /** The second pass of the gradients' sums, where the first leaves that. */
  private void merge(
      Kernels k,
      Tensor affine,
      Tensor leak,
      Ops.NeuronGradients gradients,
      float inverseCount,
      Tensor partial,
      Tensor coefficients) {
    int channels = coefficients.channels();
    if (affine != null) {
      k.merge()
          .launch(
              channels,
              affine.memory(),
              partial.memory(),
              gradients.beta().memory(),
              gradients.gamma().memory(),
              coefficients.memory(),
              inverseCount,
              partial.dim(0),
              channels);
    }
    if (leak != null) {
      try (Tensor gk = ops.allocate(DType.F32, channels)) {
        reductions.sumChunks(partial, (partial.dim(1) - 1L) * channels, gk);
        k.leak().launch(1, gk.memory(), leak.memory(), gradients.leak().memory(), channels);
      }
    }
  }
}
