package sakd.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import sakd.data.Augment;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.Evaluator;
import sakd.infer.Weights;
import sakd.io.WeightFile;
import sakd.model.Network;
import sakd.ops.Ops;
import sakd.task.LossTerms;
import sakd.task.Objective;
import sakd.task.Task;

/**
 * Trains one network on one objective, epoch by epoch. After each it evaluates, tells the listener,
 * writes {@code best.safetensors} where it is the best so far, and last of all {@code
 * last.safetensors}, which counts the epoch: whatever a kill before that left of the epoch is
 * written again, with the same bytes.
 */
public final class Trainer {
  public static final String LAST = "last.safetensors";
  public static final String BEST = "best.safetensors";

  /** Steps after which the losses and weights are looked at, at the latest. */
  private static final int CHECK_EVERY = 50;

  private final Ops ops;
  private final TrainSettings settings;
  private final Dataset trainSet;
  private final Evaluator evaluator;
  private final Listener listener;

  public Trainer(
      Ops ops, TrainSettings settings, Dataset trainSet, Evaluator evaluator, Listener listener) {
    this.ops = ops;
    this.settings = settings;
    this.trainSet = trainSet;
    this.evaluator = evaluator;
    this.listener = listener;
  }

  /**
   * One training: a network, what it minimises, and where its files go.
   *
   * @param task what the network is for
   * @param phase for messages: teacher, direct, sakd ...
   * @param spiking whether the network has firing rates
   * @param architecture for messages about weight files
   * @param inference names of parameters that inference needs and best.safetensors holds
   * @param about metadata of the files, from which evaluation rebuilds the network
   */
  public record Job(
      Task task,
      String phase,
      Network network,
      boolean spiking,
      Objective objective,
      Path folder,
      String architecture,
      Predicate<String> inference,
      Map<String, String> about) {}

  /**
   * What a training came to.
   *
   * @param last the headline's score at the end: of the last epoch, or of the best if training was
   *     stopped early
   * @param best the headline's best score
   * @param epochs that were trained in all
   */
  public record Outcome(double last, double best, int epochs) {}

  /**
   * Sees whether the training in a folder, if there is one, can go on.
   *
   * @param epochs in all
   * @return the epochs that are done
   * @throws sakd.base.UserError if it cannot: its checkpoint is damaged, or was written on other
   *     data, or more epochs are done than there are to be
   */
  public static int requireResumable(Path folder, int epochs, Dataset trainSet, Dataset testSet) {
    Path last = folder.resolve(LAST);
    return Files.exists(last)
        ? Checkpoint.check(last, Checkpoint.Scope.of(epochs, trainSet, testSet))
            .progress()
            .epochsDone()
        : 0;
  }

  /**
   * Trains to the last epoch, or until patience ends, whereupon the network has the weights of the
   * best epoch; goes on from last.safetensors if {@code resume} and it is there.
   *
   * @throws sakd.base.UserError as for {@link #requireResumable}
   */
  public Outcome run(Job job, boolean resume) {
    var parameters = job.network.parameters();
    var schedule =
        new LrSchedule(
            settings.schedule(), settings.lr(), settings.epochs(), settings.warmupEpochs());
    Path last = job.folder.resolve(LAST);
    try (Optimizer optimizer = optimizer(job);
        Ema ema = settings.emaDecay() > 0 ? new Ema(ops, parameters, settings.emaDecay()) : null;
        BatchUploader inputs = new BatchUploader(ops, trainSet);
        TrainStep step =
            new TrainStep(
                ops,
                inputs,
                job.objective,
                optimizer,
                ema,
                settings.storage(),
                settings.batchSize())) {
      var scope = Checkpoint.Scope.of(settings.epochs(), trainSet, evaluator.dataset());
      var saved = new Checkpoint.Saved(new Checkpoint.Progress(0, 0, 0), scope);
      if (resume && Files.exists(last)) {
        saved = Checkpoint.load(last, parameters, optimizer, ema, job.architecture, scope);
      }
      var progress = saved.progress();
      DataLoader loader =
          new DataLoader(
              trainSet,
              settings.batchSize(),
              settings.shuffle(),
              false,
              settings.augment()
                  ? Augment.standard(trainSet).mixing(settings.mixing())
                  : Augment.NONE,
              settings.seed(),
              settings.workers());
      int first = progress.epochsDone() + 1;
      double score = 0;
      if (goesOn(progress)) {
        int before = saved.scope().epochs();
        if (before != 0 && before != settings.epochs()) {
          listener.rescheduled(new Listener.Rescheduled(job.phase, first, before, schedule));
        }
        listener.start(
            new Listener.Start(
                job.phase, job.folder, first, settings.epochs(), loader.batches(), trainSet));
      } else if (progress.epochsDone() == settings.epochs()) {
        score = averaged(ema, () -> evaluator.evaluate(job.network, false)).scores().value();
      }
      while (goesOn(progress)) {
        int e = progress.epochsDone();
        int epoch = e + 1;
        optimizer.learningRate(schedule.at(e));
        if (job.objective.startEpoch(e, settings.epochs())) {
          step.forget();
        }
        Trained trained = epoch(job, loader, step, optimizer, e);
        listener.gradients(job.phase, epoch, parameters, trained.lossScale);
        Evaluator.Evaluation evaluation = averaged(ema, () -> evaluate(job, epoch));
        score = evaluation.scores().value();
        listener.epoch(
            new Listener.EpochSummary(
                job.task,
                job.phase,
                epoch,
                settings.epochs(),
                schedule.at(e),
                trained.loss,
                trained.accuracy,
                evaluation.scores(),
                trainSet.size() / trained.seconds,
                trained.seconds));
        boolean best = e == 0 || score > progress.best();
        progress =
            best
                ? new Checkpoint.Progress(epoch, score, epoch)
                : new Checkpoint.Progress(epoch, progress.best(), progress.bestEpoch());
        if (best) {
          averaged(ema, () -> saveBest(job));
        }
        Checkpoint.save(
            last, parameters, optimizer, ema, new Checkpoint.Saved(progress, scope), job.about);
      }
      if (progress.epochsDone() < settings.epochs()) {
        Weights.load(
            WeightFile.read(job.folder.resolve(BEST)), parameters, job.inference, job.architecture);
        score = progress.best();
      } else if (ema != null) {
        ema.swap();
      }
      listener.ended(
          new Listener.Ended(
              job.task,
              job.phase,
              progress.epochsDone(),
              settings.epochs(),
              progress.bestEpoch(),
              progress.best()));
      return new Outcome(score, progress.best(), progress.epochsDone());
    }
  }

