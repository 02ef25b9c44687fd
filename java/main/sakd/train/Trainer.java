package sakd.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.HeldOut;
import sakd.data.Parts;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.Evaluator;
import sakd.infer.Weights;
import sakd.io.WeightFile;
import sakd.model.Network;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.task.Objective;
import sakd.task.Task;

/**
 * Trains one network on one objective, epoch by epoch. After each it evaluates, tells the listener,
 * writes {@code best.safetensors} where it is the best so far, and last of all {@code
 * last.safetensors}, which counts the epoch: whatever a kill before that left of the epoch is
 * written again, with the same bytes. Within an epoch {@code last.safetensors} may be written too,
 * to go on from there.
 *
 * <p>All ranks train alike and come to the same; rank 0 alone reads and writes files and tells the
 * listener.
 */
public final class Trainer {
  public static final String LAST = "last.safetensors";
  public static final String BEST = "best.safetensors";

  /** Hears nothing. */
  private static final Listener NOBODY = new Listener() {};

  private final Ops ops;
  private final TrainSettings settings;
  private final Dataset trainSet;
  private final Evaluator evaluator;
  private final Listener listener;

  /**
   * @param evaluator of the held-out samples, on which the best epoch is chosen: the test samples,
   *     or those for validation where the settings have a share of them
   */
  public Trainer(
      Ops ops, TrainSettings settings, Dataset trainSet, Evaluator evaluator, Listener listener) {
    this.ops = ops;
    this.settings = settings;
    this.trainSet = trainSet;
    this.evaluator = evaluator;
    this.listener = ops.rank() == 0 ? listener : NOBODY;
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
   * @param last the headline's score at the end, of the weights that the network then has: the last
   *     epoch's or the best one's
   * @param best the headline's best score
   * @param epochs that were trained in all
   */
  public record Outcome(double last, double best, int epochs) {}

  /**
   * Sees whether the training in a folder, if there is one, can go on.
   *
   * @param epochs in all
   * @return the epochs that are done or begun
   * @throws sakd.base.UserError if it cannot: its checkpoint is damaged, or was written on other
   *     data, or more epochs are done than there are to be
   */
  public static int requireResumable(
      Path folder, int epochs, Dataset trainSet, HeldOut heldOut, Dataset heldOutSet) {
    Path last = folder.resolve(LAST);
    return Files.exists(last)
        ? Checkpoint.check(last, Saved.Scope.of(epochs, trainSet, heldOut, heldOutSet)).begun()
        : 0;
  }

  /**
   * Trains to the last epoch, or until patience ends; goes on from last.safetensors if {@code
   * resume} and it is there. In the end the network has the weights of the best epoch if patience
   * ended, or if there are samples for validation; else those of the last.
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
                settings.batchSize(),
                settings.scale())) {
      var scope =
          Saved.Scope.of(settings.epochs(), trainSet, settings.heldOut(), evaluator.dataset());
      Saved saved = start(job, resume, optimizer, ema, scope);
      Saved.Progress progress = saved.progress();
      PartEpoch part = saved.part();
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
              settings.workers(),
              new Parts(ops.rank(), ops.ranks(), settings.scale().microBatches()));
      Scale scale = settings.scale();
      var statistics =
          new RunningStatistics(
              ops, scale.syncBatchNorm() ? null : scale.distBn(), parameters, ema);
      var steps = new EpochSteps(ops, settings, job, loader, step, optimizer, listener);
      int first = progress.epochsDone() + 1;
      double score = 0;
      if (goesOn(progress)) {
        int before = saved.scope().epochs();
        if (before != 0 && before != settings.epochs()) {
          listener.rescheduled(new Listener.Rescheduled(job.phase, first, before, schedule));
        }
        listener.start(
            new Listener.Start(
                job.phase,
                job.folder,
                first,
                part.steps(),
                settings.epochs(),
                loader.batches(),
                trainSet));
      } else if (!bestCounts(progress)) {
        score = averaged(ema, () -> evaluator.evaluate(job.network, false)).scores().value();
      }
      while (goesOn(progress)) {
        int e = progress.epochsDone();
        int epoch = e + 1;
        optimizer.learningRate(schedule.at(e));
        if (job.objective.startEpoch(e, settings.epochs())) {
          step.forget();
        }
        Saved.Progress before = progress;
        EpochSteps.Trained trained =
            steps.run(
                e,
                part,
                p -> {
                  statistics.settle();
                  save(last, job, optimizer, ema, new Saved(before, p, scope));
                });
        statistics.settle();
        part = PartEpoch.NONE;
        listener.gradients(job.phase, epoch, parameters, trained.lossScale());
        Evaluator.Evaluation evaluation = averaged(ema, () -> evaluate(job, epoch));
        score = evaluation.scores().value();
        listener.epoch(
            new Listener.EpochSummary(
                job.task,
                job.phase,
                epoch,
                settings.epochs(),
                schedule.at(e),
                trained.loss(),
                trained.accuracy(),
                settings.heldOut(),
                evaluation.scores(),
                trained.imagesPerSecond(),
                trained.seconds()));
        boolean best = e == 0 || score > progress.best();
        progress =
            best
                ? new Saved.Progress(epoch, score, epoch)
                : new Saved.Progress(epoch, progress.best(), progress.bestEpoch());
        if (best) {
          averaged(ema, () -> saveBest(job));
        }
        save(last, job, optimizer, ema, new Saved(progress, PartEpoch.NONE, scope));
      }
      if (bestCounts(progress)) {
        loadBest(job);
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
              settings.heldOut(),
              progress.bestEpoch(),
              progress.best()));
      return new Outcome(score, progress.best(), progress.epochsDone());
    }
  }

  /**
   * Where all ranks begin: as they are, or with rank 0's checkpoint; with one state in any case.
   */
  private Saved start(Job job, boolean resume, Optimizer optimizer, Ema ema, Saved.Scope scope) {
    var parameters = job.network.parameters();
    Path last = job.folder.resolve(LAST);
    Saved saved =
        RankTransfers.together(
            ops,
            () -> {
              if (ops.rank() > 0 || !resume || !Files.exists(last)) {
                return Saved.start(scope);
              }
              Saved there =
                  Checkpoint.load(last, parameters, optimizer, ema, job.architecture, scope);
              there.part().requireBatches(last, settings.batchSize());
              return there;
            });
    Checkpoint.handRound(ops, parameters, optimizer, ema);
    return saved.ofFirst(ops);
  }

  private void save(Path last, Job job, Optimizer optimizer, Ema ema, Saved saved) {
    if (ops.rank() == 0) {
      Checkpoint.save(last, job.network.parameters(), optimizer, ema, saved, job.about);
    }
  }

  private boolean goesOn(Saved.Progress progress) {
    return progress.epochsDone() < settings.epochs() && !progress.exhausts(settings.patience());
  }

  /** Of a training that is over: chosen on the test samples, the best would be too good. */
  private boolean bestCounts(Saved.Progress progress) {
    return settings.heldOut() == HeldOut.VALIDATION || progress.epochsDone() < settings.epochs();
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

  private Path saveBest(Job job) {
    Path best = job.folder.resolve(BEST);
    if (ops.rank() == 0) {
      Weights.save(best, job.network.parameters(), job.inference, job.about);
    }
    return best;
  }

  private void loadBest(Job job) {
    var parameters = job.network.parameters();
    if (ops.rank() == 0) {
      Weights.load(
          WeightFile.read(job.folder.resolve(BEST)), parameters, job.inference, job.architecture);
    }
    Checkpoint.handRound(ops, parameters);
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
}
