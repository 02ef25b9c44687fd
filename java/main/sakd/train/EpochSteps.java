package sakd.train;

import java.util.List;
import java.util.function.Consumer;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Epoch;
import sakd.ops.Ops;
import sakd.task.LossTerms;

/** The steps of an epoch, and what is heard of them. */
final class EpochSteps {
  /** Steps after which the losses and weights are looked at, at the latest. */
  private static final int CHECK_EVERY = 50;

  private final Ops ops;
  private final TrainSettings settings;
  private final Trainer.Job job;
  private final DataLoader loader;
  private final TrainStep step;
  private final Optimizer optimizer;
  private final Listener listener;

  EpochSteps(
      Ops ops,
      TrainSettings settings,
      Trainer.Job job,
      DataLoader loader,
      TrainStep step,
      Optimizer optimizer,
      Listener listener) {
    this.ops = ops;
    this.settings = settings;
    this.job = job;
    this.loader = loader;
    this.step = step;
    this.optimizer = optimizer;
    this.listener = listener;
  }

  /**
   * What an epoch brought.
   *
   * @param seconds of the steps run here, of an epoch that may have been begun before
   * @param imagesPerSecond of all ranks
   * @param lossScale of the last step, 1 where there is none
   */
  record Trained(
      LossTerms loss, double accuracy, double seconds, double imagesPerSecond, double lossScale) {}

  /**
   * Runs what is left of an epoch.
   *
   * @param epoch from 0
   * @param done of it already
   * @param recovery writes a checkpoint within the epoch
   */
  Trained run(int epoch, PartEpoch done, Consumer<PartEpoch> recovery) {
    int interval = settings.scale().recoveryInterval();
    StepSums sums = done.sums();
    int steps = done.steps();
    int images = 0;
    double lossScale = 0;
    long start = System.nanoTime();
    try (Epoch batches = loader.epoch(epoch, steps)) {
      while (batches.hasNext()) {
        steps++;
        boolean last = steps == loader.batches();
        if (last) {
          // The step itself may change it.
          lossScale = optimizer.scale();
        }
        images += step(batches);
        listener.submitted(job.phase(), epoch + 1, steps);
        boolean prints = steps % settings.printFreq() == 0 && !last;
        boolean saves = interval > 0 && steps % interval == 0 && !last;
        if (last || prints || saves || steps % CHECK_EVERY == 0) {
          sums = sums.plus(step.take());
          Divergence.check(ops, job.phase(), epoch, sums, optimizer, step);
          var summary =
              new Listener.StepSummary(
                  job.phase(),
                  epoch + 1,
                  settings.epochs(),
                  steps,
                  loader.batches(),
                  sums.loss(job.objective()),
                  sums.accuracy(),
                  images / seconds(start),
                  optimizer.scale());
          listener.checked(summary);
          if (prints) {
            listener.step(summary);
          }
        }
        if (saves) {
          recovery.accept(new PartEpoch(steps, settings.batchSize(), sums));
        }
      }
      List<String> unreadable = Unreadable.overRanks(ops, batches);
      if (!unreadable.isEmpty()) {
        listener.unreadable(job.phase(), epoch + 1, unreadable);
      }
    }
    double seconds = seconds(start);
    return new Trained(
        sums.loss(job.objective()),
        sums.accuracy(),
        seconds,
        images / seconds,
        lossScale > 0 ? lossScale : 1);
  }

  /** Submits a whole step; the images of it, of all ranks. */
  private int step(Epoch batches) {
    int images = 0;
    for (int m = 0; m < settings.scale().microBatches(); m++) {
      Batch batch = batches.next();
      step.run(batch);
      images = batch.whole();
    }
    return images;
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }
}
