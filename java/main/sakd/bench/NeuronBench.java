package sakd.bench;

import static sakd.bench.Results.cell;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import sakd.device.DType;
import sakd.device.Memory;
import sakd.device.OutOfDeviceMemory;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * The fused batch norm + LIF, forward and backward, beside a plain copy on the device.
 *
 * <p>Bytes counted are those that have to move: forward reads x twice (statistics, neuron) and
 * writes s; backward reads x and grad s twice and writes grad x. In 16-bit storage that is 16 bytes
 * an element-step.
 */
final class NeuronBench {
  static final int CHANNELS = 128;
  private static final int FORWARD_TENSORS = 3;
  private static final int BACKWARD_TENSORS = 5;

  /** For the comparison with the reference: a number of rows that no block divides. */
  private static final int CHECKED_ROWS = 37;

  private final Ops ops;
  private final DType storage;
  private final Timing timing;
  private final Set<Integer> verified = new HashSet<>();

  NeuronBench(Ops ops, DType storage, Timing timing) {
    this.ops = ops;
    this.storage = storage;
    this.timing = timing;
  }

  /** Bytes read and written a second by a copy on the device, of at most so many bytes. */
  double copyBandwidth(long bytes) {
    try (Memory from = ops.device().allocate(bytes);
        Memory to = ops.device().allocate(bytes)) {
      ops.device().zero(from);
      return 2 * bytes / timing.seconds(() -> ops.device().copy(from, to));
    } catch (OutOfDeviceMemory e) {
      return copyBandwidth(bytes / 2);
    }
  }

  /** One layer: its tensors, and the two passes over them. */
  private static final class Layer implements AutoCloseable {
    private final Ops ops;
    private final RandomTensors tensors;
    private final Tensor x;
    private final Tensor out;
    private final Tensor gradOut;
    private final Ops.BatchNorm norm;
    private final Tensor affine;
    private final Ops.NeuronGradients gradients;

    Layer(Ops ops, DType storage, int steps, int rows) {
      this.ops = ops;
      tensors = new RandomTensors(ops);
      try {
        x = tensors.normal(1, 1, storage, steps, rows, CHANNELS);
        out = tensors.empty(storage, steps, rows, CHANNELS);
        gradOut = tensors.normal(2, 1, storage, steps, rows, CHANNELS);
        norm =
            new Ops.BatchNorm(channels(1.5f), channels(0.25f), channels(0), channels(1), 1e-5f, 0);
        affine = tensors.empty(DType.F32, 4, CHANNELS);
        Tensor gradX = tensors.empty(storage, steps, rows, CHANNELS);
        gradients = new Ops.NeuronGradients(gradX, null, channels(0), channels(0), null);
      } catch (OutOfDeviceMemory e) {
        tensors.close();
        throw e;
      }
    }

    private Tensor channels(float value) {
      return tensors.constant(value, DType.F32, CHANNELS);
    }

    void forward() {
      ops.batchStatistics(x, norm, 1, affine);
      ops.neuron(Neuron.LIF, Neuron.Residual.NONE, x, affine, null, null, out);
    }

    void backward() {
      ops.neuronBackward(
          Neuron.LIF, Neuron.Residual.NONE, x, affine, null, null, gradOut, gradients);
    }

    @Override
    public void close() {
      tensors.close();
    }
  }

  /** Holds the kernels of T steps to the reference, both from the same numbers. */
  private void verify(int steps) {
    try (Ops reference = Agreement.reference();
        Layer device = new Layer(ops, storage, steps, CHECKED_ROWS);
        Layer expected = new Layer(reference, storage, steps, CHECKED_ROWS)) {
      for (Layer layer : List.of(device, expected)) {
        layer.forward();
        layer.backward();
      }
      String what = "the fused neuron at T = " + steps;
      Agreement.require(what, ops, device.out, reference, expected.out);
      Agreement.require(what, ops, device.gradients.x(), reference, expected.gradients.x());
      Agreement.require(what, ops, device.gradients.gamma(), reference, expected.gradients.gamma());
    }
  }

  /** The table over T and sizes; what does not fit the memory is said in its row. */
  void measure(Results results, List<Integer> steps, List<Long> sizes, double copy) {
    results.section(
        "Batch norm + LIF",
        cell(
            "Forward and backward, %d channels, %s. A copy on the device moves %.1f GB/s, read and"
                + " written. Counted for SAKD are the bytes that have to move: %d an element-step"
                + " forward, %d backward. Each T was compared with the reference before.",
            CHANNELS,
            storage,
            copy * 1e-9,
            FORWARD_TENSORS * storage.size,
            BACKWARD_TENSORS * storage.size),
        "T",
        "Element-steps",
        "Implementation",
        "Forward, ns each",
        "GB/s",
        "of the copy",
        "Backward, ns each",
        "GB/s",
        "of the copy");
    for (int t : steps) {
      for (long size : sizes) {
        results.row(
            cell("batch norm + LIF at T = %d of %d element-steps", t, size),
            () -> {
              if (!verified.contains(t)) {
                verify(t);
                verified.add(t);
              }
              return row(t, size, copy);
            });
      }
    }
  }

  /** Times a layer of about so many element-steps, after {@link #verify}. */
  List<String> row(int steps, long size, double copy) {
    int rows = Math.toIntExact(size / steps / CHANNELS);
    long elements = (long) rows * steps * CHANNELS;
    List<String> cells;
    try (Layer layer = new Layer(ops, storage, steps, rows)) {
      double forward = timing.seconds(layer::forward);
      double backward = timing.seconds(layer::backward);
      double read = (double) elements * storage.size;
      cells =
          List.of(
              cell("%.4f", forward / elements * 1e9),
              cell("%.1f", FORWARD_TENSORS * read / forward * 1e-9),
              cell("%.1f %%", 100 * FORWARD_TENSORS * read / forward / copy),
              cell("%.4f", backward / elements * 1e9),
              cell("%.1f", BACKWARD_TENSORS * read / backward * 1e-9),
              cell("%.1f %%", 100 * BACKWARD_TENSORS * read / backward / copy));
    } catch (OutOfDeviceMemory e) {
      cells = List.of("out of memory", "", "", "", "", "");
    }
    return Stream.concat(
            Stream.of(cell("%d", steps), cell("%d", elements), Results.SAKD), cells.stream())
        .toList();
  }
}
