package sakd.train;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import sakd.data.Batch;
import sakd.data.SampleShape;
import sakd.device.CapturedGraph;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.DeviceBatch;
import sakd.infer.Finiteness;
import sakd.nn.GradientBuckets;
import sakd.nn.Monitor;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.ops.Tensor;
import sakd.task.Objective;

/**
 * One training step: augmentation, forward, losses, backward, optimizer, average of weights. All of
 * it happens on the device, on memory that stays the same. So after a few ordinary steps, which
 * compile kernels and find memory, the step of a full batch is recorded where the device can, and
 * launched as a whole from then on.
 *
 * <p>With several ranks or micro-batches a batch comes in parts ({@link sakd.data.Parts}), each of
 * which weighs its share: the gradients of all but the last only add up, and the last is the step,
 * over all ranks. A recording is of one part then.
 */
public final class TrainStep implements AutoCloseable {
  /** Ordinary steps before the recording: in the last of them nothing new is needed any more. */
  public static final int ORDINARY_STEPS = 3;

  private final Ops ops;
  private final BatchUploader inputs;
  private final Objective objective;
  private final Optimizer optimizer;
  private final Ema ema;
  private final DType storage;
  private final int batchSize;
  private final int microBatches;
  private final boolean syncBatchNorm;
  private final Tape.Mode mode;
  private final Tally tally;

  /** Adds up gradients over the ranks; null for one alone. */
  private final GradientBuckets buckets;

  /** Gradients of the parts of this batch so far; null if it comes whole. */
  private final Tensor accumulated;

  /** How a part weighs in its batch; null if batches come whole. */
  private final LossWeight weight;

  private final Map<Part, Recording> recordings = new HashMap<>();

  /** Of recorded batches: pictures that stay whole make full batches of several shapes. */
  private SampleShape shape;

  /** Parts of the batch at hand so far. */
  private int parts;

  /** The part at hand, for a diagnosis. */
  private DeviceBatch last;

  /**
   * What is computed at once.
   *
   * @param ends whether it is the last part of its batch
   */
  private record Part(DeviceBatch batch, boolean ends) {}

  /** How often a part was computed, and its recording, once there is one. */
  private static final class Recording {
    private int count;
    private CapturedGraph graph;
  }

  /**
   * A step of the parameters that {@code optimizer} updates.
   *
   * @param ema average to be kept, or null
   * @param storage type of activations
   * @param batchSize of full batches, of all ranks together
   */
  public TrainStep(
      Ops ops,
      BatchUploader inputs,
      Objective objective,
      Optimizer optimizer,
      Ema ema,
      DType storage,
      int batchSize,
      Scale scale) {
    this.ops = ops;
    this.inputs = inputs;
    this.objective = objective;
    this.optimizer = optimizer;
    this.ema = ema;
    this.storage = storage;
    this.batchSize = batchSize;
    this.microBatches = scale.microBatches();
    this.syncBatchNorm = scale.syncBatchNorm();
    this.mode = scale.checkpointActivations() ? Tape.Mode.CHECKPOINTED : Tape.Mode.TRAIN;
    this.tally = new Tally(ops, objective.losses().size());
    Parameters parameters = optimizer.parameters();
    buckets = ops.isAlone() ? null : new GradientBuckets(ops, parameters, scale.commType());
    accumulated = microBatches > 1 ? parameters.likeWeights(ops) : null;
    weight = ops.ranks() * microBatches > 1 ? new LossWeight(ops, optimizer.lossScale()) : null;
  }

  /**
   * Submits the step of a batch, or of the next part of one, whose memory may be reused when this
   * returns.
   */
  public void run(Batch batch) {
    last = inputs.upload(batch);
    if (weight != null) {
      weight.set(batch.weight());
    }
    parts = parts % microBatches + 1;
    Part part = new Part(last, parts == microBatches);
    if (shape == null && batch.whole() == batchSize) {
      shape = batch.shape();
    }
    boolean full = batch.whole() == batchSize && batch.counted() && batch.shape().equals(shape);
    CapturedGraph graph = full ? recording(part) : null;
    if (graph != null) {
      graph.launch();
    } else {
      ops.lend(() -> submit(part));
    }
    tally.submitted(batch.counted(), part.ends);
  }

