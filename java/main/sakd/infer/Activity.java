package sakd.infer;

import java.util.LinkedHashMap;
import java.util.Map;
import sakd.device.DType;
import sakd.nn.Monitor;
import sakd.ops.Neuron;
import sakd.ops.Ops;
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
  private final Map<String, Layer> layers = new LinkedHashMap<>();

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
    Count c = neurons.computeIfAbsent(name, n -> new Count());
    c.sum += sum(spikes);
    c.size += spikes.size();
  }

  @Override
  public void weights(String name, Tensor in, int mostSpikes, long layerMacs) {
    boolean spikes = mostSpikes > 0;
    Layer layer =
        new Layer(
            (double) layerMacs / in.dim(0),
            spikes ? 0 : layerMacs,
            spikes ? sum(in) / in.size() * layerMacs : 0);
    layers.merge(name, layer, Layer::plus);
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
    return new LinkedHashMap<>(layers);
  }

  /** Operations of all layers. */
  public Layer total() {
    return layers.values().stream().reduce(Layer.NONE, Layer::plus);
  }
}
