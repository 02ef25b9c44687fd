package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import sakd.model.Network;
import sakd.model.Networks;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.EachDevice;

/** What decays, and what is spared. */
class WeightDecayTest {
  private static final WeightDecay SPARING = new WeightDecay(0.125f, false);

  private static final Neuron PLIF =
      new Neuron(Neuron.Kind.PLIF, 2, 1, 0, false, false, Neuron.Surrogate.TRIANGLE, 1);

  /** A parameter's values, or a step's gradients, in eighths. */
  private static float[] eighths(int count, int factor, int first, int modulus, int zero) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = ((i * factor + first) % modulus - zero) / 8f;
    }
    return values;
  }

  /** One of each kind, in the order of the values below. */
  private static Parameters all(Ops ops) {
    Parameters p = new Parameters(0);
    p.conv("conv.weight", 2, 1, 3);
    p.constant("bn.weight", 1, 2);
    p.constant("bn.bias", 0, 2);
    p.pixelLinear("point.weight", 2, 2);
    p.linear("fc.weight", 2, 2, 1);
    p.linearBias("fc.bias", 2, 2);
    p.constant("leak.w", 0, 1);
    p.allocate(ops);
    for (int k = 0; k < p.all().size(); k++) {
      p.all().get(k).set(eighths(p.all().get(k).size(), 7, k, 11, 5));
    }
    return p;
  }

  private static void check(Parameters p, Optimizer optimizer, float[]... expected) {
    optimizer.learningRate(0.25);
    List<Parameter> all = p.all();
    for (int step = 0; step < 3; step++) {
      for (int k = 0; k < all.size(); k++) {
        all.get(k).write(eighths(all.get(k).size(), 5, k + 3 * step, 13, 6), all.get(k).gradient());
      }
      optimizer.step();
    }
    for (int k = 0; k < all.size(); k++) {
      assertArrayEquals(expected[k], all.get(k).get(), 1e-6f, all.get(k).name());
    }
  }

  /**
   * Three steps of torch.optim.SGD of PyTorch 2.13 with two groups of parameters: those of two
   * dimensions and more with weight decay 0.125, the others with 0.
   */
  @EachDevice
  void sgdIsPyTorchsWithTwoGroups(Ops ops) {
    try (Parameters p = all(ops);
        Optimizer optimizer = Optimizer.sgd(ops, p, 0.9f, SPARING, true, 0, false)) {
      check(
          p,
          optimizer,
          new float[] {
            0.3530639f, -0.1711174f, 0.08415157f, 0.8290488f, 0.02921034f, -0.4873957f, 0.2575015f,
            -0.5423369f, 0.2101356f, -0.3140457f, -0.05877678f, -0.3614116f, -0.113718f, 0.6387545f,
            0.1145731f, 0.3698421f, 0.06720728f, 0.3149009f
          },
          new float[] {0.1473437f, -0.2353125f},
          new float[] {0.02081249f, 0.4100313f},
          new float[] {-0.07572109f, 0.1719726f, 0.924445f, -0.6472683f},
          new float[] {-0.2186494f, -1.018488f, 0.7815167f, -0.7901967f},
          new float[] {-0.3587812f, -0.243625f},
          new float[] {-0.4853125f});
    }
  }

  /** The same of torch.optim.AdamW. */
  @EachDevice
  void adamwIsPyTorchsWithTwoGroups(Ops ops) {
    try (Parameters p = all(ops);
        Optimizer optimizer = Optimizer.adamw(ops, p, SPARING, 0, false)) {
      check(
          p,
          optimizer,
          new float[] {
            0.07230761f,
            0.1985685f,
            -0.296346f,
            1.078636f,
            -0.3002747f,
            -0.6162595f,
            0.6393642f,
            -0.5467244f,
            0.1392105f,
            -0.04643285f,
            -0.2822335f,
            -0.1927863f,
            -0.2592655f,
            0.4132385f,
            0.5394995f,
            0.04458497f,
            0.1694864f,
            0.04065625f
          },
          new float[] {0.1161861f, -0.01817736f},
          new float[] {0.1572873f, 0.06379162f},
          new float[] {0.1481446f, 0.08166546f, 0.7541695f, -0.3696497f},
          new float[] {0.071146f, -1.114943f, 0.8210724f, -0.6146511f},
          new float[] {-0.01619811f, -0.5825044f},
          new float[] {-0.2681774f});
    }
  }

  /** Of a network: a step without gradients halves what decays. */
  @EachDevice
  void aNetworksNormsBiasesAndLeaksAreSpared(Ops ops) {
    Parameters p = new Parameters(1);
    try (Network network = Networks.named("spiking-resnet8").build(PLIF, 1, 3, 10, p)) {
      p.allocate(ops);
      Map<String, float[]> before = new HashMap<>();
      p.all().forEach(each -> before.put(each.name(), each.get()));
      try (Optimizer optimizer =
          Optimizer.sgd(ops, p, 0, new WeightDecay(0.5f, false), false, 0, false)) {
        optimizer.learningRate(1);
        optimizer.step();
      }
      Set<String> kinds = new HashSet<>();
      for (Parameter each : p.all()) {
        boolean decays =
            each.trained() && each.name().matches(".*(conv\\d|fc|downsample\\.0)\\.weight");
        float[] expected = before.get(each.name());
        for (int i = 0; i < expected.length; i++) {
          expected[i] *= decays ? 0.5f : 1;
        }
        assertArrayEquals(expected, each.get(), each.name());
        kinds.add(each.name().replaceFirst(".*\\.", "") + decays);
      }
      assertTrue(kinds.containsAll(List.of("weighttrue", "weightfalse", "biasfalse", "wfalse")));
    }
  }
}