  /** The recording of a part of a full batch, once it has come often enough, if the device can. */
  private CapturedGraph recording(Part part) {
    Recording recording = recordings.computeIfAbsent(part, p -> new Recording());
    if (++recording.count == ORDINARY_STEPS + 1) {
      recording.graph = ops.capture(() -> submit(part)).orElse(null);
    }
    return recording.graph;
  }

  /** Says that the objective has changed: what was recorded is no longer the step. */
  void forget() {
    for (Recording recording : recordings.values()) {
      if (recording.graph != null) {
        recording.graph.close();
      }
    }
    recordings.clear();
  }

  private void submit(Part part) {
    forwardAndBackward(part.batch, null, tape -> gradients(tape, part));
    if (part.ends) {
      optimizer.step();
      if (ema != null) {
        ema.update(optimizer.schedule());
      }
    }
  }

  private void gradients(Tape tape, Part part) {
    Tensor gradients = optimizer.parameters().gradients();
    if (!part.ends) {
      tape.backward();
      ops.add(accumulated, gradients);
      return;
    }
    if (buckets != null) {
      buckets.backward(tape, accumulated);
    } else {
      tape.backward();
      if (accumulated != null) {
        ops.add(gradients, accumulated);
      }
    }
    if (accumulated != null) {
      ops.fill(accumulated, 0);
    }
  }

  private void forwardAndBackward(DeviceBatch batch, Monitor monitor, Consumer<Tape> backward) {
    Tensor lossScale = weight == null ? optimizer.lossScale() : weight.scaled();
    try (var images = batch.images(storage);
        Tape tape = new Tape(ops, mode, storage, monitor)) {
      tape.draw(batch.draw(), batch.places());
      // A batch that all ranks compute whole has the same statistics on each.
      tape.syncBatchNorm(syncBatchNorm && batch.size() < batch.whole());
      tape.roundWeights(optimizer.parameters());
      try (Objective.Losses losses =
          objective.compute(tape, tape.input(images), batch, lossScale)) {
        if (batch.counted()) {
          tally.add(losses);
        }
        backward.accept(tape);
      }
    }
  }

  /**
   * The recorded step of a full batch, once there is one. Each launch trains on the full batch that
   * was loaded last; to be closed by this step alone.
   */
  public Optional<CapturedGraph> recorded() {
    return recordings.entrySet().stream()
        .filter(e -> e.getKey().ends && e.getValue().graph != null)
        .map(e -> e.getValue().graph)
        .findFirst();
  }

  /** What the steps of all ranks since the last call added up to; waits for them. */
  public StepSums take() {
    return tally.take().overRanks(ops);
  }

  /**
   * Names what is not finite, as in "the activations of layer1.0.conv1": weights, else what the
   * network computes from the batch at hand, else gradients, else running statistics; each the
   * first in the order that the network computes them. Empty if all are finite. The network cannot
   * be trained on after this. All ranks have to ask, and hear the same.
   */
  String diagnose() {
    Parameters parameters = optimizer.parameters();
    Finiteness finiteness = new Finiteness(ops);
    finiteness.checkWeights(parameters);
    if (finiteness.broken().isEmpty()) {
      ops.lend(() -> forwardAndBackward(last, finiteness, Tape::backward));
      finiteness.checkGradients(parameters);
      finiteness.checkStatistics(parameters);
    }
    return RankTransfers.gather(ops, finiteness.broken().getBytes(StandardCharsets.UTF_8)).stream()
        .filter(name -> name.length > 0)
        .findFirst()
        .map(name -> new String(name, StandardCharsets.UTF_8))
        .orElse("");
  }

  @Override
  public void close() {
    forget();
    tally.close();
    if (buckets != null) {
      buckets.close();
    }
    if (accumulated != null) {
      accumulated.close();
    }
    if (weight != null) {
      weight.close();
    }
  }
}
