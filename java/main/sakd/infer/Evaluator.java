package sakd.infer;

import java.util.Map;
import sakd.data.Augment;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.device.DType;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Accuracy and activity of a network on a data set. */
public final class Evaluator implements AutoCloseable {
  /**
   * Accuracies in [0, 1], and what {@link Activity} counts, per image.
   *
   * @param activity null if it was not asked for
   */
  public record Evaluation(double top1, double top5, int images, Activity activity) {
    /** Synaptic operations for one image. */
    public double synapticOperations() {
      return activity.total().synapticOperations() / images;
    }

    /** Multiply-accumulates of the ANN for one image. */
    public double macs() {
      return activity.total().macs() / images;
    }

    /** Energy of the SNN for one image in joules: additions, and products where input is real. */
    public double snnJoules() {
      return (activity.total().realMacs() * Activity.MAC_JOULES
              + activity.total().synapticOperations() * Activity.SOP_JOULES)
          / images;
    }

    /** Energy of the ANN of the same architecture for one image in joules. */
    public double annJoules() {
      return macs() * Activity.MAC_JOULES;
    }
  }

  private final Ops ops;
  private final DType storage;
  private final Inputs inputs;
  private final Dataset dataset;
  private final DataLoader loader;
  private final String name;

  public Evaluator(Ops ops, Dataset dataset, int batchSize, DType storage) {
    this.ops = ops;
    this.storage = storage;
    this.dataset = dataset;
    this.inputs = new Inputs(ops, dataset);
    this.name = dataset.name();
    this.loader = new DataLoader(dataset, batchSize, false, false, Augment.NONE, 0, 1);
  }

  /** What networks are evaluated on. */
  public Dataset dataset() {
    return dataset;
  }

  public Evaluation evaluate(Network network, boolean withActivity) {
    return evaluate(network, withActivity, null);
  }

  /**
   * Runs the whole set.
   *
   * @param report gets every batch; may be null
   * @throws sakd.base.UserError if a sample cannot be read, or the network's logits are not finite
   */
  public Evaluation evaluate(Network network, boolean withActivity, ClassificationReport report) {
    Activity activity = withActivity ? new Activity(ops) : null;
    int[] hits = new int[2];
    int images = 0;
    try (Epoch epoch = loader.epoch(0)) {
      while (epoch.hasNext()) {
        Batch batch = epoch.next();
        Inputs.Loaded loaded = inputs.load(batch);
        try (Tensor imagesOfBatch = loaded.images(storage);
            Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage, activity)) {
          Network.Output out = network.forward(tape, tape.input(imagesOfBatch), false);
          Finiteness.requireLogits(
              ops, network, imagesOfBatch, storage, out.logits().value(), name);
          countHits(ops, out.logits().value(), loaded.labels(), hits);
          if (report != null) {
            Tensor each = out.stepLogits().value();
            report.add(Transfers.floats(ops.device(), each), each.dim(0), batch.labels());
          }
          images += batch.size();
        }
      }
    }
    return new Evaluation((double) hits[0] / images, (double) hits[1] / images, images, activity);
  }

  /** The firing rates of every layer of neurons on the first batch, which take next to no time. */
  public Map<String, Double> firingRates(Network network) {
    Activity activity = new Activity(ops);
    try (Epoch epoch = loader.epoch(0);
        Tensor images = inputs.load(epoch.next()).images(storage);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage, activity)) {
      network.forward(tape, tape.input(images), false);
    }
    return activity.firingRates();
  }

  /** Adds how many samples have their class first, and among the first five, to hits[0], [1]. */
  static void countHits(Ops ops, Tensor logits, Tensor labels, int[] hits) {
    int n = Math.toIntExact(labels.size());
    try (Tensor rank = ops.allocate(DType.I32, n)) {
      ops.labelRank(logits, labels, rank);
      for (int ahead : Transfers.ints(ops.device(), rank)) {
        hits[0] += ahead < 1 ? 1 : 0;
        hits[1] += ahead < 5 ? 1 : 0;
      }
    }
  }

  @Override
  public void close() {
    inputs.close();
  }
}
