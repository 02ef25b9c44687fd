package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.UserError;
import sakd.data.HeldOut;
import sakd.data.Mixing;
import sakd.device.DType;
import sakd.io.Safetensors;
import sakd.ops.Ops;
import sakd.ops.Transfers;
import sakd.testing.ThreadRanks;
import sakd.testing.TinyTraining;

/** Whole trainings of several ranks, and trainings that go on within an epoch. */
class SharedTrainingTest {
  /** Of 6 steps an epoch. */
  private static final int EPOCHS = 3;

  @TempDir private Path folder;

  private static TrainSettings settings(Scale scale) {
    return TinyTraining.settings(EPOCHS, TrainSettings.Algorithm.ADAMW, DType.F32).with(scale);
  }

  private static Scale every(int steps) {
    return new Scale(1, DType.F32, steps);
  }

  /** What a rank heard and came to. */
  private static final class Rank implements Listener {
    final List<String> heard = new ArrayList<>();
    final List<Double> losses = new ArrayList<>();
    private final int killEpoch;
    private final int killStep;
    Trainer.Outcome outcome;
    float[] weights;

    /** Dies after a step; 0 for never. */
    Rank(int killEpoch, int killStep) {
      this.killEpoch = killEpoch;
      this.killStep = killStep;
    }

    @Override
    public void start(Start s) {
      heard.add("epoch " + s.epoch() + " after step " + s.step() + " of " + s.steps());
    }

    @Override
    public void submitted(String phase, int epoch, int step) {
      if (epoch == killEpoch && step == killStep) {
        throw new IllegalStateException("killed");
      }
    }

    @Override
    public void epoch(EpochSummary s) {
      heard.add("epoch " + s.epoch());
      losses.add(s.loss().total());
    }
  }

  /** Trains in a folder for each rank, of which rank 0's alone is to be used. */
  private List<Rank> train(
      int ranks, String name, TrainSettings settings, boolean resume, int epoch, int step) {
    return ThreadRanks.onReference(
        ranks,
        ops -> {
          Rank rank = new Rank(epoch, step);
          try (TinyTraining training = new TinyTraining(ops, 1)) {
            rank.outcome = training.run(place(name, ops), settings, resume, rank);
            rank.weights = Transfers.floats(ops.device(), training.parameters.weights());
          }
          return rank;
        });
  }

  private Path place(String name, Ops ops) {
    return folder.resolve(ops.rank() == 0 ? name : name + ops.rank());
  }

  private void kill(int ranks, String name, TrainSettings settings, int epoch, int step) {
    IllegalStateException killed =
        assertThrows(
            IllegalStateException.class, () -> train(ranks, name, settings, false, epoch, step));
    assertEquals("killed", killed.getMessage());
  }

  private byte[] file(String name, String file) throws IOException {
    return Files.readAllBytes(folder.resolve(name).resolve(file));
  }

  private void assertSameFiles(String expected, String actual) throws IOException {
    for (String file : List.of(Trainer.LAST, Trainer.BEST)) {
      assertArrayEquals(file(expected, file), file(actual, file), file + " of " + actual);
    }
  }

  private Map<String, String> metadata(String name) {
    return Safetensors.read(folder.resolve(name).resolve(Trainer.LAST)).metadata();
  }

  /** The last batch of 4 images is one each, or too small for 6 parts. */
  @ParameterizedTest
  @CsvSource({"2, 1, NONE", "3, 2, MIXED"})
  void allRanksComeToTheSameAndOneIsHeard(int ranks, int microBatches, String mixed) {
    TrainSettings settings =
        TinyTraining.settings(
                EPOCHS,
                TrainSettings.Algorithm.SGD,
                DType.F32,
                mixed.equals("NONE") ? Mixing.NONE : new Mixing(0.8, 1))
            .with(new Scale(microBatches, DType.F32, 0));
    List<Rank> all = train(ranks, "run", settings, false, 0, 0);
    Rank first = all.get(0);
    assertEquals(
        List.of("epoch 1 after step 0 of 6", "epoch 1", "epoch 2", "epoch 3"), first.heard);
    for (Rank rank : all) {
      assertArrayEquals(first.weights, rank.weights);
      assertEquals(first.outcome, rank.outcome);
    }
    assertEquals(List.of(), all.get(1).heard);
    assertTrue(Files.exists(folder.resolve("run")));
    assertFalse(Files.exists(folder.resolve("run1")));
  }

  /** Killed on 2 ranks, it goes on with one and with 2, where rank 1 sees no file. */
  @Test
  void anotherNumberOfRanksGoesOn() throws IOException {
    TrainSettings settings = settings(Scale.USUAL);
    train(2, "alone", settings, false, 0, 0);
    for (int ranks : new int[] {1, 2}) {
      String name = "on" + ranks;
      kill(2, name, settings, 3, 2);
      List<Rank> all = train(ranks, name, settings, true, 0, 0);
      assertEquals(List.of("epoch 3 after step 0 of 6", "epoch 3"), all.get(0).heard);
      for (Rank rank : all) {
        assertArrayEquals(all.get(0).weights, rank.weights);
      }
    }
    assertSameFiles("alone", "on2");
  }

