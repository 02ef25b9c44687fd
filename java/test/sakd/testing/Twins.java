package sakd.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import sakd.device.DType;
import sakd.device.Half;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * Runs an operation on a device and on the reference, over equal tensors, and compares what comes
 * out. Outputs are filled with NaN before (bytes with 255), so that elements left out show.
 */
public final class Twins implements AutoCloseable {
  /** Of F32 results, relative to the largest: accumulation in float32 in any order. */
  public static final double TOLERANCE = 1e-5;

  /** The same tensor in two places. */
  public record Twin(Tensor device, Tensor reference) {
    DType type() {
      return reference.type();
    }
  }

  /** One of the two places. */
  public record Side(Ops ops, boolean isReference) {
    /** The tensor here; null for null. */
    public Tensor at(Twin twin) {
      return twin == null ? null : isReference ? twin.reference : twin.device;
    }
  }

  private final Side device;
  private final Side reference;
  private final List<Twin> open = new ArrayList<>();

  public Twins(Ops device) {
    this.device = new Side(device, false);
    this.reference = new Side(Devices.reference(), true);
  }

  /** A tensor with these values, rounded to {@code type}. */
  public Twin of(DType type, double[] values, int... shape) {
    Twin twin = new Twin(device.ops.allocate(type, shape), reference.ops.allocate(type, shape));
    open.add(twin);
    if (twin.reference.size() != values.length) {
      throw new IllegalArgumentException(values.length + " values for " + twin.reference);
    }
    set(twin, values);
    return twin;
  }

  /** Overwrites both with these values, rounded to their type. */
  public void set(Twin twin, double[] values) {
    set(device.ops, twin.device, values);
    set(reference.ops, twin.reference, values);
  }

  /** Overwrites a tensor with these values, rounded to its type. */
  public static void set(Ops ops, Tensor tensor, double[] values) {
    ops.device().upload(encode(tensor.type(), values), tensor.memory());
  }

  /** A scalar, F32 [1]. */
  public Twin scalar(double value) {
    return of(DType.F32, new double[] {value}, 1);
  }

  /** A poisoned tensor: NaN, or all bits set in an integer type. */
  public Twin poisoned(DType type, int... shape) {
    double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    Arrays.fill(values, type.isStorage() ? Double.NaN : -1);
    return of(type, values, shape);
  }

  /** Runs it on the device, then on the reference. */
  public void run(Consumer<Side> operation) {
    operation.accept(device);
    operation.accept(reference);
  }

  /** The storage types of the device. */
  public static List<DType> storage(Ops ops) {
    return Arrays.stream(DType.values())
        .filter(t -> t.isStorage() && ops.device().supports(t))
        .toList();
  }

  /** The reference's values. */
  public double[] values(Twin twin) {
    return values(reference.ops, twin.reference);
  }

  /** Fails unless the values agree within the rounding of their type. */
  public void assertClose(String what, Twin twin) {
    assertClose(what, twin, 0);
  }

  /**
   * Fails unless the values agree. What is small against the rest may be off by a share of {@code
   * scale} or of the largest value, whichever is larger; a NaN agrees with a NaN alone.
   *
   * @param scale how large the terms of a sum were that may have cancelled
   */
  public void assertClose(String what, Twin twin, double scale) {
    assertClose(what, twin, scale, twin.type());
  }

  /** As above for a tensor whose values have been rounded to {@code precision} on their way. */
  public void assertClose(String what, Twin twin, double scale, DType precision) {
    assertClose(what, twin, scale, precision, new double[(int) twin.reference.size()]);
  }

  /** As above for a sum whose term may have been rounded to its type before it was added. */
  public void assertSumClose(String what, Twin twin, Twin term, double scale) {
    assertClose(what, twin, scale, twin.type(), values(term));
  }

