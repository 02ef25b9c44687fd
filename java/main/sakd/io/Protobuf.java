package sakd.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * One message in the wire format of protocol buffers: each field is a varint of {@code number << 3
 * | wire type} and a value. A message in a message is a field of bytes, so a nested one is built
 * first and then added.
 */
public final class Protobuf {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private void key(int field, int wireType) {
    varint((long) field << 3 | wireType);
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** An int32, int64, enum or bool. */
  public Protobuf integer(int field, long value) {
    key(field, VARINT);
    varint(value);
    return this;
  }

  public Protobuf real64(int field, double value) {
    key(field, FIXED64);
    out.writeBytes(littleEndian(Double.BYTES).putDouble(value).array());
    return this;
  }

  public Protobuf real32(int field, float value) {
    key(field, FIXED32);
    out.writeBytes(littleEndian(Float.BYTES).putFloat(value).array());
    return this;
  }

  public Protobuf bytes(int field, byte[] value) {
    key(field, LENGTH);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  public Protobuf text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  public Protobuf message(int field, Protobuf message) {
    return bytes(field, message.bytes());
  }

  /** A packed list of doubles. */
  public Protobuf packed(int field, double... values) {
    ByteBuffer packed = littleEndian(Math.multiplyExact(values.length, Double.BYTES));
    packed.asDoubleBuffer().put(values);
    return bytes(field, packed.array());
  }

  /** The message so far. */
  public byte[] bytes() {
    return out.toByteArray();
  }
}
