package sakd.train;

import java.nio.file.Path;
import java.util.Map;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.HeldOut;
import sakd.infer.Score;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.task.Task;

/**
 * What a {@link Checkpoint} says of itself, in the metadata of its file.
 *
 * @param part of the epoch after those that are done
 */
record Saved(Progress progress, PartEpoch part, Scope scope) {
  private static final String EPOCHS = "sakd.epochs_done";
  private static final String BEST = "sakd.best_";
  private static final String BEST_EPOCH = "sakd.best_epoch";
  private static final String EPOCHS_IN_ALL = "sakd.epochs";
  private static final String TRAINING_DATA = "sakd.training_data";

  /** Between what can be said of data and their fingerprint. */
  private static final String SHA = ", sha256 ";

  /**
   * Where a run was: after so many whole epochs, with the best score of its headline.
   *
   * @param bestEpoch the first with that score, from 1; 0 before any
   */
  record Progress(int epochsDone, double best, int bestEpoch) {
    /** Whether so many epochs did not bring a better score; never if {@code patience} is 0. */
    boolean exhausts(int patience) {
      return patience > 0 && epochsDone - bestEpoch >= patience;
    }
  }

  /**
   * What a run is over. Files of earlier versions do not say it.
   *
   * @param headline by which the best epoch is found
   * @param epochs in all; 0 if unknown
   * @param trainingData what is known of them, and their fingerprint; null if unknown
   * @param heldOut what the held-out data are
   * @param heldOutData on which the best epoch is chosen; null if unknown
   */
  record Scope(
      Score headline, int epochs, String trainingData, HeldOut heldOut, String heldOutData) {
    static Scope of(int epochs, Dataset trainSet, HeldOut heldOut, Dataset heldOutSet) {
      return new Scope(
          Task.of(trainSet).scores().get(0),
          epochs,
          describe(trainSet),
          heldOut,
          describe(heldOutSet));
    }

    private String heldOutKey() {
      return "sakd." + heldOut.label() + "_data";
    }

    private static String describe(Dataset set) {
      return set.name()
          + " with "
          + set.size()
          + " samples of "
          + set.channels()
          + "x"
          + set.height()
          + "x"
          + set.width()
          + " in "
          + set.classes()
          + " classes"
          + SHA
          + set.fingerprint();
    }
  }

  /** Of a run that begins. */
  static Saved start(Scope scope) {
    return new Saved(new Progress(0, 0, 0), PartEpoch.NONE, scope);
  }

  /** Epochs that are done or begun. */
  int begun() {
    return progress.epochsDone + (part.steps() > 0 ? 1 : 0);
  }

  /** The same of rank 0, for all ranks; the scope is each one's own. */
  Saved ofFirst(Ops ops) {
    double[] where = {
      progress.epochsDone, progress.best, progress.bestEpoch, part.steps(), part.batchSize()
    };
    double[] first = RankTransfers.gather(ops, where).get(0);
    double[] sums = RankTransfers.gather(ops, part.sums().numbers()).get(0);
    return new Saved(
        new Progress((int) first[0], first[1], (int) first[2]),
        new PartEpoch((int) first[3], (int) first[4], StepSums.of(sums)),
        scope);
  }

  /** Adds what {@link #of} reads. */
  void describe(Map<String, String> metadata) {
    metadata.put(EPOCHS, Integer.toString(progress.epochsDone));
    metadata.put(BEST + scope.headline.column(), Double.toString(progress.best));
    metadata.put(BEST_EPOCH, Integer.toString(progress.bestEpoch));
    metadata.put(EPOCHS_IN_ALL, Integer.toString(scope.epochs));
    metadata.put(TRAINING_DATA, scope.trainingData);
    metadata.put(scope.heldOutKey(), scope.heldOutData);
    part.describe(metadata);
  }

  /**
   * Sees whether a training can go on from a checkpoint, as far as its metadata tell.
   *
   * @param now what the training is over now: of the same data, and any number of epochs that is
   *     not less than what is done
   * @throws UserError if it cannot
   */
  static Saved of(Path path, Map<String, String> m, Scope now) {
    int done;
    int inAll;
    double best;
    int bestEpoch;
    PartEpoch part;
    try {
      done = Integer.parseInt(m.get(EPOCHS));
      inAll = Integer.parseInt(m.getOrDefault(EPOCHS_IN_ALL, "0"));
      best = Double.parseDouble(m.get(BEST + now.headline.column()));
      // Where an earlier version did not say it, patience begins anew.
      String epoch = m.get(BEST_EPOCH);
      bestEpoch = epoch == null ? done : Integer.parseInt(epoch);
      part = PartEpoch.of(m);
    } catch (IllegalArgumentException | NullPointerException e) {
      throw Checkpoint.notCheckpoint(path, "says nothing of the epoch it was written in", e);
    }
    boolean within = part.steps() > 0;
    if (done < (within ? 0 : 1) || (inAll != 0 && inAll < done + (within ? 1 : 0))) {
      throw Checkpoint.notCheckpoint(
          path, "claims " + done + " epochs done of " + inAll + within(part), null);
    }
    if (!(best >= 0 && best <= 1)) {
      throw Checkpoint.notCheckpoint(path, "claims a best accuracy of " + best, null);
    }
    if (bestEpoch < Math.min(1, done) || bestEpoch > done) {
      throw Checkpoint.notCheckpoint(
          path, "claims epoch " + bestEpoch + " as the best of " + done, null);
    }
    Saved saved =
        new Saved(
            new Progress(done, best, bestEpoch),
            part,
            new Scope(
                now.headline, inAll, m.get(TRAINING_DATA), now.heldOut, m.get(now.heldOutKey())));
    if (saved.begun() > now.epochs) {
      throw new UserError(
          path
              + " cannot be resumed from: it has done "
              + done
              + " epochs"
              + within(part)
              + ", but the run is to have "
              + now.epochs
              + " in all; expected at least as many as are "
              + (within ? "begun" : "done")
              + ", give more (--epochs, for the teacher --teacher-epochs)");
    }
    requireSame(path, "training", saved.scope.trainingData, now.trainingData);
    requireSame(path, now.heldOut.label(), saved.scope.heldOutData, now.heldOutData);
    return saved;
  }

  private static String within(PartEpoch part) {
    return part.steps() > 0 ? " and " + part.steps() + " steps of the next" : "";
  }

  private static void requireSame(Path path, String part, String before, String now) {
    if (before == null || before.equals(now)) {
      return;
    }
    String were = before.split(SHA, 2)[0];
    String are = now.split(SHA, 2)[0];
    throw new UserError(
        path
            + " cannot be resumed from: its "
            + part
            + " data were "
            + were
            + (were.equals(are)
                ? ", and some of their samples, labels or names have changed since"
                : ", and are " + are + " now")
            + "; expected the same data, put them back, or start a new run");
  }
}
