package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.data.Mixing;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Transfers;
import sakd.testing.ThreadRanks;
import sakd.testing.TinyTraining;

/** Distillation on several ranks, batch norms of the network and of transforms included. */
class SyncBatchNormTest {
  @TempDir private Path folder;

  /** Weights, running statistics, and those of the average, at the end. */
  private record Result(float[] weights, float[] statistics, double score) {}

  /**
   * 44 images in batches of 8: the last has 4, too few pairs for 3 ranks, which compute it whole.
   */
  private Result train(Ops ops, boolean sync, DistBn distBn) {
    TrainSettings settings =
        TinyTraining.settings(2, TrainSettings.Algorithm.SGD, DType.F32, new Mixing(0.8, 1))
            .with(new Scale(1, DType.F32, 0, sync, distBn, false));
    try (TinyTraining training = new TinyTraining(ops, 1)) {
      Path run = folder.resolve(ops.ranks() + " " + sync + distBn);
      double score = training.run(run, settings, false, s -> {}).last();
      return new Result(
          Transfers.floats(ops.device(), training.parameters.weights()),
          Transfers.floats(ops.device(), training.parameters.statistics()),
          score);
    }
  }

  private static void assertSame(List<Result> ranks) {
    for (Result rank : ranks) {
      assertArrayEquals(ranks.get(0).weights, rank.weights);
      assertArrayEquals(ranks.get(0).statistics, rank.statistics);
      assertEquals(ranks.get(0).score, rank.score);
    }
  }

  private static void assertClose(float[] expected, float[] actual) {
    float largest = 0;
    for (float w : expected) {
      largest = Math.max(largest, Math.abs(w));
    }
    assertArrayEquals(expected, actual, 1e-5f * largest);
  }

  @Test
  void synchronisedRanksTrainAsOneProcess() {
    Result alone = ThreadRanks.onReference(1, ops -> train(ops, true, DistBn.REDUCE)).get(0);
    for (int ranks : new int[] {2, 3}) {
      List<Result> all = ThreadRanks.onReference(ranks, ops -> train(ops, true, DistBn.REDUCE));
      assertSame(all);
      assertClose(alone.weights, all.get(0).weights);
      assertClose(alone.statistics, all.get(0).statistics);
      assertEquals(alone.score, all.get(0).score);
    }
  }

  /** Each norms its own samples then: another training, but one that all come out of alike. */
  @Test
  void othersHaveTheSameStatisticsAfterEachEpoch() {
    float[][] statistics = new float[2][];
    for (DistBn how : new DistBn[] {DistBn.REDUCE, DistBn.BROADCAST}) {
      List<Result> all = ThreadRanks.onReference(2, ops -> train(ops, false, how));
      assertSame(all);
      statistics[how.ordinal()] = all.get(0).statistics;
    }
    assertFalse(Arrays.equals(statistics[0], statistics[1]));
  }
}