  private boolean goesOn(Checkpoint.Progress progress) {
    return progress.epochsDone() < settings.epochs() && !progress.exhausts(settings.patience());
  }

  private Optimizer optimizer(Job job) {
    var parameters = job.network.parameters();
    boolean scalesLoss = settings.storage() == DType.F16;
    return switch (settings.optimizer()) {
      case SGD ->
          Optimizer.sgd(
              ops,
              parameters,
              settings.momentum(),
              settings.weightDecay(),
              settings.momentum() > 0,
              settings.clipGradNorm(),
              scalesLoss);
      case ADAMW ->
          Optimizer.adamw(
              ops, parameters, settings.weightDecay(), settings.clipGradNorm(), scalesLoss);
    };
  }

  private Evaluator.Evaluation evaluate(Job job, int epoch) {
    if (job.spiking) {
      listener.firingRates(job.phase, epoch, evaluator.firingRates(job.network));
    }
    return evaluator.evaluate(job.network, false);
  }

  private static Path saveBest(Job job) {
    Path best = job.folder.resolve(BEST);
    Weights.save(best, job.network.parameters(), job.inference, job.about);
    return best;
  }

  /** Does some work with the average of weights in the place of the weights, if there is one. */
  private static <R> R averaged(Ema ema, Supplier<R> work) {
    if (ema == null) {
      return work.get();
    }
    ema.swap();
    try {
      return work.get();
    } finally {
      ema.swap();
    }
  }

  /** What an epoch brought; {@code lossScale} is that of the last step, 1 where there is none. */
  private record Trained(LossTerms loss, double accuracy, double seconds, double lossScale) {}

  private Trained epoch(
      Job job, DataLoader loader, TrainStep step, Optimizer optimizer, int epoch) {
    StepSums sums = StepSums.ZERO;
    int images = 0;
    int steps = 0;
    double lossScale = 0;
    long start = System.nanoTime();
    try (Epoch batches = loader.epoch(epoch)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        steps++;
        boolean last = steps == loader.batches();
        if (last) {
          // The step itself may change it.
          lossScale = optimizer.scale();
        }
        step.run(batch);
        images += batch.size();
        listener.submitted(job.phase, epoch + 1, steps);
        boolean prints = steps % settings.printFreq() == 0 && !last;
        if (last || prints || steps % CHECK_EVERY == 0) {
          sums = sums.plus(step.take());
          Divergence.check(ops, job.phase, epoch, sums, optimizer, step);
          var summary =
              new Listener.StepSummary(
                  job.phase,
                  epoch + 1,
                  settings.epochs(),
                  steps,
                  loader.batches(),
                  sums.loss(job.objective),
                  sums.accuracy(),
                  images / seconds(start),
                  optimizer.scale());
          listener.checked(summary);
          if (prints) {
            listener.step(summary);
          }
        }
      }
      List<String> unreadable = Unreadable.overRanks(ops, batches);
      if (!unreadable.isEmpty()) {
        listener.unreadable(job.phase, epoch + 1, unreadable);
      }
    }
    return new Trained(
        sums.loss(job.objective), sums.accuracy(), seconds(start), lossScale > 0 ? lossScale : 1);
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }
}
