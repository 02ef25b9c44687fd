package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.nn.Parameter;
import sakd.ops.Backend;
import sakd.ops.Ops;
import sakd.testing.TinyTraining;

/** Patience ends a training, and the best epoch is what it came to. */
class EarlyStoppingTest {
  private static final int EPOCHS = 40;
  private static final int PATIENCE = 3;
  private static final TrainSettings SETTINGS = TinyTraining.patient(EPOCHS, PATIENCE);

  @TempDir static Path shared;

  /** A training that nobody disturbed. */
  private static Heard undisturbed;

  @BeforeAll
  static void undisturbed() {
    undisturbed = train("undisturbed", SETTINGS, false, Integer.MAX_VALUE);
  }

  /** What was heard of a training, and what is in the network after it. */
  private static final class Heard implements Listener {
    private final List<EpochSummary> epochs = new ArrayList<>();
    private final List<Ended> ended = new ArrayList<>();
    private final int dies;
    private Trainer.Outcome outcome;
    private final Map<String, float[]> network = new LinkedHashMap<>();

    Heard(int dies) {
      this.dies = dies;
    }

    @Override
    public void step(StepSummary s) {
      if (s.epoch() == dies) {
        throw new IllegalStateException("killed");
      }
    }

    @Override
    public void epoch(EpochSummary s) {
      epochs.add(s);
    }

    @Override
    public void ended(Ended e) {
      ended.add(e);
    }
  }

  /** Trains a new network in a folder; the process dies in the epoch {@code dies}. */
  private static Heard train(String name, TrainSettings settings, boolean resume, int dies) {
    Heard heard = new Heard(dies);
    try (Ops ops = Backend.open("cpu");
        TinyTraining training = new TinyTraining(ops, 1)) {
      heard.outcome = training.run(shared.resolve(name), settings, resume, heard);
      for (Parameter p : training.parameters.all()) {
        heard.network.put(p.name(), p.get());
      }
    }
    return heard;
  }

  private static void assertHasBest(Heard heard) {
    Map<String, HostTensor> best =
        Safetensors.read(shared.resolve("undisturbed/best.safetensors")).tensors();
    assertEquals(best.keySet(), heard.network.keySet());
    best.forEach((name, t) -> assertArrayEquals(t.toFloats(), heard.network.get(name), name));
  }

  @Test
  void endsAfterEpochsWithoutABetterScoreWithTheWeightsOfTheBest() {
    List<Listener.EpochSummary> epochs = undisturbed.epochs;
    int last = epochs.size();
    assertTrue(last < EPOCHS, "nothing stopped it");
    double best = -1;
    int waited = 0;
    for (Listener.EpochSummary s : epochs) {
      assertTrue(waited < PATIENCE, "goes on with epoch " + s.epoch());
      boolean better = s.scores().value() > best;
      best = better ? s.scores().value() : best;
      waited = better ? 0 : waited + 1;
    }
    assertEquals(PATIENCE, waited);
    Listener.Ended ended = undisturbed.ended.get(0);
    assertEquals(last, ended.epoch());
    assertEquals(last - PATIENCE, ended.bestEpoch());
    assertEquals(best, ended.best());
    assertTrue(ended.early());
    assertEquals(new Trainer.Outcome(best, best, last), undisturbed.outcome);
    assertHasBest(undisturbed);
  }

  @Test
  void schedulesTheLearningRateAsWithout() {
    LrSchedule schedule = new LrSchedule(SETTINGS.schedule(), SETTINGS.lr(), EPOCHS, 0);
    for (int e = 0; e < undisturbed.epochs.size(); e++) {
      assertEquals(schedule.at(e), undisturbed.epochs.get(e).lr());
    }
  }

  @Test
  void killedInItsLastEpochItEndsThereWhenItGoesOn() throws IOException {
    int last = undisturbed.outcome.epochs();
    assertThrows(IllegalStateException.class, () -> train("killed", SETTINGS, false, last));
    Heard resumed = train("killed", SETTINGS, true, Integer.MAX_VALUE);
    assertEquals(1, resumed.epochs.size());
    assertEquals(undisturbed.outcome, resumed.outcome);
    assertHasBest(resumed);
    for (String file : List.of(Trainer.LAST, Trainer.BEST)) {
      assertArrayEquals(
          Files.readAllBytes(shared.resolve("undisturbed").resolve(file)),
          Files.readAllBytes(shared.resolve("killed").resolve(file)),
          file);
    }
  }

  @Test
  void staysEndedUnlessPatienceIsLonger() throws IOException {
    Path copy = Files.createDirectories(shared.resolve("copy"));
    for (String file : List.of(Trainer.LAST, Trainer.BEST)) {
      Files.copy(shared.resolve("undisturbed").resolve(file), copy.resolve(file));
    }
    Heard again = train("copy", SETTINGS, true, Integer.MAX_VALUE);
    assertEquals(List.of(), again.epochs);
    assertEquals(undisturbed.ended, again.ended);
    assertEquals(undisturbed.outcome, again.outcome);
    assertHasBest(again);
    Heard longer =
        train("copy", TinyTraining.patient(EPOCHS, PATIENCE + 1), true, Integer.MAX_VALUE);
    assertNotEquals(0, longer.epochs.size());
    assertEquals(undisturbed.outcome.epochs() + 1, longer.epochs.get(0).epoch());
  }
}
