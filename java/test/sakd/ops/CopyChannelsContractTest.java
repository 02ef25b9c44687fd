package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Channels of one tensor in another, on every device. */
class CopyChannelsContractTest {
  /** From, its first, to, its first, how many: of vectors, and of what no vector divides. */
  private static final int[][] CASES = {
    {64, 0, 320, 64, 64},
    {320, 256, 64, 0, 64},
    {48, 16, 32, 16, 16},
    {5, 1, 7, 3, 4},
    {8, 3, 8, 0, 5}
  };

  @EachDevice
  void copies(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int[] c : CASES) {
        Draw draw = new Draw(c[0]);
        try (Twins twins = new Twins(ops)) {
          Twin from = twins.of(type, draw.normal(2 * 3 * 5 * c[0]), 2, 3, 5, c[0]);
          Twin to = twins.of(type, draw.normal(2 * 3 * 5 * c[2]), 2, 3, 5, c[2]);
          twins.run(s -> s.ops().copyChannels(s.at(from), c[1], s.at(to), c[3], c[4]));
          twins.assertExact("to", to);
        }
      }
    }
  }

  @Test
  void theReferenceLeavesTheOtherChannels() {
    try (Ops ops = Devices.reference()) {
      Tensor from = ops.allocate(DType.F32, 2, 3);
      Tensor to = ops.allocate(DType.F32, 2, 4);
      Twins.set(ops, from, new double[] {1, 2, 3, 4, 5, 6});
      Twins.set(ops, to, new double[] {-1, -2, -3, -4, -5, -6, -7, -8});
      ops.copyChannels(from, 1, to, 2, 2);
      assertArrayEquals(new double[] {-1, -2, 2, 3, -5, -6, 5, 6}, Twins.values(ops, to));
    }
  }
}
