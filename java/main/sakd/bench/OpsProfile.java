package sakd.bench;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * Wraps operations and adds up the time of each. Counting waits for the device after every
 * operation, so the sum is more than the work takes together; shares of it are what to read.
 *
 * <p>An operation is a method that is handed tensors. The others allocate, ask, or run work whose
 * operations come through here themselves: their time would be counted twice.
 */
final class OpsProfile {
  private final Map<String, long[]> nanos = new TreeMap<>();
  private final Ops ops;
  private boolean counting;

  OpsProfile(Ops inner) {
    ops =
        (Ops)
            Proxy.newProxyInstance(
                Ops.class.getClassLoader(),
                new Class<?>[] {Ops.class},
                (proxy, method, arguments) -> {
                  long start = System.nanoTime();
                  try {
                    Object result = method.invoke(inner, arguments);
                    if (counting && isOperation(method)) {
                      inner.device().synchronize();
                      long[] sum = nanos.computeIfAbsent(method.getName(), n -> new long[2]);
                      sum[0] += System.nanoTime() - start;
                      sum[1]++;
                    }
                    return result;
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  private static boolean isOperation(Method method) {
    return List.of(method.getParameterTypes()).contains(Tensor.class);
  }

  Ops ops() {
    return ops;
  }

  /** Whether operations are timed, and waited for, from here on. */
  void counting(boolean on) {
    counting = on;
  }

  /** The share of the time counted that went to operations whose names pass. */
  double share(Predicate<String> names) {
    return (double) sum(names) / sum(n -> true);
  }

  private long sum(Predicate<String> names) {
    return nanos.entrySet().stream()
        .filter(e -> names.test(e.getKey()))
        .mapToLong(e -> e.getValue()[0])
        .sum();
  }

  /** Milliseconds and calls a step, the longest first. */
  String list(int steps) {
    StringBuilder text = new StringBuilder();
    nanos.entrySet().stream()
        .sorted((a, b) -> Long.compare(b.getValue()[0], a.getValue()[0]))
        .limit(14)
        .forEach(
            e ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "  %-22s %8.2f ms  %5d calls%n",
                        e.getKey(),
                        e.getValue()[0] * 1e-6 / steps,
                        e.getValue()[1] / steps)));
    return text.toString();
  }
}
