package sakd.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * An array on the host as files hold it: an element type, a shape and little-endian bytes in C
 * order.
 *
 * <p>Two tensors are equal if type, shape and bytes are. The data is shared, not copied: treat it
 * as read-only.
 *
 * @param dtype the element type as safetensors spells it: {@code F64 F32 F16 BF16 I64 I32 I16 I8 U8
 *     BOOL}
 * @param shape the dimensions, outermost first; empty for a scalar
 * @param data the elements, from position 0 to the limit
 */
@SuppressWarnings("ArrayRecordComponent") // The accessor copies and equals compares the content.
public record HostTensor(String dtype, int[] shape, ByteBuffer data) {

  /**
   * Checks that type, shape and data agree.
   *
   * @throws IllegalArgumentException if they do not
   */
  public HostTensor {
    int size = elementSize(dtype);
    if (size == 0) {
      throw new IllegalArgumentException("unknown element type " + dtype);
    }
    shape = shape.clone();
    data = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    long bytes = size * numel(shape);
    if (bytes != data.limit()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s %s takes %d bytes, got %d",
              dtype,
              Arrays.toString(shape),
              bytes,
              data.limit()));
    }
  }

  /** A float32 tensor with a copy of the values. */
  public static HostTensor ofFloats(float[] values, int... shape) {
    ByteBuffer data = allocate(values.length, Float.BYTES);
    data.asFloatBuffer().put(values);
    return new HostTensor("F32", shape, data);
  }

  /** A float64 tensor with a copy of the values. */
  public static HostTensor ofDoubles(double[] values, int... shape) {
    ByteBuffer data = allocate(values.length, Double.BYTES);
    data.asDoubleBuffer().put(values);
    return new HostTensor("F64", shape, data);
  }

  /** An int64 tensor with a copy of the values; with no shape a scalar. */
  public static HostTensor ofLongs(long[] values, int... shape) {
    ByteBuffer data = allocate(values.length, Long.BYTES);
    data.asLongBuffer().put(values);
    return new HostTensor("I64", shape, data);
  }

  /** Bytes of one element, or 0 for a type that is not known here. */
  static int elementSize(String dtype) {
    return switch (dtype) {
      case "F64", "I64" -> 8;
      case "F32", "I32" -> 4;
      case "F16", "BF16", "I16" -> 2;
      case "I8", "U8", "BOOL" -> 1;
      default -> 0;
    };
  }

  /**
   * The product of the dimensions.
   *
   * @throws IllegalArgumentException if a dimension is negative or the product exceeds 2^31 - 1
   */
  static long numel(int[] shape) {
    boolean empty = Arrays.stream(shape).anyMatch(d -> d == 0);
    long product = empty ? 0 : 1;
    for (int d : shape) {
      product *= d;
      if (d < 0 || product > Integer.MAX_VALUE) {
        throw new IllegalArgumentException("no array has the shape " + Arrays.toString(shape));
      }
    }
    return product;
  }

  /** A copy of the dimensions. */
  @Override
  public int[] shape() {
    return shape.clone();
  }

  /** A view of the elements, little-endian, at position 0. */
  @Override
  public ByteBuffer data() {
    return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The number of elements. */
  public int numel() {
    return data.limit() / elementSize(dtype);
  }

  /** Element {@code i} of the first dimension, as a tensor without that; shares the data. */
  public HostTensor slice(int i) {
    int[] rest = Arrays.copyOfRange(shape, 1, shape.length);
    int bytes = data.limit() / shape[0];
    return new HostTensor(dtype, rest, data().slice(i * bytes, bytes));
  }

  /** A float32 tensor of tensors that differ in their first dimension alone, one after another. */
  public static HostTensor concatenated(List<HostTensor> parts) {
    int[] shape = parts.get(0).shape();
    shape[0] = parts.stream().mapToInt(p -> p.shape[0]).sum();
    float[] values = new float[Math.toIntExact(numel(shape))];
    int at = 0;
    for (HostTensor part : parts) {
      float[] some = part.toFloats();
      System.arraycopy(some, 0, values, at, some.length);
      at += some.length;
    }
    return ofFloats(values, shape);
  }

  /** The values as float32, rounded where the type holds more. */
  public float[] toFloats() {
    float[] out = new float[numel()];
    if (dtype.equals("F32")) {
      data().asFloatBuffer().get(out);
      return out;
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) value(i);
    }
    return out;
  }

  /** The values as float64; exact except for int64 beyond 2^53. */
  public double[] toDoubles() {
    double[] out = new double[numel()];
    for (int i = 0; i < out.length; i++) {
      out[i] = value(i);
    }
    return out;
  }

  private double value(int i) {
    return switch (dtype) {
      case "F64" -> data.getDouble(8 * i);
      case "F32" -> data.getFloat(4 * i);
      case "F16" -> halfToFloat(data.getShort(2 * i));
      case "BF16" -> Float.intBitsToFloat(data.getShort(2 * i) << 16);
      case "I64" -> data.getLong(8 * i);
      case "I32" -> data.getInt(4 * i);
      case "I16" -> data.getShort(2 * i);
      case "I8" -> data.get(i);
      default -> data.get(i) & 0xff;
    };
  }

  /** IEEE binary16: 1 sign, 5 exponent and 10 fraction bits. */
  private static float halfToFloat(short half) {
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    float magnitude =
        switch (exponent) {
          case 0 -> fraction * 0x1p-24f;
          case 0x1f -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Float.intBitsToFloat(((exponent + 112) << 23) | (fraction << 13));
        };
    return half < 0 ? -magnitude : magnitude;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HostTensor t
        && dtype.equals(t.dtype)
        && Arrays.equals(shape, t.shape)
        && data.equals(t.data);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(shape) + data.hashCode();
  }

  @Override
  public String toString() {
    return dtype + Arrays.toString(shape);
  }

  private static ByteBuffer allocate(int count, int size) {
    return ByteBuffer.allocate(Math.multiplyExact(count, size)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
