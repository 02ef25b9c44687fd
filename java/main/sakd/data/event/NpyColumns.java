package sakd.data.event;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import sakd.io.IoErrors;
import sakd.io.NpyHeader;

/**
 * An array in NumPy's .npy format as columns of numbers: a vector is one column, a matrix of four
 * columns or four rows is four, and an array of records one for each field of numbers. Either byte
 * order, integers, booleans, times and floating point.
 *
 * @param type of the elements as NumPy writes it
 * @param names of the fields; of a vector or matrix empty ones
 * @param columns none if the elements are no numbers, or the shape is another
 */
record NpyColumns(String type, List<String> names, List<Column> columns) {
  private static final int MATRIX = 4;

  private static final Pattern FIELD = Pattern.compile("\\('([^']*)', *'([^']*)'\\)[, ]*");
  private static final Pattern TYPE =
      Pattern.compile("([<>|])([biufmMVSU])(\\d{1,6})(?:\\[\\w+\\])?");

  /** One field of a record; of a plain array the only one. */
  private record Field(String name, ByteOrder order, char kind, int bytes, int offset) {
    boolean isNumber() {
      boolean size = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
      return kind == 'f' ? bytes == 4 || bytes == 8 : size && "biu".indexOf(kind) >= 0;
    }
  }

  /**
   * Reads an array.
   *
   * @param source the file, or the entry of it, named in errors
   * @param limit of what may be read
   */
  static NpyColumns read(Object source, InputStream in, UnpackLimit limit) throws IOException {
    String expected = "a .npy array of numbers";
    NpyHeader header = NpyHeader.read(source, count -> limit.read(in, count), expected);
    List<Field> fields = fields(header.descr());
    if (fields.isEmpty()) {
      return new NpyColumns(header.descr(), List.of(), List.of());
    }
    long rows = 1;
    for (int side : header.shape()) {
      rows = Math.multiplyExact(rows, (long) side);
    }
    Field last = fields.get(fields.size() - 1);
    int rowBytes = Math.addExact(last.offset, last.bytes);
    long bytes = Math.multiplyExact(rows, (long) rowBytes);
    byte[] data = limit.read(in, bytes);
    if (data.length != bytes || in.read() >= 0) {
      throw IoErrors.damaged(
          source, "it does not have the bytes of " + rows + " times " + rowBytes, expected);
    }
    return columns(header, data, fields, rows);
  }

  /** The fields of a record, or the one of a plain array; none if they are not understood. */
  private static List<Field> fields(String descr) {
    String inner = descr.substring(1, descr.length() - 1);
    List<Field> fields = new ArrayList<>();
    if (descr.startsWith("'")) {
      return add("", inner, fields) ? fields : List.of();
    }
    Matcher matcher = FIELD.matcher(inner);
    int end = 0;
    while (matcher.lookingAt()) {
      if (!add(matcher.group(1), matcher.group(2), fields)) {
        return List.of();
      }
      end = matcher.end();
      matcher.region(end, inner.length());
    }
    return inner.substring(end).isBlank() ? fields : List.of();
  }

  /** Adds a field behind the others; false if its type is not understood. */
  private static boolean add(String name, String type, List<Field> fields) {
    Matcher matcher = TYPE.matcher(type);
    if (!matcher.matches()) {
      return false;
    }
    char kind = matcher.group(2).charAt(0);
    int bytes = Integer.parseInt(matcher.group(3));
    Field last = fields.isEmpty() ? null : fields.get(fields.size() - 1);
    fields.add(
        new Field(
            name,
            matcher.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
            kind == 'm' || kind == 'M' ? 'i' : kind, // Times are counts of their unit.
            kind == 'U' ? 4 * bytes : bytes,
            last == null ? 0 : Math.addExact(last.offset, last.bytes)));
    return true;
  }

  private static NpyColumns columns(NpyHeader header, byte[] data, List<Field> fields, long rows) {
    List<Integer> sides = header.shape();
    Field last = fields.get(fields.size() - 1);
    int rowBytes = last.offset + last.bytes;
    List<String> names = new ArrayList<>();
    List<Column> columns = new ArrayList<>();
    boolean vector = sides.stream().filter(s -> s != 1).count() <= 1;
    if (vector) {
      for (Field field : fields) {
        if (field.isNumber()) {
          names.add(field.name);
          columns.add(column(data, field, field.offset, rowBytes, (int) rows));
        }
      }
    } else if (sides.size() == 2 && sides.contains(MATRIX) && fields.get(0).isNumber()) {
      Field field = fields.get(0);
      int length = (int) (rows / MATRIX);
      // Whether the four numbers of an event lie beside each other.
      boolean together = sides.get(1) == MATRIX != header.fortranOrder();
      for (int i = 0; i < MATRIX && fields.size() == 1; i++) {
        names.add("");
        columns.add(
            together
                ? column(data, field, i * field.bytes, rowBytes * MATRIX, length)
                : column(data, field, i * length * field.bytes, rowBytes, length));
      }
    }
    return new NpyColumns(header.descr(), names, columns);
  }

  private static Column column(byte[] data, Field field, int offset, int stride, int length) {
    ByteBuffer bytes = ByteBuffer.wrap(data).order(field.order);
    return new Column(bytes, field.kind, field.bytes, offset, stride, length);
  }
}
