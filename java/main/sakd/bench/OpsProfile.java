package sakd.bench;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import sakd.device.ConvShape;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * Wraps operations and adds up the time of each. Counting waits for the device after every
 * operation, so the sum is more than the work takes together; shares of it are what to read.
 *
 * <p>An operation is a method that is handed tensors. The others allocate, ask, or run work whose
 * operations come through here themselves: their time would be counted twice.
 */
public final class OpsProfile {
  /**
   * What was counted of the operations of one name, a step.
   *
   * @param flops floating-point operations, two to a multiply-accumulate of a convolution; 0 where
   *     it is none
   */
  public record Operation(String name, double milliseconds, long calls, double flops) {}

  /** Nanoseconds, calls and multiply-accumulates. */
  private final Map<String, long[]> counts = new TreeMap<>();

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
                      long[] sum = counts.computeIfAbsent(method.getName(), n -> new long[3]);
                      sum[0] += System.nanoTime() - start;
                      sum[1]++;
                      sum[2] += arguments[0] instanceof ConvShape c ? c.macs() : 0;
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
    return counts.entrySet().stream()
        .filter(e -> names.test(e.getKey()))
        .mapToLong(e -> e.getValue()[0])
        .sum();
  }

  /** Of each name, the longest first. */
  List<Operation> operations(int steps) {
    return counts.entrySet().stream()
        .map(
            e ->
                new Operation(
                    e.getKey(),
                    e.getValue()[0] * 1e-6 / steps,
                    e.getValue()[1] / steps,
                    2.0 * e.getValue()[2] / steps))
        .sorted(Comparator.comparingDouble(Operation::milliseconds).reversed())
        .toList();
  }
}
