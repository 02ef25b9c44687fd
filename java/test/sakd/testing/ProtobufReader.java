package sakd.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Decodes the wire format of protocol buffers, from its specification alone. */
public final class ProtobufReader {
  /** A field: a Long of wire type 0, Double of 1, byte[] of 2 or Float of 5. */
  private record Field(int number, Object value) {}

  private final List<Field> fields = new ArrayList<>();

  public ProtobufReader(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      long key = varint(in);
      Object value =
          switch ((int) (key & 7)) {
            case 0 -> varint(in);
            case 1 -> in.getDouble();
            case 2 -> {
              byte[] data = new byte[Math.toIntExact(varint(in))];
              in.get(data);
              yield data;
            }
            case 5 -> in.getFloat();
            default -> throw new IllegalArgumentException("wire type " + (key & 7));
          };
      fields.add(new Field((int) (key >>> 3), value));
    }
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  /** Every value of a field, in order. */
  public <V> List<V> all(int number, Class<V> type) {
    return fields.stream().filter(f -> f.number == number).map(f -> type.cast(f.value)).toList();
  }

  public boolean has(int number) {
    return fields.stream().anyMatch(f -> f.number == number);
  }

  private <V> V one(int number, Class<V> type) {
    List<V> values = all(number, type);
    if (values.size() != 1) {
      throw new IllegalArgumentException(values.size() + " values of field " + number);
    }
    return values.get(0);
  }

  public long integer(int number) {
    return one(number, Long.class);
  }

  public double real64(int number) {
    return one(number, Double.class);
  }

  public float real32(int number) {
    return one(number, Float.class);
  }

  public byte[] bytes(int number) {
    return one(number, byte[].class);
  }

  public String text(int number) {
    return new String(bytes(number), StandardCharsets.UTF_8);
  }

  public ProtobufReader message(int number) {
    return new ProtobufReader(bytes(number));
  }

  /** A packed list of doubles. */
  public double[] packed(int number) {
    ByteBuffer in = ByteBuffer.wrap(bytes(number)).order(ByteOrder.LITTLE_ENDIAN);
    double[] values = new double[in.remaining() / Double.BYTES];
    in.asDoubleBuffer().get(values);
    return values;
  }
}
