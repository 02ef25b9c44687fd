package sakd.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sakd.device.DType;
import sakd.model.Network;
import sakd.model.Networks;
import sakd.nn.Monitor;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;
import sakd.testing.Draw;

/** Potentials that are computed again must fire where the network fired. */
class MembranesTest {
  private static final int STEPS = 5;

  @ParameterizedTest
  @EnumSource(names = {"IF", "LIF", "PLIF"})
  void spikesAreTheNetworks(Neuron.Kind kind) {
    Neuron neuron =
        new Neuron(kind, 1.5f, 0.5f, -0.25f, false, false, Neuron.Surrogate.TRIANGLE, 1);
    Parameters parameters = new Parameters(3);
    try (Ops ops = Devices.reference();
        Network network = Networks.named("resnet8").build(neuron, STEPS, 1, 4, parameters)) {
      parameters.allocate(ops);
      Membranes membranes = new Membranes(ops);
      Map<String, float[]> outputs = new HashMap<>();
      Monitor both =
          new Monitor() {
            @Override
            public void neuron(String name, Inputs read, Tensor out) {
              membranes.neuron(name, read, out);
              outputs.put(name, Transfers.floats(ops.device(), out));
            }

            @Override
            public void weights(String name, Tensor in, int mostSpikes, long macs) {}
          };
      try (Tensor images = ops.allocate(DType.F32, 1, 1, 8, 8, 1);
          Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32, both)) {
        double[] pixels = new Draw(1).normal(64);
        float[] values = new float[64];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (4 * pixels[i]);
        }
        Transfers.setFloats(ops.device(), images, values);
        network.forward(tape, tape.input(images), false);
      }
      assertEquals(7, membranes.layers().size());
      int fired = 0;
      for (Membranes.Layer layer : membranes.layers()) {
        float[] out = outputs.get(layer.name());
        for (int i = 0; i < layer.neurons().length; i++) {
          for (int t = 0; t < STEPS; t++) {
            float spike = out[t * (out.length / STEPS) + layer.neurons()[i]];
            assertEquals(spike == 1, layer.spikes()[i][t], layer.name());
            fired += layer.spikes()[i][t] ? 1 : 0;
          }
        }
        for (Membranes.Trace trace : layer.traces()) {
          double most = -1;
          for (double h : trace.potentials()) {
            most = Math.max(most, h);
          }
          assertEquals(!trace.what().equals("stays silent"), most >= 0.5, trace.what());
        }
      }
      assertTrue(fired > 50, "a network that is silent proves nothing: " + fired);
    }
  }
}
