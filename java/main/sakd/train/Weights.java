package sakd.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.io.SafetensorsFile;
import sakd.io.UserError;
import sakd.nn.Parameter;
import sakd.nn.Parameters;

/** Parameters to and from safetensors, under PyTorch's names and in its order. */
public final class Weights {
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

  /**
   * Sets every parameter whose name passes from the file.
   *
   * @param architecture named in errors, e.g. "resnet8 for 10 classes"
   * @throws UserError if the file lacks one, has it in another shape, or has tensors that are of no
   *     parameter; nothing is set then
   */
  public static void load(
      Path path, Parameters parameters, Predicate<String> names, String architecture) {
    load(path, Safetensors.read(path), parameters, names, architecture);
  }

  /** As {@link #load(Path, Parameters, Predicate, String)} from a file already read. */
  public static void load(
      Path path,
      SafetensorsFile file,
      Parameters parameters,
      Predicate<String> names,
      String architecture) {
    check(path, file, parameters, names, architecture);
    for (Parameter p : parameters.all()) {
      if (names.test(p.name())) {
        p.set(file.tensors().get(p.name()).toFloats());
      }
    }
  }

  /**
   * Whether {@link #load} would succeed; the parameters need not be allocated.
   *
   * @throws UserError as {@link #load}
   */
  public static void check(
      Path path,
      SafetensorsFile file,
      Parameters parameters,
      Predicate<String> names,
      String architecture) {
    List<Parameter> wanted = parameters.all().stream().filter(p -> names.test(p.name())).toList();
    List<String> missing = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    for (Parameter p : wanted) {
      HostTensor t = file.tensors().get(p.name());
      if (t == null) {
        missing.add(p.name());
      } else if (!Arrays.equals(t.shape(), p.shape())) {
        misshapen.add(
            p.name()
                + " is "
                + Arrays.toString(t.shape())
                + " instead of "
                + Arrays.toString(p.shape()));
      }
    }
    List<String> unknown =
        file.tensors().keySet().stream()
            .filter(n -> parameters.get(n) == null && !isExtra(n))
            .toList();
    if (!missing.isEmpty() || !misshapen.isEmpty() || !unknown.isEmpty()) {
      throw new UserError(
          path
              + " holds the weights of another network than "
              + architecture
              + ": "
              + problems(missing, misshapen, unknown)
              + "; give the --model, --dataset and --neuron it was made with");
    }
  }

  /** Tensors a weight file may hold besides a network's own. */
  private static boolean isExtra(String name) {
    return name.endsWith(IGNORED_SUFFIX)
        || name.startsWith("transform")
        || name.startsWith(Checkpoint.OPTIMIZER)
        || name.startsWith(Checkpoint.EMA);
  }

  private static String problems(
      List<String> missing, List<String> misshapen, List<String> unknown) {
    List<String> parts = new ArrayList<>();
    if (!missing.isEmpty()) {
      parts.add(missing.size() + " tensors are missing (" + some(missing) + ")");
    }
    if (!misshapen.isEmpty()) {
      parts.add(misshapen.size() + " have another shape (" + some(misshapen) + ")");
    }
    if (!unknown.isEmpty()) {
      parts.add(unknown.size() + " belong to no layer (" + some(unknown) + ")");
    }
    return String.join(", ", parts);
  }

  private static String some(List<String> names) {
    return String.join(", ", names.subList(0, Math.min(SHOWN, names.size())))
        + (names.size() > SHOWN ? ", ..." : "");
  }
}
