package sakd.bench;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import sakd.ops.Ops;

/** Wraps operations and adds up the time of each; for devices whose calls return when done. */
final class OpsProfile {
  private final Map<String, long[]> nanos = new TreeMap<>();
  private final Ops ops;

  OpsProfile(Ops inner) {
    ops =
        (Ops)
            Proxy.newProxyInstance(
                Ops.class.getClassLoader(),
                new Class<?>[] {Ops.class},
                (proxy, method, arguments) -> {
                  long start = System.nanoTime();
                  try {
                    return method.invoke(inner, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  } finally {
                    long[] sum = nanos.computeIfAbsent(method.getName(), n -> new long[2]);
                    sum[0] += System.nanoTime() - start;
                    sum[1]++;
                  }
                });
  }

  Ops ops() {
    return ops;
  }

  void reset() {
    nanos.clear();
  }

  /** Seconds in the operations whose names pass. */
  double seconds(java.util.function.Predicate<String> names) {
    return nanos.entrySet().stream()
            .filter(e -> names.test(e.getKey()))
            .mapToLong(e -> e.getValue()[0])
            .sum()
        * 1e-9;
  }

  void print(int steps) {
    nanos.entrySet().stream()
        .sorted((a, b) -> Long.compare(b.getValue()[0], a.getValue()[0]))
        .limit(14)
        .forEach(
            e ->
                System.out.printf(
                    Locale.ROOT,
                    "  %-22s %8.2f ms  %5d calls%n",
                    e.getKey(),
                    e.getValue()[0] * 1e-6 / steps,
                    e.getValue()[1] / steps));
  }
}
