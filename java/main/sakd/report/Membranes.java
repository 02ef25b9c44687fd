package sakd.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import sakd.nn.Monitor;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.ReferenceNeuron;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Potentials and spikes of some neurons while a network sees one image. The kernels keep potentials
 * in registers, so they are computed again, in double arithmetic, from what the layer read.
 */
final class Membranes implements Monitor {
  /** Neurons of a layer in a raster. */
  private static final int SHOWN = 40;

  /**
   * The potentials of a neuron before the reset, one for each step.
   *
   * @param what why this neuron was chosen
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Trace(String what, int neuron, double[] potentials) {}

  /**
   * A layer of neurons.
   *
   * @param neurons numbers of the neurons of {@code spikes}, spread evenly over the layer; a number
   *     is (row * W + column) * C + channel
   * @param spikes [neuron][step]
   * @param traces of a few chosen neurons
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Layer(
      String name, double threshold, int[] neurons, boolean[][] spikes, List<Trace> traces) {}

  private final Ops ops;
  private final List<Layer> layers = new ArrayList<>();

  Membranes(Ops ops) {
    this.ops = ops;
  }

  /** Every layer of spiking neurons, in the order they ran. */
  List<Layer> layers() {
    return List.copyOf(layers);
  }

  @Override
  public void weights(String name, Tensor in, int mostSpikes, long macs) {}

  @Override
  public void neuron(String name, Inputs in, Tensor out) {
    Neuron neuron = in.neuron();
    // The functions of a user's file are known to compilers only.
    if (!neuron.kind().isSpiking() || neuron.kind() == Neuron.Kind.CUSTOM) {
      return;
    }
    int steps = out.dim(0);
    int size = Math.toIntExact(out.size() / steps);
    double[][] potentials = new double[size][steps];
    int[] fired = new int[size];
    double[][] inputs = inputs(in, steps, size);
    double leak = in.leak() == null ? 0 : Transfers.floats(ops.device(), in.leak())[0];
    ReferenceNeuron reference = ReferenceNeuron.of(neuron, leak);
    for (int i = 0; i < size; i++) {
      reference.potentials(inputs[i], potentials[i]);
      fired[i] = (int) Arrays.stream(potentials[i]).filter(h -> h >= neuron.vThreshold()).count();
    }
    int shown = Math.min(SHOWN, size);
    int[] neurons = IntStream.range(0, shown).map(i -> (int) ((i + 0.5) * size / shown)).toArray();
    boolean[][] spikes = new boolean[shown][steps];
    for (int i = 0; i < shown; i++) {
      for (int t = 0; t < steps; t++) {
        spikes[i][t] = potentials[neurons[i]][t] >= neuron.vThreshold();
      }
    }
    layers.add(new Layer(name, neuron.vThreshold(), neurons, spikes, traces(potentials, fired)));
  }

  /** Input y [neuron][step] of the neuron's equations: batch norm, and the residual before it. */
  private double[][] inputs(Inputs in, int steps, int size) {
    float[] x = Transfers.floats(ops.device(), in.x());
    float[] affine = in.affine() == null ? null : Transfers.floats(ops.device(), in.affine());
    float[] residual =
        in.merge() == Neuron.Residual.INPUT ? Transfers.floats(ops.device(), in.residual()) : null;
    int channels = in.x().channels();
    double[][] y = new double[size][steps];
    for (int t = 0; t < steps; t++) {
      for (int i = 0; i < size; i++) {
        double value = x[in.x().dim(0) == 1 ? i : t * size + i];
        if (affine != null) {
          int c = i % channels;
          value = (value - affine[c]) * affine[2 * channels + c] + affine[3 * channels + c];
        }
        y[i][t] = value + (residual == null ? 0 : residual[t * size + i]);
      }
    }
    return y;
  }

  /** The neuron that fires most, one that waits for its spike, and one that almost fires. */
  private static List<Trace> traces(double[][] potentials, int[] fired) {
    List<Trace> traces = new ArrayList<>();
    add(traces, "fires most", potentials, i -> fired[i]);
    int last = potentials[0].length - 1;
    add(
        traces,
        "fires late",
        potentials,
        i -> fired[i] == 1 && last > 0 ? peakAt(potentials[i]) : 0);
    add(
        traces,
        "stays silent",
        potentials,
        i -> fired[i] > 0 ? 0 : Arrays.stream(potentials[i]).max().orElse(0));
    return traces;
  }

  /** The step, from 0, of the largest potential. */
  private static int peakAt(double[] potentials) {
    int at = 0;
    for (int t = 1; t < potentials.length; t++) {
      at = potentials[t] > potentials[at] ? t : at;
    }
    return at;
  }

  /** The first neuron with the largest score above 0, if there is one. */
  private static void add(
      List<Trace> traces, String what, double[][] potentials, IntToDoubleFunction score) {
    int best = 0;
    for (int i = 1; i < potentials.length; i++) {
      best = score.applyAsDouble(i) > score.applyAsDouble(best) ? i : best;
    }
    if (score.applyAsDouble(best) > 0) {
      traces.add(new Trace(what, best, potentials[best]));
    }
  }
}
