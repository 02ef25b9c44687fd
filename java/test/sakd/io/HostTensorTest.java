package sakd.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class HostTensorTest {
  @Test
  void convertsEveryType() {
    double[] expected = {1, -2};
    assertArrayEquals(expected, HostTensor.ofDoubles(new double[] {1, -2}, 2).toDoubles());
    assertArrayEquals(expected, HostTensor.ofFloats(new float[] {1, -2}, 2).toDoubles());
    assertArrayEquals(expected, HostTensor.ofLongs(new long[] {1, -2}, 2).toDoubles());
    assertArrayEquals(expected, shorts("F16", 0x3c00, 0xc000).toDoubles());
    assertArrayEquals(expected, shorts("BF16", 0x3f80, 0xc000).toDoubles());
    assertArrayEquals(expected, shorts("I16", 1, -2).toDoubles());
    assertArrayEquals(expected, of("I8", 2, 1, -2).toDoubles());
    assertArrayEquals(expected, of("I32", 2, 1, 0, 0, 0, -2, -1, -1, -1).toDoubles());
    assertArrayEquals(new double[] {1, 254}, of("U8", 2, 1, -2).toDoubles());
    assertArrayEquals(new double[] {1, 0}, of("BOOL", 2, 1, 0).toDoubles());
    assertArrayEquals(new float[] {0.1f}, HostTensor.ofDoubles(new double[] {0.1}, 1).toFloats());
  }

  @Test
  void halfPrecisionAtItsEdges() {
    float[] values =
        shorts("F16", 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x8000).toFloats();
    assertArrayEquals(
        new float[] {
          0x1p-24f,
          1023 * 0x1p-24f,
          0x1p-14f,
          65504,
          Float.POSITIVE_INFINITY,
          Float.NEGATIVE_INFINITY,
          Float.NaN,
          -0.0f
        },
        values);
  }

  @Test
  void scalarsAndEmptyArraysHaveShapes() {
    HostTensor scalar = HostTensor.ofLongs(new long[] {7});
    assertEquals(1, scalar.numel());
    assertEquals(0, scalar.shape().length);
    assertEquals(0, HostTensor.ofFloats(new float[0], 3, 0).numel());
  }

  @Test
  void refusesWhatDoesNotAgree() {
    float[] two = {1, 2};
    assertThrows(IllegalArgumentException.class, () -> HostTensor.ofFloats(two, 3));
    assertThrows(IllegalArgumentException.class, () -> HostTensor.ofFloats(two, -1, -2));
    assertThrows(IllegalArgumentException.class, () -> of("F8", 1, 0));
    assertThrows(IllegalArgumentException.class, () -> HostTensor.ofFloats(two, 1 << 20, 1 << 20));
  }

  @Test
  void equalsComparesContent() {
    HostTensor a = HostTensor.ofFloats(new float[] {1, 2}, 2);
    assertEquals(a, HostTensor.ofFloats(new float[] {1, 2}, 2));
    assertEquals(a.hashCode(), HostTensor.ofFloats(new float[] {1, 2}, 2).hashCode());
    assertEquals(false, a.equals(HostTensor.ofFloats(new float[] {1, 2}, 1, 2)));
    assertEquals("F32[2]", a.toString());
  }

  private static HostTensor of(String dtype, int count, int... bytes) {
    ByteBuffer data = ByteBuffer.allocate(bytes.length);
    for (int b : bytes) {
      data.put((byte) b);
    }
    return new HostTensor(dtype, new int[] {count}, data.flip());
  }

  private static HostTensor shorts(String dtype, int... bits) {
    ByteBuffer data = ByteBuffer.allocate(2 * bits.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int b : bits) {
      data.putShort((short) b);
    }
    return new HostTensor(dtype, new int[] {bits.length}, data.flip());
  }
}
