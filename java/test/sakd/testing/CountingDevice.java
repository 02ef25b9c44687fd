package sakd.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import sakd.device.Device;
import sakd.device.IdleDevice;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;

/**
 * Answers every question as another device does, but has no memory and computes nothing; notes
 * which kernels it is asked for, and how often each is launched.
 */
public final class CountingDevice {
  private final Map<KernelSpec, Integer> launches = new LinkedHashMap<>();
  private final Device device;

  /** A device like this one. */
  public CountingDevice(Device like) {
    MatrixLibrary library = like.matrix();
    MatrixLibrary matrix =
        proxy(
            MatrixLibrary.class,
            (method, arguments) ->
                method.getReturnType() == void.class ? null : method.invoke(library, arguments));
    IdleDevice idle = new IdleDevice();
    device =
        proxy(
            Device.class,
            (method, arguments) ->
                switch (method.getName()) {
                  case "kernel" -> kernel((KernelSpec) arguments[0]);
                  case "matrix" -> matrix;
                  case "capture" -> Optional.empty();
                  case "download" -> zeros((ByteBuffer) arguments[1]);
                  case "turn",
                      "allocate",
                      "upload",
                      "copy",
                      "zero",
                      "synchronize",
                      "beside",
                      "close" ->
                      method.invoke(idle, arguments);
                  default -> method.invoke(like, arguments);
                });
  }

  /** A device like a GPU, as far as that changes what is launched. */
  public static CountingDevice ofGpu() {
    IdleDevice idle = new IdleDevice();
    MatrixLibrary matrix =
        proxy(
            MatrixLibrary.class,
            (method, arguments) ->
                switch (method.getName()) {
                  case "roundsWeights", "addsGradients" -> true;
                  default -> method.invoke(idle.matrix(), arguments);
                });
    return new CountingDevice(
        proxy(
            Device.class,
            (method, arguments) ->
                switch (method.getName()) {
                  case "hasWarps" -> true;
                  case "preferredLanes" -> 8;
                  case "matrix" -> matrix;
                  default -> method.invoke(idle, arguments);
                }));
  }

  private Kernel kernel(KernelSpec spec) {
    launches.putIfAbsent(spec, 0);
    return proxy(
        Kernel.class,
        (method, arguments) -> {
          launches.merge(spec, 1, Integer::sum);
          return null;
        });
  }

  private static Object zeros(ByteBuffer to) {
    for (int i = to.position(); i < to.limit(); i++) {
      to.put(i, (byte) 0);
    }
    return null;
  }

  @FunctionalInterface
  private interface Answer {
    Object to(Method method, Object[] arguments)
        throws InvocationTargetException, IllegalAccessException;
  }

  /** Does not depend on which methods the interface has. */
  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              try {
                return answer.to(method, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  /** The device itself. */
  public Device device() {
    return device;
  }

  /** The kernels, in the order in which they were asked for first. */
  public Set<KernelSpec> kernels() {
    return launches.keySet();
  }

  /** How often kernels were launched, by their names. */
  public Map<String, Integer> launches() {
    Map<String, Integer> byName = new TreeMap<>();
    launches.forEach((spec, n) -> byName.merge(spec.function(), n, Integer::sum));
    return byName;
  }
}
