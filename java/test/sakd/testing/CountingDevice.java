package sakd.testing;

import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.TreeMap;
import sakd.device.Device;
import sakd.device.IdleDevice;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;

/** Passes for a GPU, computes nothing, and counts what it is asked to launch. */
public final class CountingDevice {
  private final Map<String, Integer> launches = new TreeMap<>();
  private final Device inner = new IdleDevice();

  /** The device itself. */
  public Device device() {
    return proxy(
        Device.class,
        (name, arguments) ->
            switch (name) {
              case "hasWarps" -> true;
              case "preferredLanes" -> 8;
              case "kernel" -> counting((KernelSpec) arguments[0]);
              case "matrix" -> matrix();
              default -> null;
            },
        inner);
  }

  private Kernel counting(KernelSpec spec) {
    return proxy(
        Kernel.class,
        (name, arguments) -> {
          launches.merge(spec.function(), 1, Integer::sum);
          return true;
        },
        inner.kernel(spec));
  }

  private MatrixLibrary matrix() {
    return proxy(
        MatrixLibrary.class,
        (name, arguments) ->
            switch (name) {
              case "roundsWeights", "addsGradients" -> true;
              default -> null;
            },
        inner.matrix());
  }

  private interface Answer {
    /** Null: what the inner object says. */
    Object to(String method, Object... arguments);
  }

  private static <T> T proxy(Class<T> type, Answer answer, T inner) {
    Object made =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              Object given = answer.to(method.getName(), arguments);
              if (given == null) {
                return method.invoke(inner, arguments);
              }
              return method.getReturnType() == void.class ? null : given;
            });
    return type.cast(made);
  }

  /** How often each kernel was launched, by its name. */
  public Map<String, Integer> launches() {
    return launches;
  }
}
