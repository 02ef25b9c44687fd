package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.ForwardingDataset;
import sakd.data.Parts;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.device.DType;
import sakd.model.Network;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.task.Task;
import sakd.testing.Devices;
import sakd.testing.ThreadRanks;
import sakd.testing.TinyBoxes;
import sakd.testing.TinyDetector;
import sakd.testing.TinyMasks;
import sakd.testing.TinyNetwork;
import sakd.testing.TinySegmenter;
import sakd.testing.TinyTraining;

/** Ranks that share a test set against one process that has all of it. */
class SharedEvaluationTest {
  /** The last batch of each set is too small for five ranks, or for two with two parts each. */
  private static final int BATCH = 10;

  /** Neurons fire more often than those of an untrained network. */
  private static final Neuron EAGER =
      new Neuron(Neuron.Kind.LIF, 2, 0.3f, 0, false, true, Neuron.Surrogate.TRIANGLE, 1);

  private static final class Tested implements AutoCloseable {
    final Dataset set;
    final Network network;
    final Parameters parameters;

    Tested(Ops ops, Dataset set, Function<Parameters, Network> network) {
      this.set = set;
      parameters = new Parameters(1);
      this.network = network.apply(parameters);
      parameters.allocate(ops);
    }

    @Override
    public void close() {
      network.close();
    }
  }

  private static Tested classifier(Ops ops, Dataset set) {
    return new Tested(ops, set, p -> TinyNetwork.SPEC.build(EAGER, 3, 1, set.classes(), p));
  }

  private static Tested classifier(Ops ops) {
    return classifier(ops, TinyTraining.data());
  }

  private static Tested segmenter(Ops ops) {
    return new Tested(ops, new TinyMasks(), p -> new TinySegmenter(EAGER, 2, TinyMasks.CLASSES, p));
  }

  private static Tested detector(Ops ops) {
    Tested tested =
        new Tested(
            ops,
            new TinyBoxes(),
            p ->
                TinyDetector.spec(Neuron.Residual.ADD, true)
                    .build(EAGER, 2, 1, TinyBoxes.CLASSES, p));
    TinyDetector.sure(tested.parameters);
    return tested;
  }

  /** All that an evaluation finds, to the last bit. */
  private static String found(Ops ops, Tested tested, Parts parts) {
    try (tested;
        DetailMeter details = DetailMeter.of(ops, tested.set);
        Evaluator evaluator =
            new Evaluator(ops, tested.set, BATCH, DType.F32, Task.of(tested.set), parts)) {
      Evaluator.Evaluation e = evaluator.evaluate(tested.network, true, details);
      Evaluator.Evaluation again = evaluator.evaluate(tested.network, false);
      assertEquals(again.scores(), e.scores());
      return e.images()
          + " images "
          + e.scores().values()
          + details(details)
          + " rates "
          + e.activity().firingRates()
          + e.activity().meanFiringRate()
          + " operations "
          + e.activity().layers()
          + e.snnJoules()
          + " first "
          + evaluator.firingRates(tested.network);
    }
  }

  private static String details(DetailMeter meter) {
    if (meter instanceof BoxMeter boxes) {
      return " figures "
          + boxes.coco().figures().values()
          + IntStream.range(1, TinyBoxes.CLASSES).mapToObj(boxes.coco()::ap50).toList()
          + IntStream.range(1, TinyBoxes.CLASSES).mapToObj(boxes.voc()::ap).toList();
    }
    String steps =
        meter instanceof ClassificationReport report
            ? IntStream.rangeClosed(1, report.steps()).mapToObj(report::top1).toList().toString()
            : "";
    return " confusion " + Arrays.deepToString(((ConfusionMeter) meter).confusion()) + steps;
  }

  private static void sharedIsWhole(Function<Ops, Tested> tested) {
    String whole;
    try (Ops ops = Devices.reference()) {
      whole = found(ops, tested.apply(ops), Parts.WHOLE);
    }
    String rates = whole.substring(whole.indexOf(" rates"), whole.indexOf(" operations"));
    assertTrue(!rates.contains("=0.0,") && !whole.contains("NaN"), whole);
    for (int ranks : new int[] {1, 2, 3, 5}) {
      List<String> each =
          ThreadRanks.onReference(
              ranks, ops -> found(ops, tested.apply(ops), new Parts(ops.rank(), ranks, 1)));
      assertEquals(Collections.nCopies(ranks, whole), each);
    }
  }

  @Test
  void classesOfPictures() {
    sharedIsWhole(SharedEvaluationTest::classifier);
  }

  @Test
  void classesOfPixels() {
    sharedIsWhole(SharedEvaluationTest::segmenter);
  }

  @Test
  void objectsThatAreFoundAreRankedTogether() {
    sharedIsWhole(SharedEvaluationTest::detector);
  }

  @Test
  void inMicroBatchesTheScoresAreTheSame() {
    List<Function<Ops, Tested>> all =
        List.of(
            SharedEvaluationTest::classifier,
            SharedEvaluationTest::segmenter,
            SharedEvaluationTest::detector);
    for (Function<Ops, Tested> tested : all) {
      String whole;
      try (Ops ops = Devices.reference()) {
        whole = found(ops, tested.apply(ops), Parts.WHOLE);
      }
      for (int ranks = 1; ranks <= 2; ranks++) {
        int of = ranks;
        for (String part :
            ThreadRanks.onReference(
                ranks, ops -> found(ops, tested.apply(ops), new Parts(ops.rank(), of, 3)))) {
          // Operations are added up pass by pass.
          assertEquals(
              whole.substring(0, whole.indexOf(" operations")),
              part.substring(0, part.indexOf(" operations")));
          assertEquals(
              whole.substring(whole.indexOf(" first")), part.substring(part.indexOf(" first")));
        }
      }
    }
  }

  /** Two networks that differ by rank are not one training's: it is for the test's sake. */
  @Test
  void whatIsWrongWithOneRankEndsAll() {
    for (String message :
        refusals(
            ops -> {
              Tested tested = classifier(ops);
              if (ops.rank() == 1) {
                tested.parameters.get("fc.bias").set(new float[] {0, Float.NaN, 0, 0});
              }
              return tested;
            })) {
      assertTrue(message.contains("not finite, first in the weights fc.bias; "), message);
    }
  }

  /** It is the second rank's, of three. */
  @Test
  void aSampleThatOneRankCannotReadEndsAll() {
    for (String message : refusals(ops -> classifier(ops, new Damaged(TinyTraining.data())))) {
      assertEquals("image 23 is damaged", message);
    }
  }

  private static List<String> refusals(Function<Ops, Tested> tested) {
    return ThreadRanks.onReference(
        3,
        ops -> {
          Parts parts = new Parts(ops.rank(), 3, 1);
          return assertThrows(UserError.class, () -> found(ops, tested.apply(ops), parts))
              .getMessage();
        });
  }

  private static final class Damaged extends ForwardingDataset {
    Damaged(Dataset set) {
      super(set);
    }

    @Override
    protected Dataset around(Dataset other) {
      return new Damaged(other);
    }

    @Override
    public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
      if (index == 23) {
        throw new UserError("image 23 is damaged");
      }
      return super.read(index, random, shape, target);
    }
  }
}
