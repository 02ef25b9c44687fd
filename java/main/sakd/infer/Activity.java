package sakd.infer;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.device.DType;
import sakd.nn.Monitor;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Counts what a network does while it runs: the spikes that the neurons of every layer fire, and
 * for every layer of weights the multiply-accumulates (MAC) of an ANN and the synaptic operations
 * (SOP) of an SNN. An SOP is one addition of a weight, which a spike causes: MACs of all steps
 * times the mean of what the layer is fed, in which a sum of two spikes counts as two. A layer that
 * sees real numbers, such as the first, multiplies in an SNN too.
 */
public final class Activity implements Monitor {
  /**
   * Energy of one operation at 45 nm in joules, as published comparisons use it (Horowitz, ISSCC
   * 2014): a float32 multiply-accumulate, and a float32 addition.
   */
  public static final double MAC_JOULES = 4.6e-12;

  public static final double SOP_JOULES = 0.9e-12;

  private static final class Count {
    private double sum;
    private double size;

    private void add(double otherSum, double otherSize) {
      sum += otherSum;
      size += otherSize;
    }
  }

  /**
   * A layer of weights in one forward pass.
   *
   * @param in sum of what it was fed, if that is spikes
   * @param size of how many numbers; 0 if they are real
   */
  private record Pass(int steps, double macs, double in, double size) {
    private Layer layer() {
      return new Layer(macs / steps, size > 0 ? 0 : macs, size > 0 ? in / size * macs : 0);
    }

    /** The same pass with the samples of another rank. */
    private Pass beside(Pass other) {
      return new Pass(steps, macs + other.macs, in + other.in, size + other.size);
    }
  }

  /**
   * Operations of a layer of weights over everything seen.
   *
   * @param macs multiply-accumulates an ANN needs, which takes one step
   * @param realMacs multiply-accumulates the network itself needs, in all of its steps, because the
   *     layer's input is real numbers
   * @param synapticOperations additions the network needs where the input is spikes
   */
  public record Layer(double macs, double realMacs, double synapticOperations) {
    private static final Layer NONE = new Layer(0, 0, 0);

    private Layer plus(Layer other) {
      return new Layer(
          macs + other.macs,
          realMacs + other.realMacs,
          synapticOperations + other.synapticOperations);
    }
  }

  private final Ops ops;
  private final Map<String, Count> neurons = new LinkedHashMap<>();
  private final Map<String, List<Pass>> passes = new LinkedHashMap<>();

  public Activity(Ops ops) {
    this.ops = ops;
  }

  @Override
  public void neuron(String name, Inputs read, Tensor out) {
    if (!read.neuron().kind().isSpiking()) {
      return;
    }
    if (!read.merge().joinsSpikes()) {
      count(name, out);
      return;
    }
    // The output is s + r, s r or (1 - s) r: the neurons run once more for s alone.
    try (Tensor own = ops.allocate(out.type(), out.shape())) {
      ops.neuron(
          read.neuron(), Neuron.Residual.NONE, read.x(), read.affine(), null, read.leak(), own);
      count(name, own);
    }
  }

  private void count(String name, Tensor spikes) {
    neurons.computeIfAbsent(name, n -> new Count()).add(sum(spikes), (double) spikes.size());
  }

  @Override
  public void weights(String name, Tensor in, int mostSpikes, long layerMacs) {
    boolean spikes = mostSpikes > 0;
    passes
        .computeIfAbsent(name, n -> new ArrayList<>())
        .add(new Pass(in.dim(0), layerMacs, spikes ? sum(in) : 0, spikes ? in.size() : 0));
  }

  /**
   * What all ranks counted together, each of them its share of the same batches: all get the same,
   * and as spikes are whole numbers, what one process would have counted of the whole batches.
   */
  Activity overRanks() {
    Activity all = new Activity(ops);
    RankTransfers.exchange(ops, this::write, all::add);
    return all;
  }

  private void write(DataOutput out) throws IOException {
    out.writeInt(neurons.size());
    for (Map.Entry<String, Count> neuron : neurons.entrySet()) {
      out.writeUTF(neuron.getKey());
      out.writeDouble(neuron.getValue().sum);
      out.writeDouble(neuron.getValue().size);
    }
    out.writeInt(passes.size());
    for (Map.Entry<String, List<Pass>> layer : passes.entrySet()) {
      out.writeUTF(layer.getKey());
      out.writeInt(layer.getValue().size());
      for (Pass p : layer.getValue()) {
        out.writeInt(p.steps);
        out.writeDouble(p.macs);
        out.writeDouble(p.in);
        out.writeDouble(p.size);
      }
    }
  }

  private void add(DataInput in) throws IOException {
    for (int n = in.readInt(); n > 0; n--) {
      String name = in.readUTF();
      neurons.computeIfAbsent(name, k -> new Count()).add(in.readDouble(), in.readDouble());
    }
    for (int n = in.readInt(); n > 0; n--) {
      List<Pass> all = passes.computeIfAbsent(in.readUTF(), k -> new ArrayList<>());
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        Pass pass = new Pass(in.readInt(), in.readDouble(), in.readDouble(), in.readDouble());
        if (i < all.size()) {
          all.set(i, all.get(i).beside(pass));
        } else {
          all.add(pass);
        }
      }
    }
  }

  private double sum(Tensor t) {
    try (Tensor sums = ops.allocate(DType.F32, t.channels())) {
      ops.sumRows(t, sums);
      double total = 0;
      for (float sum : Transfers.floats(ops.device(), sums)) {
        total += sum;
      }
      return total;
    }
  }

  /** Spikes per neuron and step of every layer of spiking neurons, in [0, 1]. */
  public Map<String, Double> firingRates() {
    Map<String, Double> rates = new LinkedHashMap<>();
    neurons.forEach((name, c) -> rates.put(name, c.sum / c.size));
    return rates;
  }

  /** Spikes per neuron and step over all layers, in [0, 1]; NaN without spiking neurons. */
  public double meanFiringRate() {
    double sum = 0;
    double size = 0;
    for (Count c : neurons.values()) {
      sum += c.sum;
      size += c.size;
    }
    return sum / size;
  }

  /** Operations of every layer of weights, in the order they run. */
  public Map<String, Layer> layers() {
    Map<String, Layer> layers = new LinkedHashMap<>();
    passes.forEach(
        (name, each) ->
            layers.put(name, each.stream().map(Pass::layer).reduce(Layer::plus).orElseThrow()));
    return layers;
  }

  /** Operations of all layers. */
  public Layer total() {
    return layers().values().stream().reduce(Layer.NONE, Layer::plus);
  }
}
