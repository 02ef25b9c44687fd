package sakd.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.testing.Devices;

class OpsProfileTest {
  /** An operation within work that is lent or recorded is counted once, the work around it not. */
  @Test
  void onlyWhatWorksOnTensorsIsAnOperation() {
    try (Ops reference = Devices.reference()) {
      OpsProfile profile = new OpsProfile(reference);
      Ops ops = profile.ops();
      profile.counting(true);
      ops.resetPeak();
      try (Tensor x = ops.allocate(DType.F32, 1 << 16)) {
        ops.lend(() -> ops.fill(x, 1));
        ops.capture(() -> ops.fill(x, 2));
        ops.add(x, x);
        ops.device();
        ops.memoryReport();
      }
      profile.counting(false);

      assertEquals(1, profile.share(n -> n.equals("fill") || n.equals("add")));
      assertTrue(profile.share(n -> n.equals("fill")) < 1);
      assertEquals(
          Set.of("fill", "add"),
          profile.operations(1).stream().map(o -> o.name()).collect(Collectors.toSet()));
    }
  }
}
