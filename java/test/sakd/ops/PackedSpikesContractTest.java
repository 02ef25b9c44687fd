package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import sakd.device.DType;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/**
 * Spikes, and sums of spikes, that a neuron packs beside its output are that output when they are
 * unpacked, to the bit, on every device. The neuron does not leak and reads eighths, so float32 has
 * its potentials to the last digit.
 */
class PackedSpikesContractTest {
  private static final Neuron NEURON =
      new Neuron(Neuron.Kind.IF, 2, 1, 0, false, false, Neuron.Surrogate.TRIANGLE, 1);

  private static final int ROWS = 35;

  private static void check(
      Ops ops, Neuron.Residual merge, int most, int steps, int channels, DType type) {
    String what = merge + ", up to " + most + ", T = " + steps + ", " + channels + " " + type;
    boolean merged = merge != Neuron.Residual.NONE;
    int own = merge == Neuron.Residual.ADD ? 1 : 0;
    int n = steps * ROWS * channels;
    int[] shape = {steps, ROWS, channels};
    Draw draw = new Draw(what.hashCode());
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.of(type, eighths(draw.normal(n, 1, 1.5)), shape);
      double[] u = draw.uniform(n, 0, 1);
      double[] joining =
          merge == Neuron.Residual.INPUT
              ? eighths(u)
              : Arrays.stream(u).map(v -> Math.rint(v * (most - own))).toArray();
      Twin residual = merged ? twins.of(type, joining, shape) : null;
      Twin out = twins.poisoned(type, shape);
      Twin again = twins.poisoned(type, shape);
      twins.run(
          s -> {
            try (Tensor packed = s.ops().allocateSpikes(s.at(out), most)) {
              s.ops().neuron(NEURON, merge, s.at(x), null, s.at(residual), null, s.at(out), packed);
              s.ops().unpackSpikes(packed, s.at(again));
              assertEquals(DType.U8, packed.type());
              assertTrue(packed.size() <= out.reference().size(), what + ": packed " + packed);
            }
          });
      twins.assertExact(what + ": out", out);
      twins.assertExact(what + ": unpacked", again);
      double[] expected = twins.values(out);
      assertArrayEquals(expected, twins.values(again), what + ": the reference's");
      double largest = Arrays.stream(expected).max().orElse(0);
      assertTrue(largest > 0 && largest <= most, what + ": the largest is " + largest);
    }
  }

  private static double[] eighths(double[] values) {
    return Arrays.stream(values).map(v -> Math.rint(8 * v) / 8).toArray();
  }

  private static DType last(List<DType> types) {
    return types.get(types.size() - 1);
  }

  @EachDevice
  void bitsOfEveryResidualAndTime(Ops ops) {
    List<DType> types = Twins.storage(ops);
    types.forEach(type -> check(ops, Neuron.Residual.NONE, 1, 4, 48, type));
    check(ops, Neuron.Residual.NONE, 1, 1, 16, last(types));
    check(ops, Neuron.Residual.NONE, 1, 32, 16, last(types));
    check(ops, Neuron.Residual.INPUT, 1, 4, 48, last(types));
    if (!Devices.isEmulated(ops)) {
      check(ops, Neuron.Residual.AND, 1, 4, 48, DType.F32);
      check(ops, Neuron.Residual.IAND, 1, 4, 48, DType.F32);
    }
  }

  @EachDevice
  void bytesOfSums(Ops ops) {
    List<DType> types = Twins.storage(ops);
    types.forEach(type -> check(ops, Neuron.Residual.ADD, 17, 4, 48, type));
    check(ops, Neuron.Residual.ADD, PackedSpikes.MOST, 1, 16, last(types));
    check(ops, Neuron.Residual.ADD, PackedSpikes.MOST, 32, 16, last(types));
    if (!Devices.isEmulated(ops)) {
      check(ops, Neuron.Residual.AND, 5, 4, 48, DType.F32);
      check(ops, Neuron.Residual.IAND, 5, 4, 48, DType.F32);
    }
  }

  /** By how many of them an item works on, of 16 bits where the device has them. */
  @EachDevice
  void anyNumberOfChannels(Ops ops) {
    for (int channels : new int[] {3, 6, 20, 8}) {
      check(ops, Neuron.Residual.NONE, 1, 4, channels, last(Twins.storage(ops)));
      check(ops, Neuron.Residual.ADD, 9, 4, channels, last(Twins.storage(ops)));
    }
  }

  /** What the backward pass reads of a residual that is added is nothing. */
  @EachDevice
  void theGradientOfAnAdditionNeedsNoResidual(Ops ops) {
    try (Tensor x = ops.allocate(DType.F32, 4, ROWS, 16);
        Tensor g = ops.allocate(DType.F32, x.shape());
        Tensor expected = ops.allocate(DType.F32, x.shape());
        Tensor gx = ops.allocate(DType.F32, x.shape())) {
      Twins.set(ops, x, new Draw(1).normal((int) x.size()));
      Twins.set(ops, g, new Draw(2).normal((int) x.size()));
      for (Tensor to : new Tensor[] {expected, gx}) {
        ops.neuronBackward(
            Neuron.LIF,
            Neuron.Residual.ADD,
            x,
            null,
            to == gx ? null : x,
            null,
            g,
            new Ops.NeuronGradients(to, null, null, null, null));
      }
      assertArrayEquals(Twins.values(ops, expected), Twins.values(ops, gx));
    }
  }

  @EachDevice
  void whatDoesNotFitIsRefused(Ops ops) {
    try (Tensor x = ops.allocate(DType.F32, 4, ROWS, 16);
        Tensor wrong = ops.allocate(DType.U8, 4, ROWS, 12);
        Tensor ints = ops.allocate(DType.I32, 4, ROWS, 16)) {
      for (int most : new int[] {0, PackedSpikes.MOST + 1}) {
        assertThrows(IllegalArgumentException.class, () -> ops.allocateSpikes(x, most));
      }
      assertThrows(IllegalArgumentException.class, () -> ops.allocateSpikes(ints, 1));
      for (Tensor packed : new Tensor[] {wrong, ints}) {
        assertThrows(IllegalArgumentException.class, () -> ops.unpackSpikes(packed, x));
        assertThrows(
            IllegalArgumentException.class,
            () -> ops.neuron(NEURON, Neuron.Residual.NONE, x, null, null, null, x, packed));
      }
      try (Tensor bits = ops.allocateSpikes(x, 1);
          Tensor bytes = ops.allocateSpikes(x, 2)) {
        assertTrue(bits.size() * 4 <= x.size(), "bits take " + bits.size());
        assertEquals(x.size(), bytes.size());
      }
    }
  }
}
