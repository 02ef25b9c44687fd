package sakd.infer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import sakd.base.UserError;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.io.WeightFile;
import sakd.nn.Parameter;
import sakd.nn.Parameters;

/** Parameters to and from weight files, under PyTorch's names and in its order. */
public final class Weights {
  /** Before the names of an optimizer's state in a checkpoint. */
  public static final String OPTIMIZER = "optimizer.";

  /** Before the names of the average of weights in a checkpoint. */
  public static final String EMA = "ema.";

  /** PyTorch counts batches per norm; nothing here depends on it. */
  private static final String IGNORED_SUFFIX = ".num_batches_tracked";

  private static final int SHOWN = 4;

  private Weights() {}

  /** The parameters whose names pass, as host tensors. */
  public static Map<String, HostTensor> toHost(Parameters parameters, Predicate<String> names) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (Parameter p : parameters.all()) {
      if (names.test(p.name())) {
        tensors.put(p.name(), HostTensor.ofFloats(p.get(), p.shape()));
      }
    }
    return tensors;
  }

  /** Writes a weight file, atomically. */
  public static void save(
      Path path, Parameters parameters, Predicate<String> names, Map<String, String> metadata) {
    Safetensors.write(path, metadata, toHost(parameters, names));
  }

  /** Whether a weight file may hold a tensor of this name besides a network's own. */
  public static boolean isTrainingOnly(String name) {
    return name.endsWith(IGNORED_SUFFIX)
        || name.startsWith("transform")
        || name.startsWith(OPTIMIZER)
        || name.startsWith(EMA);
  }

  /** The classes that a file's last linear layer tells apart, or {@code otherwise}. */
  public static int classes(WeightFile file, int otherwise) {
    return WeightNames.classes(file.tensors(), otherwise);
  }

  /** The tensor of that name, or the one of that name under the shortest prefix, or null. */
  public static HostTensor find(WeightFile file, String name) {
    return WeightNames.find(file.tensors(), List.of(name));
  }

  /**
   * Which tensor of a file is which parameter's.
   *
   * @param found the tensor of each parameter that has one of its shape
   * @param missing parameters that the file lacks
   * @param misshapen parameters that it has in another shape
   * @param unknown tensors that are of no parameter
   * @param prefix what was taken off the names in the file; empty for nothing
   * @param outside tensors that are not under the prefix, and so of something else
   */
  public record Match(
      WeightFile file,
      Map<Parameter, HostTensor> found,
      List<String> missing,
      List<String> misshapen,
      List<String> unknown,
      String prefix,
      List<String> outside) {
    /** Whether every parameter has its tensor, and every tensor its parameter. */
    public boolean isWhole() {
      return missing.isEmpty() && misshapen.isEmpty() && unknown.isEmpty();
    }

    /** Sets the parameters that were found. */
    public void set() {
      found.forEach((parameter, tensor) -> parameter.set(tensor.toFloats()));
    }

    /** One line: how many tensors, and by name what was skipped and what is missing. */
    public String summary() {
      return found.size()
          + " tensors from "
          + file.title()
          + (prefix.isEmpty() ? "" : ", without the prefix " + prefix + beside())
          + (isWhole() ? "" : "; " + problems(Integer.MAX_VALUE));
    }

    private String beside() {
      return outside.isEmpty()
          ? ""
          : " (" + outside.size() + " without it not used: " + some(outside, SHOWN) + ")";
    }

    private String problems(int shown) {
      List<String> parts = new ArrayList<>();
      if (!missing.isEmpty()) {
        parts.add(missing.size() + " tensors are missing (" + some(missing, shown) + ")");
      }
      if (!misshapen.isEmpty()) {
        parts.add(misshapen.size() + " have another shape (" + some(misshapen, shown) + ")");
      }
      if (!unknown.isEmpty()) {
        parts.add(unknown.size() + " belong to no layer (" + some(unknown, shown) + ")");
      }
      return String.join(", ", parts);
    }

    private static String some(List<String> names, int shown) {
      return String.join(", ", names.subList(0, Math.min(shown, names.size())))
          + (names.size() > shown ? ", ..." : "");
    }
  }

  /**
   * Finds the tensor of every parameter whose name passes; the parameters need not be allocated.
   *
   * @param architecture named in errors, e.g. "resnet8 for 10 classes"
   * @param allowPartial whether something may be missing, of another shape or left over
   * @throws UserError if something is and may not, nothing fits, or what does is not finite
   */
  public static Match match(
      WeightFile file,
      Parameters parameters,
      Predicate<String> names,
      String architecture,
      boolean allowPartial) {
    WeightNames.Group group = WeightNames.of(parameters, file.tensors());
    Map<String, HostTensor> tensors = group.tensors();
    Map<Parameter, HostTensor> found = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    for (Parameter p : parameters.all()) {
      if (names.test(p.name())) {
        HostTensor t = tensors.get(p.name());
        if (t == null) {
          missing.add(p.name());
        } else if (!Arrays.equals(t.shape(), p.shape())) {
          misshapen.add(
              p.name()
                  + " is "
                  + Arrays.toString(t.shape())
                  + " instead of "
                  + Arrays.toString(p.shape()));
        } else {
          found.put(p, t);
        }
      }
    }
    List<String> unknown =
        tensors.keySet().stream()
            .filter(n -> parameters.get(n) == null && !isTrainingOnly(n))
            .toList();
    Match match =
        new Match(file, found, missing, misshapen, unknown, group.prefix(), group.outside());
    if (!match.isWhole() && (!allowPartial || found.isEmpty())) {
      throw new UserError(
          file.title()
              + " holds the weights of another network than "
              + architecture
              + ": "
              + (group.prefix().isEmpty() ? "" : "without the prefix " + group.prefix() + " ")
              + match.problems(SHOWN)
              + "; give the --model, --dataset and --neuron it was made with"
              + (found.isEmpty() ? "" : ", or --allow-partial to use what fits"));
    }
    Map<String, HostTensor> used = new LinkedHashMap<>();
    found.forEach((parameter, tensor) -> used.put(parameter.name(), tensor));
    FiniteWeights.require(file.path(), used);
    return match;
  }

  /**
   * Sets every parameter whose name passes from the file.
   *
   * @throws UserError as {@link #match} without {@code allowPartial}; nothing is set then
   */
  public static void load(
      WeightFile file, Parameters parameters, Predicate<String> names, String architecture) {
    match(file, parameters, names, architecture, false).set();
  }
}
