package sakd.data.event;

import java.nio.ByteBuffer;

/**
 * Equally spaced numbers in the bytes of a file: a vector, a column of a matrix, or a field of
 * records.
 *
 * @param data in the byte order of the numbers
 * @param kind 'i' signed, 'u' unsigned, 'b' boolean, 'f' floating point
 * @param bytes of a number: 1, 2, 4 or 8
 * @param offset of the first number in data
 * @param stride bytes from a number to the next
 */
record Column(ByteBuffer data, char kind, int bytes, int offset, int stride, int length) {
  /**
   * Checks that every number lies within the data.
   *
   * @throws IndexOutOfBoundsException if one does not
   */
  Column {
    if (length < 0 || (length > 0 && offset + (length - 1L) * stride + bytes > data.limit())) {
      throw new IndexOutOfBoundsException(length + " numbers of " + bytes + " bytes");
    }
  }

  /** Whether the numbers are whole by their type. */
  boolean isWhole() {
    return kind != 'f';
  }

  /**
   * A number of a type of whole ones.
   *
   * @throws ArithmeticException from 2^63 on
   */
  long whole(int index) {
    int at = offset + index * stride;
    boolean signed = kind == 'i';
    return switch (bytes) {
      case 1 -> signed ? data.get(at) : Byte.toUnsignedInt(data.get(at));
      case 2 -> signed ? data.getShort(at) : Short.toUnsignedInt(data.getShort(at));
      case 4 -> signed ? data.getInt(at) : Integer.toUnsignedLong(data.getInt(at));
      default -> {
        long value = data.getLong(at);
        if (value < 0 && !signed) {
          throw new ArithmeticException(Long.toUnsignedString(value));
        }
        yield value;
      }
    };
  }

  /** A number of any type; not finite only where the file says so. */
  double number(int index) {
    if (isWhole()) {
      return whole(index);
    }
    int at = offset + index * stride;
    return bytes == Float.BYTES ? data.getFloat(at) : data.getDouble(at);
  }
}
