package sakd.data.event;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import sakd.io.IoErrors;

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
  private static final String MAGIC = "\u0093NUMPY";
  private static final int MAX_HEADER = 1 << 16;
  private static final int MATRIX = 4;

  private static final Pattern DESCR =
      Pattern.compile("'descr': *('[^']*'|\\[[^\\[\\]]*\\])"); // No records within records.
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order': *(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape': *\\(([0-9, ]*)\\)");
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
   * @param what the file, or the entry of it
   * @param limit of what may be read
   */
  static NpyColumns read(Path file, String what, InputStream in, UnpackLimit limit)
      throws IOException {
    String expected = "a .npy array of numbers";
    ByteBuffer start = ByteBuffer.wrap(limit.read(in, 10)).order(ByteOrder.LITTLE_ENDIAN);
    if (start.limit() < 10
        || !StandardCharsets.ISO_8859_1.decode(start.slice(0, 6)).toString().equals(MAGIC)) {
      throw IoErrors.damaged(file, what + " does not start as one of NumPy's", expected);
    }
    int length = Short.toUnsignedInt(start.getShort(8));
    if (start.get(6) > 1) { // Versions 2 and 3 have four bytes of length.
      byte[] high = limit.read(in, 2);
      length = high.length < 2 || high[0] != 0 || high[1] != 0 ? MAX_HEADER + 1 : length;
    }
    byte[] text = length > MAX_HEADER ? new byte[0] : limit.read(in, length);
    if (start.get(6) < 1 || start.get(6) > 3 || text.length < length) {
      throw IoErrors.damaged(file, what + " has a header of " + length + " bytes", expected);
    }
    String header = new String(text, StandardCharsets.UTF_8);
    Matcher descr = DESCR.matcher(header);
    Matcher fortran = FORTRAN.matcher(header);
    Matcher shape = SHAPE.matcher(header);
    if (!descr.find() || !fortran.find() || !shape.find()) {
      throw IoErrors.damaged(file, what + " has no header that can be read", expected);
    }
    List<Field> fields = fields(descr.group(1));
    if (fields.isEmpty()) {
      return new NpyColumns(descr.group(1), List.of(), List.of());
    }
    List<Integer> sides = sides(file, what, shape.group(1));
    long rows = 1;
    for (int side : sides) {
      rows = Math.multiplyExact(rows, (long) side);
    }
    Field last = fields.get(fields.size() - 1);
    int rowBytes = Math.addExact(last.offset, last.bytes);
    long bytes = Math.multiplyExact(rows, (long) rowBytes);
    byte[] data = limit.read(in, bytes);
    if (data.length != bytes || in.read() >= 0) {
      throw IoErrors.damaged(
          file, what + " has not the bytes of " + rows + " times " + rowBytes, expected);
    }
    boolean columnMajor = fortran.group(1).equals("True");
    return columns(descr.group(1), data, fields, sides, rows, columnMajor);
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

  private static List<Integer> sides(Path file, String what, String shape) {
    List<Integer> sides = new ArrayList<>();
    try {
      for (String side : shape.split(",", -1)) {
        if (!side.isBlank()) {
          sides.add(Integer.valueOf(side.strip()));
        }
      }
    } catch (NumberFormatException e) {
      throw IoErrors.damaged(file, what + " has the shape (" + shape + ")", "sides below 2^31");
    }
    return sides;
  }

  private static NpyColumns columns(
      String type,
      byte[] data,
      List<Field> fields,
      List<Integer> sides,
      long rows,
      boolean columnMajor) {
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
      boolean together = sides.get(1) == MATRIX != columnMajor;
      for (int i = 0; i < MATRIX && fields.size() == 1; i++) {
        names.add("");
        columns.add(
            together
                ? column(data, field, i * field.bytes, rowBytes * MATRIX, length)
                : column(data, field, i * length * field.bytes, rowBytes, length));
      }
    }
    return new NpyColumns(type, names, columns);
  }

  private static Column column(byte[] data, Field field, int offset, int stride, int length) {
    ByteBuffer bytes = ByteBuffer.wrap(data).order(field.order);
    return new Column(bytes, field.kind, field.bytes, offset, stride, length);
  }
}
