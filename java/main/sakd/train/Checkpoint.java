package sakd.train;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.io.UserError;
import sakd.io.WeightFile;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Tensor;

/**
 * Everything a run needs to go on as if it had never stopped, in one safetensors file: weights and
 * running statistics under PyTorch's names, the optimizer's state under {@code optimizer.}, the
 * average of weights under {@code ema.}, and where it was in the metadata. No duration is among it,
 * so that a resumed run writes the same bytes as an undisturbed one.
 */
final class Checkpoint {
  static final String OPTIMIZER = "optimizer.";
  static final String EMA = "ema.";

  private static final String PROGRESS = OPTIMIZER + "progress";

  private static final String EPOCHS = "sakd.epochs_done";
  private static final String BEST = "sakd.best_top1";

  private Checkpoint() {}

  /** Where a run was: after so many whole epochs. */
  record Progress(int epochsDone, double bestTop1) {}

  static void save(
      Path path,
      Parameters parameters,
      Optimizer optimizer,
      Ema ema,
      Progress progress,
      Map<String, String> about) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>(Weights.toHost(parameters, name -> true));
    for (Parameter p : parameters.all()) {
      if (p.trained()) {
        optimizer
            .state()
            .forEach((name, flat) -> put(tensors, OPTIMIZER + name, p, parameters, flat));
        if (ema != null) {
          put(tensors, EMA + "weights", p, parameters, ema.weights());
        }
      }
    }
    tensors.put(PROGRESS, HostTensor.ofFloats(optimizer.progress(), Optimizer.PROGRESS));
    if (ema != null) {
      ema.swap();
      for (Parameter p : parameters.all()) {
        if (!p.trained()) {
          tensors.put(EMA + "statistics." + p.name(), HostTensor.ofFloats(p.get(), p.shape()));
        }
      }
      ema.swap();
    }
    Map<String, String> metadata = new LinkedHashMap<>(about);
    metadata.put(EPOCHS, Integer.toString(progress.epochsDone));
    metadata.put(BEST, Double.toString(progress.bestTop1));
    Safetensors.write(path, metadata, tensors);
  }

  private static void put(
      Map<String, HostTensor> tensors, String name, Parameter p, Parameters all, Tensor flat) {
    tensors.put(
        name + "." + p.name(), HostTensor.ofFloats(p.read(all.sliceOf(flat, p)), p.shape()));
  }

  /**
   * Sets weights, optimizer and average from a checkpoint.
   *
   * @throws UserError if the file is not a checkpoint of this network and optimizer
   */
  static Progress load(
      Path path, Parameters parameters, Optimizer optimizer, Ema ema, String architecture) {
    WeightFile file = WeightFile.read(path);
    Weights.load(file, parameters, name -> true, architecture);
    for (Parameter p : parameters.all()) {
      if (p.trained()) {
        optimizer
            .state()
            .forEach(
                (name, flat) ->
                    p.write(
                        floats(path, file, OPTIMIZER + name + "." + p.name(), p),
                        parameters.sliceOf(flat, p)));
        if (ema != null) {
          p.write(
              floats(path, file, EMA + "weights." + p.name(), p),
              parameters.sliceOf(ema.weights(), p));
        }
      }
    }
    if (ema != null) {
      ema.swap();
      for (Parameter p : parameters.all()) {
        if (!p.trained()) {
          p.set(floats(path, file, EMA + "statistics." + p.name(), p));
        }
      }
      ema.swap();
    }
    optimizer.progress(floats(path, file, PROGRESS, Optimizer.PROGRESS));
    try {
      Map<String, String> m = file.metadata();
      return new Progress(Integer.parseInt(m.get(EPOCHS)), Double.parseDouble(m.get(BEST)));
    } catch (NumberFormatException | NullPointerException e) {
      throw notCheckpoint(path, "says nothing of the epoch it was written in", e);
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

  private static UserError notCheckpoint(Path path, String problem, Exception cause) {
    return new UserError(
        path
            + " cannot be resumed from: it "
            + problem
            + "; expected a last.safetensors of a run with the same settings",
        cause);
  }
}
