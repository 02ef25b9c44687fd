package sakd.device.cpu;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import sakd.device.DType;
import sakd.device.Half;
import sakd.device.Memory;

/** Elements of host memory as Java arrays and back, rounded to the storage type. */
public final class Elements {
  private Elements() {}

  private static ByteBuffer bytes(Memory memory, DType type, long from, int count) {
    return ((HostMemory) memory).buffer(from * type.size, Math.multiplyExact(count, type.size));
  }

  /** The {@code count} values from element {@code from}, of storage type {@code type}. */
  public static double[] read(Memory memory, DType type, long from, int count) {
    double[] values = new double[count];
    ByteBuffer bytes = bytes(memory, type, from, count);
    switch (type) {
      case F32 -> {
        FloatBuffer floats = bytes.asFloatBuffer();
        for (int i = 0; i < count; i++) {
          values[i] = floats.get(i);
        }
      }
      case F16 -> {
        ShortBuffer halves = bytes.asShortBuffer();
        for (int i = 0; i < count; i++) {
          values[i] = Half.toFloat(halves.get(i));
        }
      }
      case BF16 -> {
        ShortBuffer halves = bytes.asShortBuffer();
        for (int i = 0; i < count; i++) {
          values[i] = Half.bfloat16ToFloat(halves.get(i));
        }
      }
      default -> throw new IllegalArgumentException(type + " stores no activations");
    }
    return values;
  }

  /** Writes the values from element {@code from} on, rounded to nearest even. */
  public static void write(Memory memory, DType type, long from, double[] values) {
    ByteBuffer bytes = bytes(memory, type, from, values.length);
    switch (type) {
      case F32 -> {
        FloatBuffer floats = bytes.asFloatBuffer();
        for (int i = 0; i < values.length; i++) {
          floats.put(i, (float) values[i]);
        }
      }
      case F16 -> {
        ShortBuffer halves = bytes.asShortBuffer();
        for (int i = 0; i < values.length; i++) {
          halves.put(i, Half.fromFloat((float) values[i]));
        }
      }
      case BF16 -> {
        ShortBuffer halves = bytes.asShortBuffer();
        for (int i = 0; i < values.length; i++) {
          halves.put(i, Half.bfloat16FromFloat((float) values[i]));
        }
      }
      default -> throw new IllegalArgumentException(type + " stores no activations");
    }
  }

  /** The {@code count} I32 from element {@code from}. */
  public static int[] readInts(Memory memory, long from, int count) {
    int[] values = new int[count];
    bytes(memory, DType.I32, from, count).asIntBuffer().get(values);
    return values;
  }

  /** Writes I32 from element {@code from} on. */
  public static void writeInts(Memory memory, long from, int[] values) {
    IntBuffer ints = bytes(memory, DType.I32, from, values.length).asIntBuffer();
    ints.put(values);
  }

  /** The {@code count} U8 from element {@code from}. */
  public static byte[] readBytes(Memory memory, long from, int count) {
    byte[] values = new byte[count];
    bytes(memory, DType.U8, from, count).get(values);
    return values;
  }

  /** Writes U8 from element {@code from} on. */
  public static void writeBytes(Memory memory, long from, byte[] values) {
    bytes(memory, DType.U8, from, values.length).put(values);
  }
}
