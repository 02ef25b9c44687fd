package sakd.device.cuda;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.charset.StandardCharsets;

/**
 * The graph calls of libcudnn.so.9, as its header cudnn_graph.h declares them. JCuda's classes have
 * them too, but their arrays of attributes arrive as null. A {@code long} is a handle, a descriptor
 * or an address; an array is what C has a pointer for, copied in and out.
 */
final class CudnnLibrary {
  private static final int MESSAGE_BYTES = 2048;

  private CudnnLibrary() {}

  /**
   * Binds the calls; the library and all of its parts have to be loaded.
   *
   * @throws UnsatisfiedLinkError if it lacks one of them
   */
  static void link() {
    Native.register(CudnnLibrary.class, NativeLibrary.getInstance(CudaLibraries.CUDNN));
  }

  static native long cudnnGetVersion();

  /** The version of CUDA that it was built for, such as 12060. */
  static native long cudnnGetCudartVersion();

  static native String cudnnGetErrorString(int status);

  static native void cudnnGetLastErrorString(byte[] message, long bytes);

  static native int cudnnBackendCreateDescriptor(int type, long[] descriptor);

  static native int cudnnBackendDestroyDescriptor(long descriptor);

  static native int cudnnBackendSetAttribute(
      long descriptor, int name, int type, long count, long[] values);

  static native int cudnnBackendSetAttribute(
      long descriptor, int name, int type, long count, int[] values);

  static native int cudnnBackendSetAttribute(
      long descriptor, int name, int type, long count, float[] values);

  static native int cudnnBackendSetAttribute(
      long descriptor, int name, int type, long count, byte[] values);

  static native int cudnnBackendFinalize(long descriptor);

  static native int cudnnBackendGetAttribute(
      long descriptor, int name, int type, long room, long[] count, long[] values);

  static native int cudnnBackendGetAttribute(
      long descriptor, int name, int type, long room, long[] count, int[] values);

  static native int cudnnBackendGetAttribute(
      long descriptor, int name, int type, long room, long[] count, byte[] values);

  static native int cudnnBackendExecute(long handle, long plan, long variantPack);

  /** Such as 9.24.0. */
  static String version() {
    long v = cudnnGetVersion();
    return v / 10000 + "." + v / 100 % 100 + "." + v % 100;
  }

  /** Why the last call of this thread failed, on one line; empty if cuDNN does not say. */
  static String lastError() {
    byte[] said = new byte[MESSAGE_BYTES];
    cudnnGetLastErrorString(said, said.length);
    return Native.toString(said, StandardCharsets.UTF_8).strip().replaceAll("\\s+", " ");
  }
}
