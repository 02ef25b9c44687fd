package sakd.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import jcuda.runtime.cudaStream_t;
import sakd.device.BinaryCache;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.KernelSources;
import sakd.device.OutOfDeviceMemory;

/**
 * Convolutions by cuDNN, channels last. The algorithm of a shape, type and direction is found by
 * trying them all on the device, once; all share one workspace, because work runs in order.
 */
final class Cudnn implements AutoCloseable {
  /** The most that algorithms may ask for while they are tried. */
  private static final long TRIAL_BYTES = 1L << 30;

  private record Key(ConvShape shape, DType type) {}

  private record Found(Key key, ConvDirection direction) {}

  /** An algorithm with the bytes of workspace it needs. */
  private record Choice(ConvAlgorithm algorithm, long workspace) {}

  private final CudaDevice device;
  private final BinaryCache cache;
  private final cudnnHandle handle = new cudnnHandle();
  private final Map<Key, ConvDescriptors> descriptors = new HashMap<>();
  private final Map<Found, Choice> choices = new HashMap<>();
  private final Scratch workspace;
  private final ByteBuffer factors =
      ByteBuffer.allocateDirect(2 * Float.BYTES).order(ByteOrder.nativeOrder());
  private final Pointer one = Pointer.to(factors);
  private final Pointer zero = one.withByteOffset(Float.BYTES);

  Cudnn(CudaDevice device, BinaryCache cache) {
    this.device = device;
    this.cache = cache;
    this.workspace = new Scratch(device, "the workspace of cuDNN");
    CudaErrors.checkCudnn("opening", JCudnn.cudnnCreate(handle));
    CudaErrors.checkCudnn(
        "taking a stream",
        JCudnn.cudnnSetStream(handle, new cudaStream_t(device.context().work())));
    factors.putFloat(0, 1).putFloat(Float.BYTES, 0);
  }

  static String version() {
    long v = JCudnn.cudnnGetVersion();
    return v / 10000 + "." + v / 100 % 100 + "." + v % 100;
  }

  /**
   * Computes one direction of a convolution; x, w and y are of {@code type}, and the one that the
   * direction names is assigned, or added to.
   */
  void run(
      ConvDirection direction,
      ConvShape shape,
      DType type,
      CudaMemory x,
      CudaMemory w,
      CudaMemory y,
      boolean add) {
    Key key = new Key(shape, type);
    ConvDescriptors d = descriptors.get(key);
    if (d == null) {
      d = new ConvDescriptors(shape, type);
      descriptors.put(key, d);
    }
    ConvCall call = new ConvCall(handle, d, x.pointer(), w.pointer(), y.pointer());
    Found found = new Found(key, direction);
    Choice choice = choices.get(found);
    if (choice == null) {
      choice = choose(found, call);
      choices.put(found, choice);
    }
    CudaMemory space = workspace.atLeast(choice.workspace);
    d.setMath(choice.algorithm.math());
    int status =
        direction.run(
            call,
            one,
            add ? one : zero,
            choice.algorithm.number(),
            space.pointer(),
            choice.workspace);
    if (status != 0) {
      CudaErrors.checkCudnn(direction + " of " + shape + " in " + type, status);
    }
  }

  private Choice choose(Found found, ConvCall call) {
    String what = found.direction + " of " + found.key.shape + " in " + found.key.type;
    device.context().requireNotRecording("the search for an algorithm for " + what);
    String key =
        KernelSources.sha256("convolution", device.hardware(), version(), found.toString());
    ConvAlgorithm known = ConvAlgorithm.read(cache, key).orElse(null);
    if (known != null) {
      long bytes = workspaceOf(found, call, known);
      if (bytes >= 0) {
        return new Choice(known, bytes);
      }
    }
    ConvAlgorithm best = search(found, call, what);
    best.write(cache, key);
    return new Choice(best, Math.max(0, workspaceOf(found, call, best)));
  }

  /** Bytes, or -1 if cuDNN cannot do it in this way. */
  private static long workspaceOf(Found found, ConvCall call, ConvAlgorithm algorithm) {
    call.descriptors().setMath(algorithm.math());
    long[] bytes = new long[1];
    int status = found.direction.workspace(call, algorithm.number(), bytes);
    return status == 0 ? bytes[0] : -1;
  }

  private ConvAlgorithm search(Found found, ConvCall call, String what) {
    call.descriptors().setMath(ConvDescriptors.math(found.key.type));
    try (CudaMemory space = trialSpace()) {
      return ConvAlgorithm.best(
              found.direction.search(
                  call, space.pointer(), space.bytes(), ConvDescriptors.math(found.key.type)))
          .orElseThrow(() -> new CudaFailure("cuDNN: there is no algorithm for " + what));
    }
  }

  /** As much as there is, within reason. */
  private CudaMemory trialSpace() {
    long[] free = new long[1];
    long[] total = new long[1];
    CudaErrors.check("asking for free memory", JCudaDriver.cuMemGetInfo(free, total));
    for (long bytes = Math.min(TRIAL_BYTES, free[0] / 2); bytes > 0; bytes /= 2) {
      try {
        return device.allocateOwn(bytes);
      } catch (OutOfDeviceMemory e) {
        // It is in pieces: a smaller one may be there.
      }
    }
    return device.allocateOwn(1);
  }

  @Override
  public void close() {
    workspace.close();
    descriptors.values().forEach(ConvDescriptors::close);
    descriptors.clear();
    JCudnn.cudnnDestroy(handle);
  }
}
