package sakd.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.device.DType;
import sakd.infer.Activity;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;
import sakd.testing.Draw;

/** The bound of synaptic operations against what networks do. */
class NetworkSizeTest {
  private static final int STEPS = 2;
  private static final int SIDE = 16;

  private static ResNetSpec spec(
      Neuron.Residual merge, NetworkSpec.Stem stem, ResNetSpec.Shortcut shortcut) {
    return new ResNetSpec(
        "small", merge, false, List.of(2, 3), List.of(4, 8), 4, stem, shortcut, 6);
  }

  /** A pass over an image of noise, with the same scale and shift in every batch norm. */
  private static Activity run(NetworkSpec spec, float scale, float shift) {
    Parameters parameters = new Parameters(4);
    try (Ops ops = Devices.reference();
        Network network = spec.build(Neuron.LIF, STEPS, 1, 3, parameters)) {
      parameters.allocate(ops);
      for (Parameter p : parameters.all()) {
        boolean norm = p.name().contains("bn") || p.name().contains("downsample.1");
        if (norm && p.name().endsWith(".weight")) {
          set(p, scale);
        } else if (norm && p.name().endsWith(".bias") || p.name().equals("fc1.bias")) {
          set(p, shift);
        }
      }
      Activity activity = new Activity(ops);
      try (Tensor images = ops.allocate(DType.F32, 1, 1, SIDE, SIDE, 1);
          Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32, activity)) {
        double[] pixels = new Draw(1).normal(SIDE * SIDE);
        float[] values = new float[pixels.length];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) pixels[i];
        }
        Transfers.setFloats(ops.device(), images, values);
        network.forward(tape, tape.input(images), false);
      }
      return activity;
    }
  }

  private static void set(Parameter p, float value) {
    float[] values = new float[Math.toIntExact(p.size())];
    Arrays.fill(values, value);
    p.set(values);
  }

  private static long bound(NetworkSpec spec) {
    return NetworkSize.of(spec, 1, SIDE, SIDE, 3, STEPS).synapticOperations();
  }

  /**
   * Where all neurons fire at every step the bound is reached; but for 1 - s, which is then 0, and
   * for the shortcut that adds channels of zeros.
   */
  @ParameterizedTest
  @CsvSource({
    "INPUT, CIFAR, B, true",
    "ADD, CIFAR, B, true",
    "ADD, IMAGENET, B, true",
    "ADD, CIFAR, A, false",
    "AND, CIFAR, B, true",
    "IAND, CIFAR, B, false"
  })
  void theBoundIsReachedWhereAllFire(
      Neuron.Residual merge, NetworkSpec.Stem stem, ResNetSpec.Shortcut shortcut, boolean reached) {
    NetworkSpec spec = spec(merge, stem, shortcut);
    Activity activity = run(spec, 0, 100);
    activity.firingRates().forEach((name, rate) -> assertEquals(1, rate, 0, name));
    double measured = activity.total().synapticOperations();
    if (reached) {
      assertEquals(bound(spec), measured, 1e-6 * measured);
    } else {
      assertTrue(measured < bound(spec), measured + " of " + bound(spec));
    }
  }

  /** With other spikes it holds too, and no neuron fires more than once a step. */
  @ParameterizedTest
  @CsvSource({"ADD, B", "ADD, A", "AND, B", "IAND, B"})
  void theBoundHolds(Neuron.Residual merge, ResNetSpec.Shortcut shortcut) {
    NetworkSpec spec = spec(merge, NetworkSpec.Stem.CIFAR, shortcut);
    for (float shift : new float[] {0.5f, 1.5f, 3}) {
      Activity activity = run(spec, 1, shift);
      activity
          .firingRates()
          .forEach((name, rate) -> assertTrue(rate >= 0 && rate <= 1, name + " " + rate));
      double measured = activity.total().synapticOperations();
      assertTrue(measured > 0 && measured <= bound(spec), measured + " of " + bound(spec));
    }
  }

  /**
   * By hand: after each of n blocks of a stage that add, elements are at most n + 1, and a
   * downsampling with neurons begins again.
   */
  @Test
  void sumsOfSpikesCountAsSoMany() {
    long first = 16 * 16 * 9 * 4 * 4;
    long down = 8 * 8 * 4 * 8;
    long second = 8 * 8 * 9 * 8 * 8;
    long stage1 = first * (1 + 1) + first * (2 + 1);
    // The downsampling and the first convolution are fed sums of up to 3.
    long stage2 = 3 * down + 3 * second / 2 + second + second * (2 + 1) + second * (3 + 1);
    long head = 6 * 3;
    NetworkSpec spec = spec(Neuron.Residual.ADD, NetworkSpec.Stem.CIFAR, ResNetSpec.Shortcut.B);
    assertEquals(STEPS * (stage1 + stage2 + head), bound(spec));
  }

  /** The mean of one pixel is that pixel: what a vgg's last layer takes for 32x32 are spikes. */
  @Test
  void aMeanOfOnePixelIsNone() {
    NetworkSpec vgg = Networks.named("vgg11");
    NetworkSize one = NetworkSize.of(vgg, 3, 32, 32, 10, 1);
    NetworkSize four = NetworkSize.of(vgg, 3, 64, 64, 10, 1);
    long head = 512 * 10;
    long image = 9 * 3 * 64;
    assertEquals(one.macs() - 32 * 32 * image, one.synapticOperations());
    assertEquals(four.macs() - 64 * 64 * image - head, four.synapticOperations());
  }

  /**
   * Parameters and billions of multiply-accumulates that torchvision's documentation tells of its
   * networks for 21 classes, for images of 520x520. It runs the second head in evaluation too.
   */
  @ParameterizedTest
  @CsvSource({
    "fcn-resnet50, 35322218, 152.717",
    "fcn-resnet101, 54314346, 232.738",
    "deeplabv3-resnet50, 42004074, 178.722",
    "deeplabv3-resnet101, 60996202, 258.743"
  })
  void segmentationCostsWhatTorchvisionSays(String name, long parameters, double billions) {
    NetworkSpec spec = Networks.named(name);
    assertEquals(parameters, NetworkSize.parameters(spec, 3, 21));
    long second = 65L * 65 * (9 * 1024 * 256 + 256 * 21);
    long macs = NetworkSize.of(spec, 3, 520, 520, 21, 1).macs();
    assertEquals(billions, (macs + second) / 1e9, 1e-3);
  }
}
