package sakd.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.infer.Score;
import sakd.infer.Weights;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.io.WeightFile;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Tensor;
import sakd.task.Task;

/**
 * Everything a run needs to go on as if it had never stopped, in one safetensors file: weights and
 * running statistics under PyTorch's names, the optimizer's state under {@code optimizer.}, the
 * average of weights under {@code ema.}, and in the metadata where it was and on which data. No
 * duration is among it, so that a resumed run writes the same bytes as an undisturbed one.
 */
final class Checkpoint {
  private static final String PROGRESS = Weights.OPTIMIZER + "progress";

  private static final String EPOCHS = "sakd.epochs_done";
  private static final String BEST = "sakd.best_";
  private static final String BEST_EPOCH = "sakd.best_epoch";
  private static final String EPOCHS_IN_ALL = "sakd.epochs";
  private static final String TRAINING_DATA = "sakd.training_data";
  private static final String TEST_DATA = "sakd.test_data";

  /** Between what can be said of data and their fingerprint. */
  private static final String SHA = ", sha256 ";

  private Checkpoint() {}

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
   * @param testData by which the best epoch is found
   */
  record Scope(Score headline, int epochs, String trainingData, String testData) {
    static Scope of(int epochs, Dataset trainSet, Dataset testSet) {
      return new Scope(
          Task.of(trainSet).scores().get(0), epochs, describe(trainSet), describe(testSet));
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

  /** What a checkpoint says of itself. */
  record Saved(Progress progress, Scope scope) {}

  static void save(
      Path path,
      Parameters parameters,
      Optimizer optimizer,
      Ema ema,
      Saved saved,
      Map<String, String> about) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>(Weights.toHost(parameters, name -> true));
    for (Parameter p : parameters.all()) {
      if (p.trained()) {
        optimizer
            .state()
            .forEach((name, flat) -> put(tensors, Weights.OPTIMIZER + name, p, parameters, flat));
        if (ema != null) {
          put(tensors, Weights.EMA + "weights", p, parameters, ema.weights());
        }
      }
    }
    tensors.put(PROGRESS, HostTensor.ofFloats(optimizer.progress(), Optimizer.PROGRESS));
    if (ema != null) {
      ema.swap();
      for (Parameter p : parameters.all()) {
        if (!p.trained()) {
          tensors.put(
              Weights.EMA + "statistics." + p.name(), HostTensor.ofFloats(p.get(), p.shape()));
        }
      }
      ema.swap();
    }
    Map<String, String> metadata = new LinkedHashMap<>(about);
    metadata.put(EPOCHS, Integer.toString(saved.progress.epochsDone));
    metadata.put(BEST + saved.scope.headline.column(), Double.toString(saved.progress.best));
    metadata.put(BEST_EPOCH, Integer.toString(saved.progress.bestEpoch));
    metadata.put(EPOCHS_IN_ALL, Integer.toString(saved.scope.epochs));
    metadata.put(TRAINING_DATA, saved.scope.trainingData);
    metadata.put(TEST_DATA, saved.scope.testData);
    Safetensors.write(path, metadata, tensors);
  }

  private static void put(
      Map<String, HostTensor> tensors, String name, Parameter p, Parameters all, Tensor flat) {
    tensors.put(
        name + "." + p.name(), HostTensor.ofFloats(p.read(all.sliceOf(flat, p)), p.shape()));
  }

  /**
   * Sees whether a training can go on from a checkpoint, as far as its metadata tell.
   *
   * @param now what the training is over now: of the same data, and any number of epochs that is
   *     not less than what is done
   * @throws UserError if it cannot
   */
  static Saved check(Path path, Scope now) {
    return check(path, read(path), now);
  }

