package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.ForwardingDataset;
import sakd.data.HeldOut;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.device.DType;
import sakd.infer.Evaluator;
import sakd.infer.Weights;
import sakd.io.WeightFile;
import sakd.model.Network;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.task.Task;
import sakd.testing.ThreadRanks;
import sakd.testing.TinyNetwork;
import sakd.testing.TinyPlan;
import sakd.train.Listener;
import sakd.train.Scale;
import sakd.train.Trainer;

/** The best epoch is chosen on samples cut from training, and the test samples choose nothing. */
class ValidationTest {
  private static final int EPOCHS = 5;
  private static final int TRAINING = 24;
  private static final int HELD_OUT = 6;
  private static final int TEST = 9;
  private static final int BATCH = 7;

  @TempDir private Path folder;

  /** Counts who reads which sample: training crops at random, evaluation does not. */
  private static final class Counted extends ForwardingDataset {
    private final Set<Integer> trained = new ConcurrentSkipListSet<>();
    private final AtomicIntegerArray evaluated;

    Counted(Dataset set) {
      super(set);
      evaluated = new AtomicIntegerArray(set.size());
    }

    @Override
    protected Dataset around(Dataset other) {
      throw new IllegalStateException("images have no other form");
    }

    @Override
    public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
      if (random == null) {
        evaluated.incrementAndGet(index);
      } else {
        trained.add(index);
      }
      return super.read(index, random, shape, target);
    }

