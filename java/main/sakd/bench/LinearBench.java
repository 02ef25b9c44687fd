package sakd.bench;

import static sakd.bench.Results.cell;

import java.util.ArrayList;
import java.util.List;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.OutOfDeviceMemory;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * The workload by which libraries of spiking networks are publicly compared: Linear(n, n) + LIF
 * over hundreds of steps, forward, and backward from the sum of all spikes to weight and bias.
 */
final class LinearBench {
  static final int BATCH = 16;

  private final Ops ops;
  private final DType storage;
  private final Timing timing;
  private boolean verified;

  LinearBench(Ops ops, DType storage, Timing timing) {
    this.ops = ops;
    this.storage = storage;
    this.timing = timing;
  }

  /** The layer at one size; time is cut into stretches whose potentials are handed on. */
  private static final class Layer implements AutoCloseable {
    private final Ops ops;
    private final RandomTensors tensors;
    private final ConvShape product;
    private final Tensor x;
    private final Tensor w;
    private final Tensor bias;
    private final Tensor y;
    private final Tensor spikes;
    private final Tensor gradSpikes;
    private final Tensor gradY;
    private final Tensor gradW;
    private final Tensor gradBias;
    private final Tensor gradV;

    /** The potential before each stretch and after the last. */
    private final List<Tensor> potentials = new ArrayList<>();

    private final int steps;
    private final int step;

    Layer(Ops ops, DType storage, int n, int steps) {
      this.ops = ops;
      this.steps = steps;
      this.step = BATCH * n;
      this.tensors = new RandomTensors(ops);
      // In 16-bit storage a linear layer is a 1x1 convolution of images of one pixel.
      this.product = new ConvShape(steps * BATCH, 1, 1, n, n, 1, 1, 0);
      int[] shape = {steps, BATCH, n};
      try {
        x = tensors.normal(1, 1, storage, shape);
        w = tensors.normal(2, 1 / Math.sqrt(n), DType.F32, n, n);
        bias = tensors.constant(0, DType.F32, n);
        y = tensors.empty(storage, shape);
        spikes = tensors.empty(storage, shape);
        gradSpikes = tensors.constant(1, storage, shape);
        gradY = tensors.empty(storage, shape);
        gradW = tensors.empty(DType.F32, n, n);
        gradBias = tensors.empty(DType.F32, n);
        gradV = tensors.empty(DType.F32, BATCH, n);
        for (int first = 0; first < steps + Neuron.MAX_STEPS; first += Neuron.MAX_STEPS) {
          potentials.add(tensors.constant(Neuron.LIF.vStart(), DType.F32, BATCH, n));
        }
      } catch (OutOfDeviceMemory e) {
        tensors.close();
        throw e;
      }
    }

    private Tensor stretch(Tensor t, int k) {
      int first = k * Neuron.MAX_STEPS;
      int count = Math.min(Neuron.MAX_STEPS, steps - first);
      return t.slice((long) first * step, count, BATCH, step / BATCH);
    }

    void forward() {
      if (x.type() == DType.F32) {
        ops.gemm(false, true, x, w, 0, y);
      } else {
        ops.conv(product, x, w, y);
      }
      ops.addBias(y, bias);
      spike();
    }

    void spike() {
      for (int k = 0; k < potentials.size() - 1; k++) {
        ops.neuronStretch(
            Neuron.LIF,
            stretch(y, k),
            potentials.get(k),
            stretch(spikes, k),
            potentials.get(k + 1));
      }
    }

    void backward() {
      spikeBackward();
      if (x.type() == DType.F32) {
        ops.gemm(true, false, gradY, x, 0, gradW);
      } else {
        ops.convBackwardWeights(product, x, gradY, gradW);
      }
      ops.sumRows(gradY, gradBias);
    }

    void spikeBackward() {
      ops.fill(gradV, 0);
      for (int k = potentials.size() - 2; k >= 0; k--) {
        ops.neuronStretchBackward(
            Neuron.LIF,
            stretch(y, k),
            potentials.get(k),
            stretch(gradSpikes, k),
            gradV,
            stretch(gradY, k));
      }
    }

    @Override
    public void close() {
      tensors.close();
    }
  }

  /** Holds the neuron's kernels to the reference: what they make of inputs as of a product. */
  private void verify() {
    int n = 20;
    int steps = Neuron.MAX_STEPS + 5;
    try (Ops reference = Agreement.reference();
        Layer device = new Layer(ops, storage, n, steps);
        Layer expected = new Layer(reference, storage, n, steps);
        RandomTensors onDevice = new RandomTensors(ops);
        RandomTensors onReference = new RandomTensors(reference)) {
      int[] shape = {steps, BATCH, n};
      ops.convert(onDevice.normal(3, 1, storage, shape), device.y);
      reference.convert(onReference.normal(3, 1, storage, shape), expected.y);
      for (Layer layer : List.of(device, expected)) {
        layer.spike();
        layer.spikeBackward();
      }
      String what = "the neuron over a long time";
      Agreement.require(what, ops, device.spikes, reference, expected.spikes);
      Agreement.require(what, ops, device.gradY, reference, expected.gradY);
    }
  }

  /** The table over n. */
  void measure(Results results, List<Integer> sizes, int steps) {
    results.section(
        "Linear(n, n) + LIF",
        cell(
            "Batch %d, T = %d, forward, and backward from the sum of all spikes to weight and bias;"
                + " with a wait for the device at the end of each.",
            BATCH, steps),
        "n",
        "Implementation",
        "Forward, ms",
        "Backward, ms",
        "Peak MiB");
    for (int n : sizes) {
      results.row(
          cell("Linear(%d, %d) + LIF", n, n),
          () -> {
            if (!verified) {
              verify();
              verified = true;
            }
            return row(n, steps);
          });
    }
  }

  /** Times the layer of this size, after {@link #verify}. */
  List<String> row(int n, int steps) {
    ops.resetPeak();
    List<String> cells;
    try (Layer layer = new Layer(ops, storage, n, steps)) {
      double forward = timing.seconds(layer::forward);
      double backward = timing.seconds(layer::backward);
      cells =
          List.of(
              cell("%.3f", forward * 1e3),
              cell("%.3f", backward * 1e3),
              cell("%.1f", ops.memoryReport().peak() / 0x1p20));
    } catch (OutOfDeviceMemory e) {
      cells = List.of("out of memory", "", "");
    }
    List<String> row = new ArrayList<>(List.of(cell("%d", n), Results.SAKD + " " + storage));
    row.addAll(cells);
    return row;
  }
}
