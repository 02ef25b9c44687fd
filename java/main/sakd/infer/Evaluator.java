package sakd.infer;

import java.util.List;
import java.util.Map;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.device.DType;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/** Scores and activity of a network on a data set. */
public final class Evaluator implements AutoCloseable {
  /**
   * How good a network is, and what {@link Activity} counts, per image.
   *
   * @param activity null if it was not asked for
   */
  public record Evaluation(Scores scores, int images, Activity activity) {
    /** For people: {@code top-1 93.1 %, top-5 99.8 % of 1000 images}. */
    @Override
    public String toString() {
      return scores + " of " + images + (images == 1 ? " image" : " images");
    }

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
  private final BatchUploader inputs;
  private final Dataset dataset;
  private final DataLoader loader;
  private final Meter.Factory meters;
  private final String name;

  /**
   * @param meters how the scores are measured
   */
  public Evaluator(Ops ops, Dataset dataset, int batchSize, DType storage, Meter.Factory meters) {
    this.ops = ops;
    this.meters = meters;
    this.storage = storage;
    this.dataset = dataset;
    this.inputs = new BatchUploader(ops, dataset);
    this.name = dataset.name();
    this.loader = new DataLoader(dataset, batchSize, false, false, Augment.NONE, 0, 1);
  }

  /**
   * How many samples a step suit a set: pictures with masks are whole, and their logits too; those
   * of COCO with boxes have 15 million logits each.
   */
  public static int batchSize(Dataset set) {
    return switch (set.targetKind()) {
      case CLASSES -> 100;
      case MASKS -> 8;
      case BOXES -> 4;
    };
  }

  /** What networks are evaluated on. */
  public Dataset dataset() {
    return dataset;
  }

  /**
   * Runs the whole set.
   *
   * @throws sakd.base.UserError if a sample cannot be read, or the network's logits are not finite
   */
  public Evaluation evaluate(Network network, boolean withActivity) {
    try (Meter meter = meters.open(ops, dataset.classes())) {
      return evaluate(network, withActivity, meter, List.of(meter));
    }
  }

  /**
   * The same with details.
   *
   * @param details gets every batch, and stays open
   */
  public Evaluation evaluate(Network network, boolean withActivity, DetailMeter details) {
    if (details.measuresScores()) {
      return evaluate(network, withActivity, details, List.of(details));
    }
    try (Meter meter = meters.open(ops, dataset.classes())) {
      return evaluate(network, withActivity, meter, List.of(meter, details));
    }
  }

  /** The scores are those of {@code judge}; all of {@code meters} get every batch. */
  private Evaluation evaluate(
      Network network, boolean withActivity, Meter judge, List<Meter> meters) {
    Activity activity = withActivity ? new Activity(ops) : null;
    int images = 0;
    try (Epoch epoch = loader.epoch(0)) {
      while (epoch.hasNext()) {
        DeviceBatch batch = inputs.upload(epoch.next());
        try (Tensor imagesOfBatch = batch.images(storage);
            Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage, activity)) {
          Network.Output out = network.forward(tape, tape.input(imagesOfBatch), false);
          Finiteness.requireLogits(
              ops, network, imagesOfBatch, storage, out.logits().value(), name);
          for (Meter meter : meters) {
            meter.add(out, batch);
          }
          images += batch.size();
        }
      }
    }
    return new Evaluation(judge.scores(), images, activity);
  }

  /** The firing rates of every layer of neurons on the first batch, which take next to no time. */
  public Map<String, Double> firingRates(Network network) {
    Activity activity = new Activity(ops);
    try (Epoch epoch = loader.epoch(0);
        Tensor images = inputs.upload(epoch.next()).images(storage);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage, activity)) {
      network.forward(tape, tape.input(images), false);
    }
    return activity.firingRates();
  }

  @Override
  public void close() {
    inputs.close();
  }
}
