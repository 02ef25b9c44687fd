package sakd.device;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameters of a kernel, read off its source. No device checks what it is handed, some not
 * even the size, and a 32-bit number where 64 bits are read is a crash or a wrong result.
 */
public final class KernelParameters {
  private final String kernel;
  private final List<Class<?>> types;

  private KernelParameters(String kernel, List<Class<?>> types) {
    this.kernel = kernel;
    this.types = types;
  }

  /**
   * Reads the declaration {@code KERNEL(function, parameters)}: the last one, since a file of
   * {@code kernels/cuda} includes another before it brings kernels in place of some of its.
   *
   * @throws IllegalArgumentException if the file has no such kernel
   */
  public static KernelParameters of(String file, String function) {
    String kernel = "kernel " + function + " of kernels/" + file;
    Matcher declaration =
        Pattern.compile(
                "^KERNEL\\(\\s*" + Pattern.quote(function) + "\\s*,([^()]*)\\)\\s*\\{",
                Pattern.MULTILINE)
            .matcher(KernelSources.load(file));
    String parameters =
        declaration
            .results()
            .reduce((first, later) -> later)
            .orElseThrow(() -> new IllegalArgumentException("there is no " + kernel))
            .group(1);
    return new KernelParameters(
        kernel,
        Arrays.stream(parameters.split(",")).<Class<?>>map(KernelParameters::type).toList());
  }

  private static Class<?> type(String parameter) {
    String words = parameter.strip();
    if (words.contains("*")) {
      return Memory.class;
    }
    return switch (words.substring(0, words.indexOf(' '))) {
      case "int" -> Integer.class;
      case "int64" -> Long.class;
      case "float" -> Float.class;
      default -> throw new IllegalArgumentException("a kernel cannot have a parameter " + words);
    };
  }

  /** How many there are. */
  public int count() {
    return types.size();
  }

  /**
   * Checks a launch's arguments; null is allowed for memory that a specialisation does not read.
   *
   * @throws IllegalArgumentException if their number or types differ from the kernel's
   */
  public void check(Object... arguments) {
    if (arguments.length != types.size()) {
      throw new IllegalArgumentException(
          kernel + " has " + types.size() + " parameters, not " + arguments.length);
    }
    for (int i = 0; i < arguments.length; i++) {
      Object argument = arguments[i];
      Class<?> type = types.get(i);
      boolean fits = argument == null ? type == Memory.class : type.isInstance(argument);
      if (!fits) {
        throw new IllegalArgumentException(
            "argument "
                + i
                + " of "
                + kernel
                + " must be "
                + type.getSimpleName()
                + ", not "
                + (argument == null ? "null" : argument.getClass().getSimpleName()));
      }
    }
  }

  /** Names the kernel and its file. */
  @Override
  public String toString() {
    return kernel;
  }
}
