package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.model.Network;
import sakd.model.Networks;
import sakd.nn.Conv2d;
import sakd.nn.Monitor;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;
import sakd.testing.EachDevice;
import sakd.testing.Heard;

class ActivityTest {
  private static final Neuron INTEGRATOR =
      new Neuron(Neuron.Kind.IF, 2, 1, 0, false, false, Neuron.Surrogate.TRIANGLE, 1);

  /** Two steps: a real image, then spikes at a rate of 1/4, their mean over space, and a head. */
  @Test
  void onlySpikesMakeSynapsesWork() {
    try (Ops ops = Devices.reference()) {
      var activity = new Activity(ops);
      Tensor image = tensor(ops, new int[] {1, 1, 1, 2, 1}, 0.5f, 0.5f);
      Tensor spikes = tensor(ops, new int[] {2, 1, 1, 2, 1}, 1, 0, 0, 0);
      Tensor pooled = tensor(ops, new int[] {2, 1, 1}, 0.5f, 0);
      Tensor hidden = tensor(ops, new int[] {2, 1, 2}, 1, 1, 1, 0);
      Monitor.Inputs read =
          new Monitor.Inputs(Neuron.LIF, Neuron.Residual.NONE, null, null, null, null);
      activity.weights("conv1", image, 0, 100);
      activity.neuron("act1", read, spikes);
      activity.weights("conv2", spikes, 1, 400);
      activity.weights("fc1", pooled, 0, 20);
      activity.neuron("act2", read, hidden);
      activity.weights("fc2", hidden, 1, 8);

      assertEquals(
          List.of("conv1", "conv2", "fc1", "fc2"), List.copyOf(activity.layers().keySet()));
      assertEquals(new Activity.Layer(100, 100, 0), activity.layers().get("conv1"));
      assertEquals(new Activity.Layer(200, 0, 100), activity.layers().get("conv2"));
      assertEquals(new Activity.Layer(10, 20, 0), activity.layers().get("fc1"));
      assertEquals(new Activity.Layer(4, 0, 6), activity.layers().get("fc2"));
      assertEquals(0.25, activity.firingRates().get("act1"), 1e-12);
      assertEquals(0.5, activity.meanFiringRate(), 1e-12);

      var result = new Evaluator.Evaluation(Heard.scores(1, 1), 2, activity);
      assertEquals(314 * 4.6e-12 / 2, result.annJoules(), 1e-18);
      assertEquals((120 * 4.6e-12 + 106 * 0.9e-12) / 2, result.snnJoules(), 1e-18);
    }
  }

  /**
   * By hand: four neurons whose inputs make them fire 1 0 1 0, then 1 1 0 0, and a residual of 1 1
   * 0 0, then 0 1 0 1. Unless it joins their inputs, their rate is that of their own spikes; what
   * the next layer is fed is what comes of the merge.
   */
  @EachDevice
  void ratesAreOfTheSpikesBeforeTheMerge(Ops ops) {
    merged(ops, Neuron.Residual.INPUT, 0.75, 1, 1, 1, 0, 1, 1, 0, 1);
    merged(ops, Neuron.Residual.ADD, 0.5, 2, 1, 1, 0, 1, 2, 0, 1);
    merged(ops, Neuron.Residual.AND, 0.5, 1, 0, 0, 0, 0, 1, 0, 0);
    merged(ops, Neuron.Residual.IAND, 0.5, 0, 1, 0, 0, 0, 0, 0, 1);
  }

  private static void merged(Ops ops, Neuron.Residual merge, double rate, float... expected) {
    Parameters parameters = new Parameters(0);
    NormNeuron beside =
        new NormNeuron(parameters, "beside", null, INTEGRATOR, Neuron.Residual.NONE, 2);
    NormNeuron own = new NormNeuron(parameters, "own", null, INTEGRATOR, merge, 2);
    Conv2d next = new Conv2d(parameters, "next", 4, 3, 3, 1);
    parameters.allocate(ops);
    Activity activity = new Activity(ops);
    float[][] out = new float[2][];
    for (int monitored = 0; monitored < 2; monitored++) {
      try (Tensor r = tensor(ops, new int[] {2, 1, 1, 1, 4}, 1, 1, 0, 0, 0, 1, 0, 1);
          Tensor x = tensor(ops, new int[] {2, 1, 1, 1, 4}, 1, 0, 1, 0, 1, 1, 0, 0);
          Tape tape =
              new Tape(ops, Tape.Mode.INFERENCE, DType.F32, monitored == 1 ? activity : null)) {
        Var spikes = beside.forward(tape, tape.input(r));
        Var y = own.forward(tape, tape.input(x), spikes);
        out[monitored] = Transfers.floats(ops.device(), y.value());
        next.forward(tape, y);
      }
    }
    parameters.close();
    assertArrayEquals(out[0], out[1], "watching changes nothing");
    assertArrayEquals(expected, out[1], merge.name());
    assertEquals(0.5, activity.firingRates().get("beside"), 0);
    assertEquals(rate, activity.firingRates().get("own"), 0, merge.name());
    float sum = 0;
    for (float value : expected) {
      sum += value;
    }
    // Each goes to 3 channels of 9 pixels, of which 8 are padding here.
    assertEquals(27 * sum, activity.layers().get("next").synapticOperations(), 1e-4);
  }

  /**
   * In a whole network: the image's convolution runs once, the linear layer behind a mean T times.
   */
  @Test
  void layersOfRealNumbersMultiply() {
    Parameters parameters = new Parameters(0);
    try (Ops ops = Devices.reference();
        Network network = Networks.named("resnet8").build(Neuron.LIF, 3, 1, 10, parameters)) {
      parameters.allocate(ops);
      Activity activity = new Activity(ops);
      try (Tensor images = tensor(ops, new int[] {1, 2, 8, 8, 1}, new float[128]);
          Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32, activity)) {
        network.forward(tape, tape.input(images), false);
      }
      double first = 2 * 8 * 8 * 9 * 16;
      double last = 2 * 64 * 10;
      activity
          .layers()
          .forEach(
              (name, layer) ->
                  assertEquals(
                      name.equals("conv1") ? first : name.equals("fc") ? 3 * last : 0,
                      layer.realMacs(),
                      name));
      assertEquals(first, activity.layers().get("conv1").macs());
      assertEquals(last, activity.layers().get("fc").macs());
    }
  }

  private static Tensor tensor(Ops ops, int[] shape, float... values) {
    Tensor t = ops.allocate(DType.F32, shape);
    Transfers.setFloats(ops.device(), t, values);
    return t;
  }
}