    /** How often each sample was evaluated. */
    List<Integer> times() {
      return IntStream.range(0, size()).mapToObj(evaluated::get).toList();
    }
  }

  private static Counted images(int count) {
    return new Counted(TinyPlan.noise(count));
  }

  private static Plan plan(double valShare, int patience) {
    return TinyPlan.of(
        TinyNetwork.SPEC,
        TinyPlan.settings(EPOCHS, BATCH, 0.1, patience, Scale.USUAL, valShare),
        EPOCHS);
  }

  /** What was heard of the trainings; the process dies in an epoch of the student, 0 for none. */
  private static final class Heard implements Listener {
    private final Map<String, Ended> ended = new LinkedHashMap<>();
    private final List<EpochSummary> epochs = new ArrayList<>();
    private final int dies;

    Heard(int dies) {
      this.dies = dies;
    }

    @Override
    public void step(StepSummary s) {
      if (s.phase().equals("sakd") && s.epoch() == dies) {
        throw new IllegalStateException("killed");
      }
    }

    @Override
    public void epoch(EpochSummary s) {
      epochs.add(s);
    }

    @Override
    public void ended(Ended e) {
      ended.put(e.phase(), e);
    }
  }

  private static List<Pipeline.Row> run(
      Ops ops, Plan plan, Dataset train, Dataset test, Path where, Heard heard, boolean resume) {
    return new Pipeline(ops, plan, train, test, where, heard, line -> {}).run(resume);
  }

  private static <R> R alone(ThreadRanks.Work<R> work) {
    return ThreadRanks.onReference(1, work).get(0);
  }

  @Test
  void theTestSamplesAreReadOnceForEachRowAndTrainingSeesNoneForValidation() {
    Counted train = images(TRAINING);
    Counted test = images(TEST);
    Heard heard = new Heard(0);
    List<Pipeline.Row> rows =
        alone(ops -> run(ops, plan(0.25, 0), train, test, folder, heard, false));
    assertEquals(4, rows.size());
    assertEquals(IntStream.range(0, TEST).mapToObj(i -> 4).toList(), test.times());
    assertEquals(Set.of(), test.trained);
    Set<Integer> validated = new TreeSet<>();
    for (int i = 0; i < TRAINING; i++) {
      if (train.evaluated.get(i) > 0) {
        validated.add(i);
      }
    }
    assertEquals(HELD_OUT, validated.size());
    Set<Integer> both = new TreeSet<>(train.trained);
    both.retainAll(validated);
    assertEquals(Set.of(), both, "teacher, direct and student learn from the same part");
    assertEquals(TRAINING - HELD_OUT, train.trained.size());
    heard.epochs.forEach(e -> assertEquals(HeldOut.VALIDATION, e.heldOut()));
    rows.forEach(row -> assertEquals(TEST, row.evaluation().images()));
  }

  /** What a weight file scores on the test samples, and how much its neurons fire. */
  private static List<Object> measured(Ops ops, Path weights, boolean spiking) {
    Parameters parameters = new Parameters(0);
    Dataset test = images(TEST);
    try (Network network =
            TinyNetwork.SPEC.build(spiking ? Neuron.LIF : Neuron.RELU, 1, 1, 2, parameters);
        Evaluator evaluator = new Evaluator(ops, test, BATCH, DType.F32, Task.of(test))) {
      parameters.allocate(ops);
      Weights.load(WeightFile.read(weights), parameters, name -> true, "tiny");
      return figures(evaluator.evaluate(network, true));
    }
  }

  private static List<Object> figures(Evaluator.Evaluation e) {
    return List.of(e.scores(), e.activity().meanFiringRate());
  }

  @Test
  void theRowsAreOfTheEpochsThatWereBestOnTheValidationSamples() {
    Heard heard = new Heard(0);
    alone(
        ops -> {
          List<Pipeline.Row> rows =
              run(ops, plan(0.25, 0), images(TRAINING), images(TEST), folder, heard, false);
          Map<String, String> places = Map.of("teacher", "teacher", "direct", "direct", "sakd", "");
          for (Pipeline.Row row : rows) {
            if (row.phase() != null) {
              Path best = folder.resolve(places.get(row.phase())).resolve(Trainer.BEST);
              assertEquals(
                  measured(ops, best, row.spiking()), figures(row.evaluation()), row.name());
            }
          }
          return null;
        });
    int last = 0;
    for (Listener.Ended e : heard.ended.values()) {
      double best = -1;
      int bestEpoch = 0;
      for (Listener.EpochSummary s : heard.epochs) {
        if (s.phase().equals(e.phase()) && s.scores().value() > best) {
          best = s.scores().value();
          bestEpoch = s.epoch();
        }
      }
      assertEquals(bestEpoch, e.bestEpoch(), e.phase());
      assertEquals(best, e.best(), e.phase());
      last += e.bestEpoch() == EPOCHS ? 1 : 0;
    }
    assertNotEquals(3, last, "the last epoch is not always the best, or this test shows nothing");
  }

  /** With a share that is 0, rows are of the last epoch, as ever. */
  @Test
  void withoutAShareTheRowsAreOfTheLastEpoch() {
    Counted train = images(TRAINING);
    Counted test = images(TEST);
    Heard heard = new Heard(0);
    List<Pipeline.Row> rows = alone(ops -> run(ops, plan(0, 0), train, test, folder, heard, false));
    Map<String, Double> last = new LinkedHashMap<>();
    heard.epochs.forEach(s -> last.put(s.phase(), s.scores().value()));
    for (Pipeline.Row row : rows) {
      if (row.phase() != null) {
        assertEquals(last.get(row.phase()), row.evaluation().scores().value(), row.name());
      }
    }
    heard.epochs.forEach(e -> assertEquals(HeldOut.TEST, e.heldOut()));
    assertEquals(TRAINING, train.trained.size());
    assertTrue(test.times().stream().allMatch(n -> n > 4), "epochs are scored on them too");
  }

  @Test
  void allRanksCutAndChooseAlike() {
    Counted test = images(TEST);
    Counted train = images(TRAINING);
    List<List<Object>> tables =
        ThreadRanks.onReference(
            2,
            ops ->
                run(
                        ops,
                        plan(0.25, 2),
                        train,
                        test,
                        folder.resolve("rank" + ops.rank()),
                        new Heard(0),
                        false)
                    .stream()
                    .<Object>map(
                        row -> List.of(row.name(), row.epochs(), figures(row.evaluation())))
                    .toList());
    assertEquals(tables.get(0), tables.get(1));
    assertEquals(IntStream.range(0, TEST).mapToObj(i -> 4).toList(), test.times());
    assertEquals(TRAINING - HELD_OUT, train.trained.size());
  }

  @Test
  void aKilledRunGoesOnWithTheSameCutAndEndsWithTheSameBytes() throws IOException {
    Path whole = folder.resolve("whole");
    Path killed = folder.resolve("killed");
    alone(
        ops -> run(ops, plan(0.25, 0), images(TRAINING), images(TEST), whole, new Heard(0), false));
    assertThrows(
        IllegalStateException.class,
        () ->
            alone(
                ops ->
                    run(
                        ops,
                        plan(0.25, 0),
                        images(TRAINING),
                        images(TEST),
                        killed,
                        new Heard(3),
                        false)));
    PlanCheck.checkResume(plan(0.25, 0), killed, images(TRAINING), images(TEST));
    Counted train = images(TRAINING);
    alone(ops -> run(ops, plan(0.25, 0), train, images(TEST), killed, new Heard(0), true));
    for (String file :
        List.of(
            "last.safetensors",
            "best.safetensors",
            "teacher/best.safetensors",
            "direct/last.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(killed.resolve(file)), file);
    }
    assertEquals(TRAINING - HELD_OUT, train.trained.size());
    // Another cut, or none, is other data.
    for (double share : new double[] {0, 0.3}) {
      Exception e =
          assertThrows(
              UserError.class,
              () -> PlanCheck.checkResume(plan(share, 0), killed, images(TRAINING), images(TEST)));
      assertTrue(e.getMessage().contains("its training data were noise with 18 samples"), "" + e);
    }
  }
}
