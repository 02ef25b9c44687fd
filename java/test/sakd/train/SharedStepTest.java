package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.base.UserError;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Epoch;
import sakd.data.Mixing;
import sakd.data.Parts;
import sakd.data.set.MemoryDataset;
import sakd.device.DType;
import sakd.device.cpu.CpuDevice;
import sakd.infer.BatchUploader;
import sakd.infer.DeviceBatch;
import sakd.nn.Conv2d;
import sakd.nn.Linear;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.task.LossTerms;
import sakd.task.Objective;
import sakd.testing.RecordingDevice;
import sakd.testing.ThreadRanks;

/**
 * Steps that are shared among ranks and micro-batches, of a network without batch norm: they are
 * those of one process with whole batches.
 */
class SharedStepTest {
  private static final int CLASSES = 3;

  /**
   * With 29 images the last batch of an epoch has 5: too few for 6 parts, and uneven for others.
   */
  private static final int IMAGES = 29;

  private static final int BATCH = 8;
  private static final int EPOCHS = 2;

  private static final Dataset DATA = data();

  private static Dataset data() {
    byte[] pixels = new byte[IMAGES * 36];
    new Random(5).nextBytes(pixels);
    int[] labels = IntStream.range(0, IMAGES).map(i -> i % CLASSES).toArray();
    DatasetInfo info =
        new DatasetInfo(
            "noise", List.of("a", "b", "c"), new float[] {0.5f}, new float[] {0.3f}, false);
    return new MemoryDataset(info, 6, 6, pixels, labels);
  }

  /** A convolution with ReLU and a linear layer under cross-entropy. */
  private static final class Net implements Objective {
    final Parameters parameters = new Parameters(3);
    private final Conv2d conv = Conv2d.withBias(parameters, "conv", 1, 4, 3, 1);
    private final NormNeuron relu =
        new NormNeuron(parameters, "relu", null, Neuron.RELU, Neuron.Residual.NONE, 1);
    private final Linear linear = new Linear(parameters, "fc", 4, CLASSES);

    /** Of the cross-entropy of the next step; 1 is usual. */
    float weight = 1;

    @Override
    public List<String> losses() {
      return List.of("ce", "kl");
    }

    @Override
    public Losses compute(Tape tape, Var images, DeviceBatch batch, Tensor lossScale) {
      Ops ops = tape.ops();
      Var features = Pooling.average(tape, relu.forward(tape, conv.forward(tape, images)));
      Var logits = linear.forward(tape, features);
      Tensor each = ops.allocate(DType.F32, batch.size(), 2);
      Tensor hits = ops.allocate(DType.I32, 2);
      Tensor grad = tape.gradientOf(logits);
      Tensor mix = batch.mix();
      ops.softmaxLoss(
          logits.value(), null, batch.labels(), mix, lossScale, weight, 0, 1, 0, each, grad);
      try (Tensor rank = ops.allocate(DType.I32, batch.size())) {
        ops.labelRank(logits.value(), batch.labels(), rank);
        ops.countHits(rank, hits);
      }
      tape.pass(logits, grad);
      return new Losses(each, batch.size(), null, hits);
    }

    @Override
    public LossTerms terms(List<Double> averages) {
      return new LossTerms(averages.get(0), Map.of());
    }
  }

  /** What a rank came to. */
  private record Result(float[] weights, float[] average, StepSums sums, double scale) {}

  /** How a training is spread, and of what. */
  private record Spread(int microBatches, DType type, Mixing mixing, boolean scaled) {
    Spread(int microBatches) {
      this(microBatches, DType.F32, Mixing.NONE, false);
    }
  }

  /** Trains; a rank may have a first step that breaks all. */
  private static Result train(Ops ops, Spread spread, int breaks) {
    Net net = new Net();
    net.parameters.allocate(ops);
    Scale scale = new Scale(spread.microBatches, spread.type, 0);
    DataLoader loader =
        new DataLoader(
            DATA,
            BATCH,
            true,
            false,
            Augment.standard(DATA).mixing(spread.mixing),
            1,
            0,
            new Parts(ops.rank(), ops.ranks(), spread.microBatches));
    try (net.parameters;
        Optimizer optimizer =
            Optimizer.sgd(
                ops, net.parameters, 0.9f, WeightDecay.ofAll(5e-4f), true, 1, spread.scaled);
        Ema ema = new Ema(ops, net.parameters, 0.9f);
        BatchUploader inputs = new BatchUploader(ops, DATA);
        TrainStep step = new TrainStep(ops, inputs, net, optimizer, ema, DType.F32, BATCH, scale)) {
      optimizer.learningRate(0.1);
      StepSums sums = StepSums.ZERO;
      net.weight = ops.rank() == breaks ? 1e38f : 1;
      for (int e = 0; e < EPOCHS; e++) {
        try (Epoch epoch = loader.epoch(e)) {
          while (epoch.hasNext()) {
            step.run(epoch.next());
            net.weight = 1;
          }
        }
        sums = sums.plus(step.take());
      }
      float[] weights = Transfers.floats(ops.device(), net.parameters.weights());
      ema.swap();
      float[] average = Transfers.floats(ops.device(), net.parameters.weights());
      return new Result(weights, average, sums, optimizer.scale());
    }
  }

  private static Result alone(Spread spread, int breaks) {
    return ThreadRanks.onReference(1, ops -> train(ops, spread, breaks)).get(0);
  }

