package sakd.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import sakd.device.DType;
import sakd.nn.Monitor;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Finds the first of the things it is shown that holds a NaN or an infinity. Layers have to be
 * looked at one by one: a neuron hides a NaN, which is not above its threshold.
 */
final class Finiteness implements Monitor {
  private final Ops ops;
  private String broken = "";

  Finiteness(Ops ops) {
    this.ops = ops;
  }

  /** The first that was not finite, or empty. */
  String broken() {
    return broken;
  }

  /** Whether all elements are finite: their sum is only then. */
  static boolean isFinite(Ops ops, Tensor t) {
    try (Tensor sums = ops.allocate(DType.F32, t.channels())) {
      ops.sumRows(t, sums);
      for (float sum : Transfers.floats(ops.device(), sums)) {
        if (!Float.isFinite(sum)) {
          return false;
        }
      }
      return true;
    }
  }

  @Override
  public void computed(String what, Tensor t) {
    if (broken.isEmpty() && !isFinite(ops, t)) {
      broken = "the " + what;
    }
  }

  void checkWeights(Parameters parameters) {
    for (Parameter p : parameters.all()) {
      if (p.trained()) {
        computed("weights " + p.name(), p.value());
      }
    }
  }

  /** A gradient comes from the layers after. */
  void checkGradients(Parameters parameters) {
    List<Parameter> backwards = new ArrayList<>(parameters.all());
    Collections.reverse(backwards);
    for (Parameter p : backwards) {
      if (p.trained()) {
        computed("gradient of " + p.name(), p.gradient());
      }
    }
  }

  void checkStatistics(Parameters parameters) {
    for (Parameter p : parameters.all()) {
      if (!p.trained()) {
        computed("running statistics " + p.name(), p.value());
      }
    }
  }

  @Override
  public void neuron(String name, Inputs read, Tensor out) {}

  @Override
  public void weights(String name, Tensor in, int mostSpikes, long macs) {}
}
