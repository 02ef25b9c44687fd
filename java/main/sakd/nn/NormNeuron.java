package sakd.nn;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.PackedSpikes;
import sakd.ops.Tensor;

/**
 * Batch norm, residual and neuron in one: the layer this program exists for. A spiking neuron turns
 * an input of one step into T steps.
 */
public final class NormNeuron {
  private final String name;
  private final BatchNorm2d norm;
  private final Neuron neuron;
  private final Neuron.Residual merge;
  private final int steps;
  private final Parameter leak;

  /**
   * @param norm null for no batch norm
   * @param steps T of a spiking neuron
   */
  public NormNeuron(
      Parameters p,
      String name,
      BatchNorm2d norm,
      Neuron neuron,
      Neuron.Residual merge,
      int steps) {
    this.name = name;
    this.norm = norm;
    this.neuron = neuron;
    this.merge = merge;
    this.steps = steps;
    this.leak =
        neuron.kind() == Neuron.Kind.PLIF
            ? p.constant(name + ".w", neuron.initialLeakParameter(), 1)
            : null;
  }

  /** Without a residual. */
  public Var forward(Tape tape, Var x) {
    return forward(tape, x, null);
  }

  /**
   * x [T', N, .., C] and residual [T, N, .., C] (or null) to [T, N, .., C]. x is dropped: nobody
   * but its norm reads what a layer of weights computes.
   */
  public Var forward(Tape tape, Var x, Var residual) {
    Var result = of(tape, x, residual);
    tape.drop(x);
    return result;
  }

  /** Without a residual, of x [T', N, .., C] that others read too: it is not dropped. */
  public Var beside(Tape tape, Var x) {
    return of(tape, x, null);
  }

  private Var of(Tape tape, Var x, Var residual) {
    Ops ops = tape.ops();
    Tensor in = x.value();
    int[] shape = in.shape();
    if (neuron.kind().isSpiking()) {
      shape[0] = steps;
    }
    Tensor affine = norm == null ? null : affine(tape, in, shape[0] / in.dim(0));
    if (norm != null) {
      tape.show("statistics of ", norm.name(), affine);
    }
    Tensor r = residual == null ? null : residual.value();
    Tensor w = leak == null ? null : leak.value();
    Tensor out = ops.allocate(in.type(), shape);
    int most = mostSpikes(residual);
    Tensor packed = packs(tape, most) ? ops.allocateSpikes(out, most) : null;
    ops.neuron(neuron, merge, in, affine, r, w, out, packed);
    tape.show("activations of ", name, out);
    if (tape.monitor() != null && neuron.kind() != Neuron.Kind.IDENTITY) {
      tape.monitor().neuron(name, new Monitor.Inputs(neuron, merge, in, affine, r, w), out);
    }
    Var result =
        tape.record(
            out,
            true,
            parameters(),
            g -> {
              Tensor gx = tape.gradientOf(x);
              Tensor gr = merge.changesGradient() ? tape.gradientOf(residual) : null;
              Consumer<Tensor> compute =
                  gl ->
                      ops.neuronBackward(
                          neuron,
                          merge,
                          x.value(),
                          affine,
                          merge.changesGradient() ? residual.value() : null,
                          w,
                          g,
                          new Ops.NeuronGradients(
                              gx,
                              gr,
                              norm == null ? null : norm.gamma().gradient(),
                              norm == null ? null : norm.beta().gradient(),
                              gl));
              if (leak == null) {
                compute.accept(null);
              } else {
                tape.parameterGradient(leak, leak.gradient(), compute);
              }
              tape.pass(x, gx);
              if (gr != null) {
                tape.pass(residual, gr);
              } else if (residual != null) {
                tape.passOn(residual, g);
              }
            },
            Stream.of(tape.frozen() == null ? affine : null, packed)
                .filter(Objects::nonNull)
                .toArray(Tensor[]::new));
    if (packed != null) {
      result.restoredBy(ops, again -> ops.unpackSpikes(packed, again));
    } else if (neuron.kind() == Neuron.Kind.IDENTITY && residual == null) {
      result.restoredBy(
          ops, again -> ops.neuron(neuron, merge, x.value(), affine, null, null, again));
    }
    return result.mostSpikes(most);
  }

  /** Whether the backward pass restores the output from a packed copy. */
  private static boolean packs(Tape tape, int most) {
    return tape.checkpointed() && most >= 1 && most <= PackedSpikes.MOST;
  }

  /** Those whose gradients the backward step computes. */
  private List<Parameter> parameters() {
    Stream<Parameter> affine = norm == null ? Stream.empty() : Stream.of(norm.gamma(), norm.beta());
    return Stream.concat(affine, Stream.ofNullable(leak)).toList();
  }

  /** Of the output: s is 0 or 1, and what becomes of a residual is said in {@link Neuron}. */
  private int mostSpikes(Var residual) {
    if (!neuron.kind().isSpiking()) {
      return 0;
    }
    int joining = residual == null ? 0 : residual.mostSpikes();
    return switch (merge) {
      case NONE, INPUT -> 1;
      case ADD -> joining == 0 ? 0 : 1 + joining;
      case AND, IAND -> joining;
    };
  }

  /** To be closed, unless the tape's parameters are frozen. */
  private Tensor affine(Tape tape, Tensor in, int repeats) {
    if (tape.frozen() != null) {
      return tape.frozen().affine(norm);
    }
    return tape.training() ? norm.batchAffine(tape, in, repeats) : norm.runningAffine(tape.ops());
  }
}