  private static void assertClose(float[] expected, float[] actual, double relative) {
    double largest = 0;
    for (float w : expected) {
      largest = Math.max(largest, Math.abs(w));
    }
    assertArrayEquals(expected, actual, (float) (relative * largest));
  }

  private static void assertSame(List<Result> ranks) {
    Result first = ranks.get(0);
    for (Result rank : ranks) {
      assertArrayEquals(first.weights, rank.weights);
      assertArrayEquals(first.average, rank.average);
      assertEquals(first.sums, rank.sums);
      assertEquals(first.scale, rank.scale);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 3", "2, 1", "3, 1", "2, 2", "2, 3"})
  void sharesAreAsOneProcess(int ranks, int microBatches) {
    Result expected = alone(new Spread(1), -1);
    Spread spread = new Spread(microBatches);
    List<List<Result>> both = new ArrayList<>();
    both.add(ThreadRanks.onReference(ranks, ops -> train(ops, spread, -1)));
    if (CpuDevice.hasCompiler()) {
      both.add(ThreadRanks.onCpu(ranks, ops -> train(ops, spread, -1)));
    }
    for (List<Result> all : both) {
      assertSame(all);
      Result actual = all.get(0);
      assertClose(expected.weights, actual.weights, 1e-5);
      assertClose(expected.average, actual.average, 1e-5);
      assertEquals(8, actual.sums.steps());
      assertEquals(EPOCHS * IMAGES, actual.sums.counted());
      assertEquals(expected.sums.candidates(), actual.sums.candidates());
      assertEquals(expected.sums.hits(), actual.sums.hits());
      double loss = expected.sums.losses().get(0);
      assertEquals(loss, actual.sums.losses().get(0), 1e-5 * loss);
    }
  }

  /** Sample n and the last but n are in one part. */
  @ParameterizedTest
  @CsvSource({"2, 1", "1, 2", "2, 2"})
  void mixedSharesAreAsOneProcess(int ranks, int microBatches) {
    Mixing mixing = new Mixing(0.8, 1);
    Result expected = alone(new Spread(1, DType.F32, mixing, false), -1);
    Spread spread = new Spread(microBatches, DType.F32, mixing, false);
    List<Result> all = ThreadRanks.onReference(ranks, ops -> train(ops, spread, -1));
    assertSame(all);
    assertClose(expected.weights, all.get(0).weights, 1e-5);
  }

  /** Gradients in bfloat16 have 8 digits; all ranks take the same. */
  @Test
  void sumsInBfloat16AreCloseAndAlike() {
    Spread spread = new Spread(2, DType.BF16, Mixing.NONE, false);
    List<Result> all = ThreadRanks.onReference(3, ops -> train(ops, spread, -1));
    assertSame(all);
    float[] expected = alone(new Spread(1), -1).weights;
    assertClose(expected, all.get(0).weights, 0.02);
    assertTrue(!Arrays.equals(expected, all.get(0).weights));
  }

  /** What overflows on one rank is skipped by all, and halves the scale of all. */
  @Test
  void allRanksSkipWhatOverflowsOnOne() {
    Spread spread = new Spread(2, DType.F32, Mixing.NONE, true);
    List<Result> all = ThreadRanks.onReference(3, ops -> train(ops, spread, 1));
    assertSame(all);
    assertEquals(32768, all.get(0).scale);
    assertClose(
        alone(new Spread(1, DType.F32, Mixing.NONE, true), 0).weights, all.get(0).weights, 1e-5);
  }

  /** Parts of several sizes and places in their batch have recordings of their own. */
  /** All ranks find the same, though the loss of one alone is too large. */
  @Test
  void whatBreaksOnOneRankEndsAll() {
    List<String> messages =
        ThreadRanks.onReference(
            3,
            ops -> {
              Net net = new Net();
              net.parameters.allocate(ops);
              net.weight = ops.rank() == 1 ? Float.POSITIVE_INFINITY : 1;
              DataLoader loader =
                  new DataLoader(
                      DATA, BATCH, true, false, Augment.NONE, 1, 0, new Parts(ops.rank(), 3, 1));
              try (net.parameters;
                  Optimizer optimizer =
                      Optimizer.sgd(
                          ops, net.parameters, 0.9f, WeightDecay.ofAll(5e-4f), true, 0, false);
                  BatchUploader inputs = new BatchUploader(ops, DATA);
                  TrainStep step =
                      new TrainStep(
                          ops, inputs, net, optimizer, null, DType.F32, BATCH, Scale.USUAL);
                  Epoch epoch = loader.epoch(0)) {
                step.run(epoch.next());
                step.run(epoch.next());
                StepSums sums = step.take();
                return assertThrows(
                        UserError.class,
                        () -> Divergence.check(ops, "tiny", 0, sums, optimizer, step))
                    .getMessage();
              }
            });
    for (String message : messages) {
      assertTrue(
          message.startsWith(
              "the gradient of tiny became infinite or NaN in epoch 1, step 1, first in the"),
          message);
      assertEquals(messages.get(0), message);
    }
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void recordedPartsLeaveTheVeryBytesOfOrdinaryOnes(Ops ops) {
    RecordingDevice device = new RecordingDevice(ops.device());
    Result ordinary = train(ops, new Spread(3), -1);
    Result recorded = train(new KernelOps(device), new Spread(3), -1);
    assertArrayEquals(ordinary.weights, recorded.weights);
    // Of 6 full batches, each in parts of 2, 3 and 3 samples, those after the first 3.
    assertEquals(9, device.launches());
  }
}
