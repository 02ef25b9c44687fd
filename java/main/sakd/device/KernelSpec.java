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

  /** The definitions as compiler options, in the order of their names. */
  public java.util.List<String> options() {
    return defines.entrySet().stream().map(d -> "-D" + d.getKey() + "=" + d.getValue()).toList();
  }
}
