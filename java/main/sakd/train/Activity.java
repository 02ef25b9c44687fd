package sakd.train;

import java.util.LinkedHashMap;
import java.util.Map;
import sakd.device.DType;
import sakd.nn.Monitor;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Counts spikes while a network runs: the firing rate of every neuron layer, and the synaptic
 * operations, which are the multiply-accumulates of each layer of weights times the mean of its
 * input, because only a spike makes a synapse work. The first layer sees real numbers and is left
 * out; so is the last, which sees a mean over time.
 */
public final class Activity implements Monitor {
  private static final class Count {
    private double sum;
    private double size;
  }

  private final Ops ops;
  private final Map<String, Count> neurons = new LinkedHashMap<>();
  private String first;
  private double operations;
  private double macs;

  public Activity(Ops ops) {
    this.ops = ops;
  }

  @Override
  public void neuron(String name, Tensor out) {
    Count c = neurons.computeIfAbsent(name, n -> new Count());
    c.sum += sum(out);
    c.size += out.size();
  }

  @Override
  public void weights(String name, Tensor in, long layerMacs) {
    macs += layerMacs;
    if (first == null) {
      first = name;
    }
    if (!name.equals(first) && in.rank() == 5) {
      operations += sum(in) / in.size() * layerMacs;
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

  /** Mean output of every neuron layer, spikes per neuron and step. */
  public Map<String, Double> firingRates() {
    Map<String, Double> rates = new LinkedHashMap<>();
    neurons.forEach((name, c) -> rates.put(name, c.sum / c.size));
    return rates;
  }

  /** Spikes per neuron and step over all layers. */
  public double meanFiringRate() {
    double sum = 0;
    double size = 0;
    for (Count c : neurons.values()) {
      sum += c.sum;
      size += c.size;
    }
    return sum / size;
  }

  /** Synaptic operations of everything seen. */
  public double synapticOperations() {
    return operations;
  }

  /** Multiply-accumulates of everything seen, as an ANN would need them. */
  public double macs() {
    return macs;
  }
}
