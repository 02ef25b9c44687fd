package sakd.data.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * The least of FlatBuffers: a buffer begins with the place of its table; a table with how far
 * before it its list of fields lies, which gives each field's place in the table, 0 for none. An
 * access past the end throws IndexOutOfBoundsException.
 */
final class FlatTable {
  private FlatTable() {}

  private static int place(ByteBuffer b, int field) {
    int table = b.getInt(0);
    int fields = table - b.getInt(table);
    int entry = 4 + 2 * field;
    int offset =
        entry < Short.toUnsignedInt(b.getShort(fields))
            ? Short.toUnsignedInt(b.getShort(fields + entry))
            : 0;
    return offset == 0 ? -1 : table + offset;
  }

  static int intField(ByteBuffer b, int field, int otherwise) {
    int place = place(b, field);
    return place < 0 ? otherwise : b.getInt(place);
  }

  static long longField(ByteBuffer b, int field, long otherwise) {
    int place = place(b, field);
    return place < 0 ? otherwise : b.getLong(place);
  }

  /** Where the vector or text of a field begins, with its length; negative if there is none. */
  static int reference(ByteBuffer b, int field) {
    int place = place(b, field);
    return place < 0
        ? -1
        : (int) Math.min(place + Integer.toUnsignedLong(b.getInt(place)), b.limit());
  }

  static String text(ByteBuffer b, int field) {
    int place = reference(b, field);
    if (place < 0) {
      return "";
    }
    int length = b.getInt(place);
    Objects.checkFromIndexSize(0, length, b.limit() - place - 4);
    byte[] text = new byte[length];
    b.get(place + 4, text);
    return new String(text, StandardCharsets.UTF_8);
  }
}
