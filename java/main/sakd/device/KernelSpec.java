package sakd.device;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Names a specialisation of a kernel: file under {@code kernels/}, function in it, and the {@code
 * -D} definitions it is compiled with (see {@code kernels/portable.h}).
 */
public record KernelSpec(String file, String function, SortedMap<String, Integer> defines) {
  public KernelSpec {
    defines = new TreeMap<>(defines);
  }

  public static KernelSpec of(String file, String function, Map<String, Integer> defines) {
    return new KernelSpec(file, function, new TreeMap<>(defines));
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
