package sakd.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import sakd.ops.Ops;
import sakd.testing.Devices;
import sakd.testing.ThreadRanks;

/** What ranks' sums of the same steps come to. */
class StepSumsTest {
  /** By rank; the last had no share of the last of five batches. */
  private static final List<StepSums> EACH =
      List.of(
          new StepSums(List.of(1.5, 0.1), 8, 3, 1L << 40, 5, 0, 0),
          new StepSums(List.of(2.5, 0.2), 7, 4, (1L << 40) + 1, 5, 4, Float.POSITIVE_INFINITY),
          new StepSums(List.of(4.0, 0.3), 6, 6, 2, 4, 4, Float.NaN));

  private static List<StepSums> overRanks(List<StepSums> each) {
    return ThreadRanks.onReference(each.size(), (Ops ops) -> each.get(ops.rank()).overRanks(ops));
  }

  @Test
  void allRanksGetTheSameSums() {
    StepSums sums =
        new StepSums(
            List.of(8.0, 0.1 + 0.2 + 0.3), 21, 13, (1L << 41) + 3, 5, 4, Float.POSITIVE_INFINITY);
    assertEquals(List.of(sums, sums, sums), overRanks(EACH));
  }

  @Test
  void theFirstBrokenStepIsThatOfAnyRank() {
    StepSums late = new StepSums(List.of(1.0), 1, 0, 1, 9, 7, Float.POSITIVE_INFINITY);
    StepSums early = new StepSums(List.of(1.0), 1, 0, 1, 9, 2, Float.NaN);
    StepSums fine = new StepSums(List.of(1.0), 1, 0, 1, 9, 0, 0);
    for (StepSums sums : overRanks(List.of(fine, late, early, fine))) {
      assertEquals(2, sums.broken());
      assertEquals(Float.NaN, sums.brokenLoss());
    }
    for (StepSums sums : overRanks(List.of(fine, fine))) {
      assertEquals(0, sums.broken());
    }
  }

  @Test
  void oneRankHasItsOwn() {
    try (Ops ops = Devices.reference()) {
      assertEquals(EACH.get(1), EACH.get(1).overRanks(ops));
    }
  }
}
