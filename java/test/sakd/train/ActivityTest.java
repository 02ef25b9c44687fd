package sakd.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;

class ActivityTest {
  /** Two steps: a real image, then spikes at a rate of 1/4, their mean over space, and a head. */
  @Test
  void onlySpikesMakeSynapsesWork() {
    try (Ops ops = Devices.reference()) {
      var activity = new Activity(ops);
      Tensor image = tensor(ops, new int[] {1, 1, 1, 2, 1}, 0.5f, 0.5f);
      Tensor spikes = tensor(ops, new int[] {2, 1, 1, 2, 1}, 1, 0, 0, 0);
      Tensor pooled = tensor(ops, new int[] {2, 1, 1}, 0.5f, 0);
      Tensor hidden = tensor(ops, new int[] {2, 1, 2}, 1, 1, 1, 0);
      activity.weights("conv1", image, 100);
      activity.neuron("act1", spikes);
      activity.weights("conv2", spikes, 400);
      activity.weights("fc1", pooled, 20);
      activity.neuron("act2", hidden);
      activity.weights("fc2", hidden, 8);

      assertEquals(
          List.of("conv1", "conv2", "fc1", "fc2"), List.copyOf(activity.layers().keySet()));
      assertEquals(new Activity.Layer(100, 100, 0), activity.layers().get("conv1"));
      assertEquals(new Activity.Layer(200, 0, 100), activity.layers().get("conv2"));
      assertEquals(new Activity.Layer(10, 20, 0), activity.layers().get("fc1"));
      assertEquals(new Activity.Layer(4, 0, 6), activity.layers().get("fc2"));
      assertEquals(0.25, activity.firingRates().get("act1"), 1e-12);
      assertEquals(0.5, activity.meanFiringRate(), 1e-12);

      var result = new Evaluator.Evaluation(1, 1, 2, activity);
      assertEquals(314 * 4.6e-12 / 2, result.annJoules(), 1e-18);
      assertEquals((120 * 4.6e-12 + 106 * 0.9e-12) / 2, result.snnJoules(), 1e-18);
    }
  }

  private static Tensor tensor(Ops ops, int[] shape, float... values) {
    Tensor t = ops.allocate(DType.F32, shape);
    Transfers.setFloats(ops.device(), t, values);
    return t;
  }
}
