package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.device.DType;
import sakd.ops.Backend;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.ops.Transfers;
import sakd.ranks.Launch;
import sakd.ranks.World;
import sakd.testing.MpiRanks;
import sakd.testing.TinyTraining;

/** Three epochs of distillation in processes that mpirun starts: batch norm is of all of them. */
class MpiTrainingTest {
  private static final int EPOCHS = 3;
  private static final int SECONDS = 60;
  private static final String RESULT = "result";

  @TempDir private Path parent;

  /** Trains; the weights, and the running statistics behind them. */
  private static ByteBuffer train(Ops ops, Path folder) {
    TrainSettings settings =
        TinyTraining.withoutAverage(EPOCHS)
            .with(new Scale(1, DType.F32, 0, true, DistBn.REDUCE, false));
    try (TinyTraining training = new TinyTraining(ops, 1)) {
      training.run(folder, settings, false, step -> {});
      float[] weights = Transfers.floats(ops.device(), training.parameters.weights());
      float[] statistics = Transfers.floats(ops.device(), training.parameters.statistics());
      ByteBuffer all = ByteBuffer.allocate(Float.BYTES * (weights.length + statistics.length));
      all.asFloatBuffer().put(weights).put(statistics);
      return all;
    }
  }

  /** What every rank does. */
  static final class Rank {
    public static void main(String[] args) throws IOException {
      World world = World.join(Launch.of(System.getenv()), SECONDS, MpiRanks.ENDING);
      Path folder = Path.of(args[0]);
      try (Ops ops = Backend.open("cpu", world)) {
        byte[] own = train(ops, folder.resolve("rank" + world.rank())).array();
        for (byte[] others : RankTransfers.gather(ops, own)) {
          assertArrayEquals(own, others);
        }
        if (world.rank() == 0) {
          Files.write(folder.resolve(RESULT), own);
        }
      }
      world.leave();
      System.out.println("same");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void ranksComeToTheSameBitsAndToWhatOneProcessDoes(int ranks) throws Exception {
    MpiRanks.assumeThere();
    MpiRanks.assertLines(ranks, "same", MpiRanks.output(ranks, Rank.class, parent.toString()));
    ByteBuffer together = ByteBuffer.wrap(Files.readAllBytes(parent.resolve(RESULT)));
    try (Ops ops = Backend.open("cpu")) {
      ByteBuffer alone = train(ops, parent.resolve("alone"));
      assertEquals(alone.capacity(), together.capacity());
      double difference = 0;
      double size = 0;
      while (alone.hasRemaining()) {
        float expected = alone.getFloat();
        difference += Math.pow(together.getFloat() - expected, 2);
        size += expected * expected;
      }
      assertEquals(0, Math.sqrt(difference / size), 1e-5);
    }
  }
}
