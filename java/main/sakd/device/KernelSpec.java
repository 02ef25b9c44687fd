package sakd.device;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Names a specialisation of a kernel.
 *
 * @param file under {@code kernels/}
 * @param function in it
 * @param defines the {@code -D} definitions it is compiled with (see {@code kernels/portable.h})
 * @param user code of the user's that is compiled into it; null for none
 */
public record KernelSpec(
    String file, String function, SortedMap<String, Integer> defines, UserSource user) {
  public KernelSpec {
    defines = new TreeMap<>(defines);
  }

  public static KernelSpec of(String file, String function, Map<String, Integer> defines) {
    return of(file, function, defines, null);
  }

  /** With code of the user's, or null for none. */
  public static KernelSpec of(
      String file, String function, Map<String, Integer> defines, UserSource user) {
    return new KernelSpec(file, function, new TreeMap<>(defines), user);
  }

  /**
   * What is compiled at once: all functions of a file.
   *
   * @param user as of the specialisation
   */
  public record Unit(String file, SortedMap<String, Integer> defines, UserSource user) {}

  /** What its function is compiled with. */
  public Unit unit() {
    return new Unit(file, defines, user);
  }

  /** The specialisation for a type of activations, in vectors of so many lanes. */
  public static KernelSpec of(String file, String function, DType storage, int lanes) {
    return of(file, function, defines(storage, lanes));
  }

  /**
   * The definitions that nearly every kernel takes; the numbers are those of {@code
   * kernels/portable.h}.
   *
   * @param storage type of activations
   */
  public static Map<String, Integer> defines(DType storage, int lanes) {
    int number =
        switch (storage) {
          case F32 -> 0;
          case F16 -> 1;
          case BF16 -> 2;
          default -> throw new IllegalArgumentException("no activations in " + storage);
        };
    return Map.of("STORAGE", number, "LANES", lanes);
  }

  /** The definitions as compiler options, in the order of their names. */
  public java.util.List<String> options() {
    return defines.entrySet().stream().map(d -> "-D" + d.getKey() + "=" + d.getValue()).toList();
  }
}
