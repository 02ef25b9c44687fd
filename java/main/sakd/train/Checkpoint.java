package sakd.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import sakd.base.UserError;
import sakd.infer.Weights;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.io.WeightFile;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * Everything a run needs to go on as if it had never stopped, in one safetensors file: weights and
 * running statistics under PyTorch's names, the optimizer's state under {@code optimizer.}, the
 * average of weights under {@code ema.}, and in the metadata where it was and on which data. No
 * duration is among it, so that a resumed run writes the same bytes as an undisturbed one.
 */
final class Checkpoint {
  private static final String PROGRESS = Weights.OPTIMIZER + "progress";

  private Checkpoint() {}

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
    saved.describe(metadata);
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
  static Saved check(Path path, Saved.Scope now) {
    return Saved.of(path, read(path).metadata(), now);
  }

  /**
   * Sets weights, optimizer and average from a checkpoint.
   *
   * @throws UserError if the file is not a checkpoint of this network and optimizer, or as for
   *     {@link #check(Path, Saved.Scope)}
   */
  static Saved load(
      Path path,
      Parameters parameters,
      Optimizer optimizer,
      Ema ema,
      String architecture,
      Saved.Scope now) {
    WeightFile file = read(path);
    final Saved saved = Saved.of(path, file.metadata(), now);
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

  /** Gives all ranks what rank 0 has of all that {@link #load} sets. */
  static void handRound(Ops ops, Parameters parameters, Optimizer optimizer, Ema ema) {
    handRound(ops, parameters);
    optimizer.changing().forEach(ops::broadcastRanks);
    if (ema != null) {
      ops.broadcastRanks(ema.weights());
      ops.broadcastRanks(ema.statistics());
    }
  }

  /** Gives all ranks rank 0's weights and running statistics. */
  static void handRound(Ops ops, Parameters parameters) {
    ops.broadcastRanks(parameters.weights());
    ops.broadcastRanks(parameters.statistics());
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

  static UserError notCheckpoint(Path path, String problem, Exception cause) {
    return new UserError(
        path
            + " cannot be resumed from: it "
            + problem
            + "; expected a last.safetensors of a run with the same settings",
        cause);
  }
}
