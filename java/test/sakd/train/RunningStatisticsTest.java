package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import sakd.nn.BatchNorm2d;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.testing.ThreadRanks;

/** What ranks that saw other samples evaluate and save. */
class RunningStatisticsTest {
  /** Mean, variance and the averages of both after ranks of other statistics have settled. */
  private static float[][] settled(Ops ops, DistBn how) {
    Parameters parameters = new Parameters(1);
    new BatchNorm2d(parameters, "bn", 2);
    parameters.allocate(ops);
    int rank = ops.rank();
    try (parameters;
        Ema ema = new Ema(ops, parameters, 0.5f)) {
      set(parameters, rank, 10 * rank);
      ema.swap();
      set(parameters, 100 * rank, 1000 * rank);
      ema.swap();
      new RunningStatistics(ops, how, parameters, ema).settle();
      float[] mean = parameters.get("bn.running_mean").get();
      float[] var = parameters.get("bn.running_var").get();
      ema.swap();
      return new float[][] {
        mean,
        var,
        parameters.get("bn.running_mean").get(),
        parameters.get("bn.running_var").get(),
        parameters.get("bn.weight").get()
      };
    }
  }

  private static void set(Parameters parameters, float mean, float var) {
    parameters.get("bn.running_mean").set(new float[] {mean, -mean});
    parameters.get("bn.running_var").set(new float[] {var, var + 3});
  }

  private static void check(DistBn how, float... expected) {
    List<float[][]> ranks = ThreadRanks.onReference(4, ops -> settled(ops, how));
    for (int rank = 0; rank < 4; rank++) {
      float own = expected.length == 0 ? rank : expected[0];
      float[][] found = ranks.get(rank);
      assertArrayEquals(new float[] {own, -own}, found[0]);
      assertArrayEquals(new float[] {10 * own, 10 * own + 3}, found[1]);
      assertArrayEquals(new float[] {100 * own, -100 * own}, found[2]);
      assertArrayEquals(new float[] {1000 * own, 1000 * own + 3}, found[3]);
      assertArrayEquals(new float[] {1, 1}, found[4]);
    }
  }

  @Test
  void theMeanOfAll() {
    check(DistBn.REDUCE, 1.5f);
  }

  @Test
  void thoseOfRankZero() {
    check(DistBn.BROADCAST, 0);
    check(DistBn.OFF, 0);
  }

  /** Synchronised ones are alike; these are left as they are. */
  @Test
  void synchronisedOnesAreLeftAlone() {
    check(null);
  }
}