  private void assertClose(
      String what, Twin twin, double scale, DType precision, double[] rounded) {
    double[] expected = values(twin);
    double[] actual = values(device.ops, twin.device);
    if (twin.type().isStorage()) {
      assertClose(what, twin, precision, expected, actual, rounded, 0, expected.length, scale);
    } else {
      assertArrayEquals(expected, actual, what);
    }
  }

  /** As {@link #assertClose}, each of the tensor's {@code rows} parts measured by itself. */
  public void assertRowsClose(String what, Twin twin, int rows) {
    double[] expected = values(twin);
    double[] actual = values(device.ops, twin.device);
    int n = expected.length / rows;
    for (int row = 0; row < rows; row++) {
      assertClose(
          what + ", row " + row,
          twin,
          twin.type(),
          expected,
          actual,
          new double[expected.length],
          row * n,
          (row + 1) * n,
          0);
    }
  }

  /** Fails unless the values are equal, a NaN to a NaN. */
  public void assertExact(String what, Twin twin) {
    assertArrayEquals(values(twin), values(device.ops, twin.device), what);
  }

  private static void assertClose(
      String what,
      Twin twin,
      DType precision,
      double[] expected,
      double[] actual,
      double[] rounded,
      int from,
      int to,
      double scale) {
    double largest = scale;
    for (int i = from; i < to; i++) {
      double magnitude = Math.abs(expected[i]);
      largest = Double.isFinite(magnitude) ? Math.max(largest, magnitude) : largest;
    }
    double unit = unit(precision);
    double smallest = precision == DType.F16 ? 0x1p-24 : 0;
    for (int i = from; i < to; i++) {
      double bound =
          TOLERANCE * largest + unit * (Math.abs(expected[i]) + Math.abs(rounded[i])) + smallest;
      boolean same = Double.compare(expected[i], actual[i]) == 0;
      if (!same && !(Math.abs(expected[i] - actual[i]) <= bound)) {
        fail(
            String.format(
                "%s: element %d of %s is %g, expected %g within %g",
                what, i, twin.reference, actual[i], expected[i], bound));
      }
    }
  }

  /** Largest relative distance of neighbours: two roundings of nearly the same may differ by it. */
  private static double unit(DType type) {
    return switch (type) {
      case F16 -> 0x1p-10;
      case BF16 -> 0x1p-7;
      default -> 0;
    };
  }

  /** The value as {@code type} holds it. */
  public static double round(DType type, double value) {
    return switch (type) {
      case F16 -> Half.toFloat(Half.fromFloat((float) value));
      case BF16 -> Half.bfloat16ToFloat(Half.bfloat16FromFloat((float) value));
      default -> (float) value;
    };
  }

  private static ByteBuffer encode(DType type, double[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(values.length * type.size).order(ByteOrder.nativeOrder());
    for (double value : values) {
      switch (type) {
        case F32 -> bytes.putFloat((float) value);
        case F16 -> bytes.putShort(Half.fromFloat((float) value));
        case BF16 -> bytes.putShort(Half.bfloat16FromFloat((float) value));
        case I32 -> bytes.putInt((int) value);
        case U8 -> bytes.put((byte) value);
      }
    }
    return bytes.flip();
  }

  /** A tensor's values. */
  public static double[] values(Ops ops, Tensor tensor) {
    int n = Math.toIntExact(tensor.size());
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(n * tensor.type().size).order(ByteOrder.nativeOrder());
    ops.device().download(tensor.memory(), bytes);
    bytes.clear();
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] =
          switch (tensor.type()) {
            case F32 -> bytes.getFloat();
            case F16 -> Half.toFloat(bytes.getShort());
            case BF16 -> Half.bfloat16ToFloat(bytes.getShort());
            case I32 -> bytes.getInt();
            case U8 -> bytes.get() & 0xff;
          };
    }
    return values;
  }

  @Override
  public void close() {
    for (Twin twin : open) {
      twin.device.close();
    }
    reference.ops.close();
  }
}
