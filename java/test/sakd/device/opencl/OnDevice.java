package sakd.device.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Memory;

/** Arrays to and from a device's memory in a storage type, and comparison. */
final class OnDevice {
  private OnDevice() {}

  /** The first device, or the test is skipped with the reason. */
  static OpenClDevice open() {
    OpenClDevice.Info info = first();
    return OpenClDevice.open(info.platform(), info.device());
  }

  static OpenClDevice.Info first() {
    List<OpenClDevice.Info> found = OpenClDevice.list();
    Assumptions.assumeFalse(found.isEmpty(), OpenClDevice::whyNone);
    return found.get(0);
  }

  /** Multiples of 1/16 in [-2, 2]: exact in every storage type, as are their small sums. */
  static float[] random(int n, long seed) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (random.nextInt(65) - 32) / 16f;
    }
    return values;
  }

  static Memory put(Device device, DType type, float... values) {
    ByteBuffer buffer = buffer(type, values.length);
    for (float v : values) {
      if (type == DType.F16) {
        buffer.putShort(toHalf(v));
      } else {
        buffer.putFloat(v);
      }
    }
    Memory memory = device.allocate(buffer.capacity());
    device.upload(buffer.flip(), memory);
    return memory;
  }

  /** Memory full of NaN, so that what is not assigned shows. */
  static Memory nan(Device device, DType type, int n) {
    float[] values = new float[n];
    Arrays.fill(values, Float.NaN);
    return put(device, type, values);
  }

  static float[] get(Device device, DType type, Memory memory) {
    int n = (int) memory.bytes() / type.size;
    ByteBuffer buffer = buffer(type, n);
    device.download(memory, buffer);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = type == DType.F16 ? fromHalf(buffer.getShort(2 * i)) : buffer.getFloat(4 * i);
    }
    return values;
  }

  private static ByteBuffer buffer(DType type, int n) {
    return ByteBuffer.allocateDirect(n * type.size).order(ByteOrder.nativeOrder());
  }

  /** Largest difference relative to the largest expected value is at most {@code tolerance}. */
  static void assertClose(double[] expected, float[] actual, double tolerance, String what) {
    assertEquals(expected.length, actual.length, what);
    double largest = 1e-3;
    for (double e : expected) {
      largest = Math.max(largest, Math.abs(e));
    }
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - actual[i]) <= tolerance * largest)) {
        fail(what + "[" + i + "]: expected " + expected[i] + ", got " + actual[i]);
      }
    }
  }

  /** For values that are exact in half, zero, or NaN. */
  private static short toHalf(float v) {
    if (v == 0) {
      return 0;
    }
    int bits = Float.floatToIntBits(v);
    int sign = (bits >>> 16) & 0x8000;
    return Float.isNaN(v)
        ? 0x7e00
        : (short) (sign | ((Math.getExponent(v) + 15) << 10) | ((bits >> 13) & 0x3ff));
  }

  private static float fromHalf(short half) {
    int exponent = (half >> 10) & 31;
    int fraction = half & 0x3ff;
    float magnitude =
        exponent == 0
            ? Math.scalb((float) fraction, -24)
            : exponent == 31
                ? (fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN)
                : Math.scalb(1024f + fraction, exponent - 25);
    return half < 0 ? -magnitude : magnitude;
  }
}
