package sakd.train;

import java.util.Optional;
import sakd.data.Batch;
import sakd.device.CapturedGraph;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.DeviceBatch;
import sakd.infer.Finiteness;
import sakd.nn.Monitor;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.task.Objective;

/**
 * One training step: augmentation, forward, losses, backward, optimizer, average of weights. All of
 * it happens on the device, on memory that stays the same. So after a few ordinary steps, which
 * compile kernels and find memory, the step of a full batch is recorded where the device can, and
 * launched as a whole from then on.
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
  private final Tally tally;
  private int fullBatches;
  private CapturedGraph graph;

  /** Whose step is recorded: pictures that stay whole make full batches of several shapes. */
  private DeviceBatch full;

  /** The batch at hand, for a diagnosis. */
  private DeviceBatch last;

  /**
   * A step of the parameters that {@code optimizer} updates.
   *
   * @param ema average to be kept, or null
   * @param storage type of activations
   * @param batchSize of full batches
   */
  public TrainStep(
      Ops ops,
      BatchUploader inputs,
      Objective objective,
      Optimizer optimizer,
      Ema ema,
      DType storage,
      int batchSize) {
    this.ops = ops;
    this.inputs = inputs;
    this.objective = objective;
    this.optimizer = optimizer;
    this.ema = ema;
    this.storage = storage;
    this.batchSize = batchSize;
    this.tally = new Tally(ops, objective.losses().size());
  }

  /** Submits the step of a batch, whose memory may be reused when this returns. */
  public void run(Batch batch) {
    last = inputs.upload(batch);
    if (full == null && batch.size() == batchSize) {
      full = last;
    }
    boolean isFull = last.equals(full);
    if (isFull && ++fullBatches == ORDINARY_STEPS + 1) {
      graph = ops.capture(() -> submit(full)).orElse(null);
    }
    if (graph != null && isFull) {
      graph.launch();
    } else {
      ops.lend(() -> submit(last));
    }
  }

  /** Says that the objective has changed: what was recorded is no longer the step. */
  void forget() {
    if (graph != null) {
      graph.close();
      graph = null;
    }
    fullBatches = 0;
  }

  private void submit(DeviceBatch batch) {
    forwardAndBackward(batch, null);
    optimizer.step();
    if (ema != null) {
      ema.update(optimizer.schedule());
    }
  }

  private void forwardAndBackward(DeviceBatch batch, Monitor monitor) {
    try (var images = batch.images(storage);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, storage, monitor)) {
      tape.draw(batch.draw(), batch.places());
      tape.roundWeights(optimizer.parameters());
      try (Objective.Losses losses =
          objective.compute(tape, tape.input(images), batch, optimizer.lossScale())) {
        tally.add(losses);
        tape.backward();
      }
    }
  }

  /**
   * The recorded step of a full batch, once there is one. Each launch trains on the full batch that
   * was loaded last; to be closed by this step alone.
   */
  public Optional<CapturedGraph> recorded() {
    return Optional.ofNullable(graph);
  }

  /** What the steps since the last call added up to; waits for them. */
  public StepSums take() {
    return tally.take();
  }

  /**
   * Names what is not finite, as in "the activations of layer1.0.conv1": weights, else what the
   * network computes from the batch at hand, else gradients, else running statistics; each the
   * first in the order that the network computes them. Empty if all are finite. The network cannot
   * be trained on after this.
   */
  String diagnose() {
    Parameters parameters = optimizer.parameters();
    Finiteness finiteness = new Finiteness(ops);
    finiteness.checkWeights(parameters);
    if (finiteness.broken().isEmpty()) {
      ops.lend(() -> forwardAndBackward(last, finiteness));
      finiteness.checkGradients(parameters);
      finiteness.checkStatistics(parameters);
    }
    return finiteness.broken();
  }

  @Override
  public void close() {
    forget();
    tally.close();
  }
}
