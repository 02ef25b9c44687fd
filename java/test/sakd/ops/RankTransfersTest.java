package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.testing.Devices;
import sakd.testing.ThreadRanks;

/** What ranks tell each other. */
class RankTransfersTest {
  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void bytesOfAnyNumberComeInTheOrderOfRanks() {
    List<List<String>> heard =
        ThreadRanks.onReference(
            3,
            ops ->
                RankTransfers.gather(
                        ops, "x".repeat(2 * ops.rank()).getBytes(StandardCharsets.UTF_8))
                    .stream()
                    .map(RankTransfersTest::text)
                    .toList());
    assertEquals(List.of("", "xx", "xxxx"), heard.get(0));
    assertEquals(List.of(heard.get(0), heard.get(0), heard.get(0)), heard);
  }

  @Test
  void sumsAreDouble() {
    for (double[] sums :
        ThreadRanks.onReference(
            2, ops -> RankTransfers.sum(ops, 1 + ops.rank() * 1e-12, ops.rank()))) {
      assertArrayEquals(new double[] {2 + 1e-12, 1}, sums, 0);
    }
  }

  @Test
  void numbersComeAsTheyAre() {
    double[] odd = {Double.NaN, -0.0, (1L << 53) - 1, Double.MIN_VALUE};
    for (List<double[]> each :
        ThreadRanks.onReference(
            2, ops -> RankTransfers.gather(ops, ops.rank() == 0 ? odd : new double[0]))) {
      assertArrayEquals(odd, each.get(0));
      assertEquals(0, each.get(1).length);
    }
  }

  @Test
  void oneAloneHearsItself() {
    try (Ops ops = Devices.reference();
        Tensor one = Transfers.vector(ops, 5);
        Tensor all = ops.allocate(DType.F32, 1)) {
      assertEquals("a", text(RankTransfers.gather(ops, new byte[] {'a'}).get(0)));
      ops.sumRanks(one);
      ops.broadcastRanks(one);
      ops.gatherRanks(one, all);
      assertArrayEquals(new float[] {5}, Transfers.floats(ops.device(), all));
    }
  }

  @Test
  void tensorsAddUpAndComeFromTheFirst() {
    for (float[] seen :
        ThreadRanks.onReference(
            4,
            ops -> {
              try (Tensor sum = Transfers.vector(ops, ops.rank(), 1);
                  Tensor first = Transfers.vector(ops, ops.rank() + 7)) {
                ops.sumRanksBeside(sum);
                ops.join();
                ops.broadcastRanks(first);
                float[] s = Transfers.floats(ops.device(), sum);
                return new float[] {s[0], s[1], Transfers.floats(ops.device(), first)[0]};
              }
            })) {
      assertArrayEquals(new float[] {6, 4, 7}, seen);
    }
  }
}
