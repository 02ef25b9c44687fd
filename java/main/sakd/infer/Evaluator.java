package sakd.infer;

import java.util.List;
import java.util.Map;
import sakd.base.UserError;
import sakd.data.Augment;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.Parts;
import sakd.device.DType;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
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
  private final Parts parts;
  private final DataLoader loader;
  private final Meter.Factory meters;
  private final String name;

  /** Of this process alone, whatever other ranks do. */
  public Evaluator(Ops ops, Dataset dataset, int batchSize, DType storage, Meter.Factory meters) {
    this(ops, dataset, batchSize, storage, meters, Parts.WHOLE);
  }

  /**
   * @param meters how the scores are measured
   * @param parts which parts of each batch are evaluated here. With more than one rank all of them
   *     evaluate together: they call the same methods in the same order, and all get what one
   *     process would get from the whole of the batches
   */
  public Evaluator(
      Ops ops, Dataset dataset, int batchSize, DType storage, Meter.Factory meters, Parts parts) {
    this.ops = ops;
    this.meters = meters;
    this.storage = storage;
    this.dataset = dataset;
    this.inputs = new BatchUploader(ops, dataset);
    this.name = dataset.name();
    this.parts = parts;
    this.loader = new DataLoader(dataset, batchSize, false, false, Augment.NONE, 0, 1, parts);
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
   * @throws UserError if a sample cannot be read, or the network's logits are not finite; on all
   *     ranks if on one
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
    together(() -> share(network, activity, meters));
    if (parts.ranks() > 1) {
      meters.forEach(Meter::addRanks);
    }
    return new Evaluation(judge.scores(), dataset.size(), overRanks(activity));
  }

  /** Does a share of some work; what is wrong with that of any rank is wrong for all. */
  private void together(Runnable share) {
    if (parts.ranks() == 1) {
      share.run();
      return;
    }
    RankTransfers.together(
        ops,
        () -> {
          share.run();
          return null;
        });
  }

  private Activity overRanks(Activity activity) {
    return parts.ranks() == 1 || activity == null ? activity : activity.overRanks();
  }

  /** Evaluates this rank's parts of all batches. */
  private void share(Network network, Activity activity, List<Meter> meters) {
    try (Epoch epoch = loader.epoch(0)) {
      while (epoch.hasNext()) {
        Batch part = epoch.next();
        if (!part.counted()) {
          continue;
        }
        DeviceBatch batch = inputs.upload(part);
        try (Tensor imagesOfBatch = batch.images(storage);
            Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage, activity)) {
          Network.Output out = network.forward(tape, tape.input(imagesOfBatch), false);
          Finiteness.requireLogits(
              ops, network, imagesOfBatch, storage, out.logits().value(), name);
          for (Meter meter : meters) {
            meter.add(out, batch);
          }
        }
      }
    }
  }

  /** The firing rates of every layer of neurons on the first batch, which take next to no time. */
  public Map<String, Double> firingRates(Network network) {
    Activity activity = new Activity(ops);
    together(() -> firstBatch(network, activity));
    return overRanks(activity).firingRates();
  }

  private void firstBatch(Network network, Activity activity) {
    try (Epoch epoch = loader.epoch(0)) {
      for (int m = 0; m < parts.microBatches(); m++) {
        Batch part = epoch.next();
        if (part.counted()) {
          try (Tensor images = inputs.upload(part).images(storage);
              Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage, activity)) {
            network.forward(tape, tape.input(images), false);
          }
        }
      }
    }
  }

  @Override
  public void close() {
    inputs.close();
  }
}