  /** Killed in the first epoch, in the second, and just after a checkpoint. */
  @ParameterizedTest
  @CsvSource({"1, 5, 4", "2, 4, 2", "2, 3, 2", "3, 6, 4"})
  void aTrainingGoesOnWithinAnEpochToTheByte(int epoch, int step, int from) throws IOException {
    TrainSettings settings = settings(every(2));
    List<Rank> alone = train(1, "alone", settings, false, 0, 0);
    kill(1, "killed", settings, epoch, step);
    assertEquals(Integer.toString(from), metadata("killed").get("sakd.steps_done"));
    assertEquals(Integer.toString(epoch - 1), metadata("killed").get("sakd.epochs_done"));
    Rank rank = train(1, "killed", settings, true, 0, 0).get(0);
    assertEquals("epoch " + epoch + " after step " + from + " of 6", rank.heard.get(0));
    assertSameFiles("alone", "killed");
    assertEquals(alone.get(0).losses.subList(epoch - 1, EPOCHS), rank.losses);
    assertFalse(metadata("killed").containsKey("sakd.steps_done"));
  }

  /** With recordings begun anew, micro-batches and two ranks, of which the second has no file. */
  @Test
  void ranksGoOnWithinAnEpoch() throws IOException {
    TrainSettings settings = settings(new Scale(2, DType.F32, 3));
    train(2, "alone", settings, false, 0, 0);
    kill(2, "killed", settings, 2, 5);
    List<Rank> all = train(2, "killed", settings, true, 0, 0);
    assertEquals("epoch 2 after step 3 of 6", all.get(0).heard.get(0));
    assertArrayEquals(all.get(0).weights, all.get(1).weights);
    assertSameFiles("alone", "killed");
  }

  /** A teacher or a student whose first epoch was not finished has begun. */
  @Test
  void checkpointsWithinAnEpochAreSeen() {
    TrainSettings settings = settings(every(2));
    kill(1, "killed", settings, 1, 3);
    ThreadRanks.onReference(
        1,
        ops -> {
          try (TinyTraining training = new TinyTraining(ops, 1)) {
            Path run = folder.resolve("killed");
            assertEquals(
                1,
                Trainer.requireResumable(run, EPOCHS, training.data, HeldOut.TEST, training.data));
          }
          return null;
        });
    kill(1, "second", settings, 2, 3);
    UserError fewer =
        assertThrows(
            UserError.class,
            () ->
                train(
                    1,
                    "second",
                    TinyTraining.settings(1, TrainSettings.Algorithm.ADAMW, DType.F32),
                    true,
                    0,
                    0));
    assertTrue(
        fewer
            .getMessage()
            .endsWith(
                "last.safetensors cannot be resumed from: it has done 1 epochs and 2 steps of the"
                    + " next, but the run is to have 1 in all; expected at least as many as are"
                    + " begun, give more (--epochs, for the teacher --teacher-epochs)"),
        fewer.getMessage());
  }

  /** What rank 0 cannot read ends all, with one sentence. */
  @Test
  void aCheckpointThatIsDamagedEndsAll() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.write(folder.resolve("run").resolve(Trainer.LAST), new byte[] {1, 2, 3});
    List<String> messages =
        ThreadRanks.onReference(
            2,
            ops -> {
              try (TinyTraining training = new TinyTraining(ops, 1)) {
                return assertThrows(
                        UserError.class,
                        () ->
                            training.run(
                                place("run", ops), settings(Scale.USUAL), true, new Rank(0, 0)))
                    .getMessage();
              }
            });
    assertTrue(messages.get(0).contains("it is damaged"), messages.get(0));
    assertEquals(messages.get(0), messages.get(1));
  }

  @Test
  void aBatchTooSmallToShareIsRefused() {
    Scale.USUAL.requireShares(4, Mixing.NONE, 4);
    new Scale(3, DType.F32, 0).requireShares(6, Mixing.NONE, 2);
    new Scale(1, DType.F32, 0).requireShares(3, new Mixing(1, 0), 2);
    assertEquals(
        "--batch-size is 7, of all processes together, and is shared among 4 processes with 2"
            + " micro-batches each; expected at least 8, give a larger batch or start fewer"
            + " processes or take fewer --grad-accum-steps",
        assertThrows(
                UserError.class, () -> new Scale(2, DType.F32, 0).requireShares(7, Mixing.NONE, 4))
            .getMessage());
    assertEquals(
        "--batch-size is 2, of all processes together, and is shared among 2 processes, in pairs"
            + " that are mixed; expected at least 3, give a larger batch or start fewer processes",
        assertThrows(UserError.class, () -> Scale.USUAL.requireShares(2, new Mixing(0, 1), 2))
            .getMessage());
    assertEquals(
        "--batch-size is 2 and is shared among 3 micro-batches; expected at least 3, give a larger"
            + " batch or take fewer --grad-accum-steps",
        assertThrows(
                UserError.class, () -> new Scale(3, DType.F32, 0).requireShares(2, Mixing.NONE, 1))
            .getMessage());
  }
}