  /**
   * Sets weights, optimizer and average from a checkpoint.
   *
   * @throws UserError if the file is not a checkpoint of this network and optimizer, or as for
   *     {@link #check(Path, Scope)}
   */
  static Saved load(
      Path path,
      Parameters parameters,
      Optimizer optimizer,
      Ema ema,
      String architecture,
      Scope now) {
    WeightFile file = read(path);
    final Saved saved = check(path, file, now);
    Weights.load(file, parameters, name -> true, architecture);
    for (Parameter p : parameters.all()) {
      if (p.trained()) {
        optimizer
            .state()
            .forEach(
                (name, flat) ->
                    p.write(
                        floats(path, file, Weights.OPTIMIZER + name + "." + p.name(), p),
                        parameters.sliceOf(flat, p)));
        if (ema != null) {
          p.write(
              floats(path, file, Weights.EMA + "weights." + p.name(), p),
              parameters.sliceOf(ema.weights(), p));
        }
      }
    }
    if (ema != null) {
      ema.swap();
      for (Parameter p : parameters.all()) {
        if (!p.trained()) {
          p.set(floats(path, file, Weights.EMA + "statistics." + p.name(), p));
        }
      }
      ema.swap();
    }
    optimizer.progress(floats(path, file, PROGRESS, Optimizer.PROGRESS));
    return saved;
  }

  private static WeightFile read(Path path) {
    try {
      return WeightFile.read(path);
    } catch (UserError e) {
      if (e.getCause() instanceof IOException) {
        throw e; // Not damaged, but out of reach.
      }
      throw new UserError(
          path
              + " cannot be resumed from: it is damaged; expected the whole file, put a copy of it"
              + " back, or delete it to train from epoch 1 again ("
              + path.resolveSibling(Trainer.BEST)
              + " holds the best epoch's weights until then)",
          e);
    }
  }

  private static Saved check(Path path, WeightFile file, Scope now) {
    Map<String, String> m = file.metadata();
    int done;
    int inAll;
    double best;
    int bestEpoch;
    try {
      done = Integer.parseInt(m.get(EPOCHS));
      inAll = Integer.parseInt(m.getOrDefault(EPOCHS_IN_ALL, "0"));
      best = Double.parseDouble(m.get(BEST + now.headline.column()));
      // Where an earlier version did not say it, patience begins anew.
      String epoch = m.get(BEST_EPOCH);
      bestEpoch = epoch == null ? done : Integer.parseInt(epoch);
    } catch (NumberFormatException | NullPointerException e) {
      throw notCheckpoint(path, "says nothing of the epoch it was written in", e);
    }
    if (done < 1 || (inAll != 0 && inAll < done)) {
      throw notCheckpoint(path, "claims " + done + " epochs done of " + inAll, null);
    }
    if (!(best >= 0 && best <= 1)) {
      throw notCheckpoint(path, "claims a best accuracy of " + best, null);
    }
    if (bestEpoch < 1 || bestEpoch > done) {
      throw notCheckpoint(path, "claims epoch " + bestEpoch + " as the best of " + done, null);
    }
    if (done > now.epochs) {
      throw new UserError(
          path
              + " cannot be resumed from: it has done "
              + done
              + " epochs, but the run is to have "
              + now.epochs
              + " in all; expected at least as many as are done, give more (--epochs, for the "
              + "teacher --teacher-epochs)");
    }
    requireSame(path, "training", m.get(TRAINING_DATA), now.trainingData);
    requireSame(path, "test", m.get(TEST_DATA), now.testData);
    return new Saved(
        new Progress(done, best, bestEpoch),
        new Scope(now.headline, inAll, m.get(TRAINING_DATA), m.get(TEST_DATA)));
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

  private static float[] floats(Path path, WeightFile file, String name, Parameter p) {
    return floats(path, file, name, p.size());
  }

  private static float[] floats(Path path, WeightFile file, String name, int size) {
    HostTensor t = file.tensors().get(name);
    if (t == null || t.numel() != size) {
      throw notCheckpoint(path, "has no " + name, null);
    }
    return t.toFloats();
  }

  private static UserError notCheckpoint(Path path, String problem, Exception cause) {
    return new UserError(
        path
            + " cannot be resumed from: it "
            + problem
            + "; expected a last.safetensors of a run with the same settings",
        cause);
  }
}
