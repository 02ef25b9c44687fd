package sakd.ops;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import sakd.device.DType;
import sakd.device.Device;

/** Whole tensors of four-byte elements between a device and Java arrays. */
public final class Transfers {
  private Transfers() {}

  private static ByteBuffer buffer(long elements) {
    return ByteBuffer.allocateDirect(Math.toIntExact(4 * elements)).order(ByteOrder.nativeOrder());
  }

  private static ByteBuffer download(Device device, Tensor t) {
    ByteBuffer bytes = buffer(t.size());
    device.download(t.memory(), bytes);
    return bytes;
  }

  /** The elements of an F32 tensor; waits for the work before. */
  public static float[] floats(Device device, Tensor t) {
    float[] values = new float[Math.toIntExact(t.size())];
    download(device, t).asFloatBuffer().get(values);
    return values;
  }

  /** The elements of an I32 tensor; waits for the work before. */
  public static int[] ints(Device device, Tensor t) {
    int[] values = new int[Math.toIntExact(t.size())];
    download(device, t).asIntBuffer().get(values);
    return values;
  }

  /** Sets an F32 tensor of as many elements. */
  public static void setFloats(Device device, Tensor t, float... values) {
    ByteBuffer bytes = buffer(values.length);
    bytes.asFloatBuffer().put(values);
    device.upload(bytes, t.memory());
  }

  /** Sets a U8 tensor of as many elements. */
  public static void setBytes(Device device, Tensor t, byte... values) {
    device.upload(ByteBuffer.allocateDirect(values.length).put(values).flip(), t.memory());
  }

  /** A new F32 tensor of these elements. */
  public static Tensor vector(Ops ops, float... values) {
    Tensor t = ops.allocate(DType.F32, values.length);
    setFloats(ops.device(), t, values);
    return t;
  }

  /** Sets an I32 tensor of as many elements. */
  public static void setInts(Device device, Tensor t, int... values) {
    ByteBuffer bytes = buffer(values.length);
    bytes.asIntBuffer().put(values);
    device.upload(bytes, t.memory());
  }
}
