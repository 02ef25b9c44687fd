package sakd.data.event;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.InflaterInputStream;
import sakd.io.IoErrors;

/**
 * The numeric matrices of MATLAB's version 5 files, by name, also those in a struct at the top.
 *
 * <p>After 128 bytes of header come elements: a type and a size in 4 bytes each, or in 2 each with
 * up to 4 bytes of data, then the data up to the next multiple of 8 bytes. One of type 15 is packed
 * and holds another; one of type 14 is a matrix: flags, dimensions, name and numbers, each again an
 * element. All others, and what lies deeper, are passed over.
 */
final class MatFile {
  private static final String EXPECTED = "a complete MATLAB file of version 5 (save -v7)";
  private static final int HEADER_BYTES = 128;
  private static final int INT8 = 1;
  private static final int UINT32 = 6;
  private static final int INT32 = 5;
  private static final int MATRIX = 14;
  private static final int PACKED = 15;
  private static final int STRUCT_CLASS = 2;
  private static final int FIRST_NUMERIC_CLASS = 6;
  private static final int LAST_NUMERIC_CLASS = 15;

  private final Path file;
  private final UnpackLimit limit;
  private final Map<String, Matrix> matrices = new LinkedHashMap<>();

  private MatFile(Path file, long bytes) {
    this.file = file;
    this.limit = new UnpackLimit(file, bytes);
  }

  /** Numbers column after column, as MATLAB lays them out. */
  record Matrix(int rows, int columns, Column numbers) {
    Column column(int index) {
      int offset = numbers.offset() + index * rows * numbers.bytes();
      return new Column(
          numbers.data(), numbers.kind(), numbers.bytes(), offset, numbers.bytes(), rows);
    }
  }

  /** An element: what type it is of, and its bytes. */
  private record Element(int type, ByteBuffer data) {}

  /**
   * Reads the matrices of a file.
   *
   * @throws IndexOutOfBoundsException or BufferUnderflowException if a size points past its end
   */
  static Map<String, Matrix> read(Path file, ByteBuffer bytes) {
    MatFile mat = new MatFile(file, bytes.limit());
    String text =
        StandardCharsets.ISO_8859_1
            .decode(bytes.slice(0, Math.min(HEADER_BYTES, bytes.limit())))
            .toString();
    if (text.startsWith("MATLAB 7.3")) {
      throw IoErrors.damaged(file, "it is a MATLAB file of version 7.3 (HDF5)", EXPECTED);
    }
    String endian = text.length() < HEADER_BYTES ? "" : text.substring(HEADER_BYTES - 2);
    if (!endian.equals("IM") && !endian.equals("MI")) {
      throw IoErrors.damaged(file, "it does not start as one of MATLAB's", EXPECTED);
    }
    bytes.order(endian.equals("IM") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    bytes.position(HEADER_BYTES);
    while (bytes.hasRemaining()) {
      mat.top(next(bytes));
    }
    return mat.matrices;
  }

  private void top(Element element) {
    if (element.type == PACKED) {
      ByteBuffer inner = unpack(element.data);
      element = next(inner);
    }
    if (element.type == MATRIX) {
      matrix(element.data, "", true);
    }
  }

  private ByteBuffer unpack(ByteBuffer packed) {
    byte[] raw = new byte[packed.remaining()];
    packed.get(raw);
    try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(raw))) {
      return ByteBuffer.wrap(limit.readAll(in)).order(packed.order());
    } catch (IOException e) {
      throw IoErrors.damaged(
          file, "a part cannot be unpacked (" + IoErrors.reason(e) + ")", EXPECTED);
    }
  }

  private static Element next(ByteBuffer bytes) {
    int tag = bytes.getInt();
    int type = tag & 0xffff;
    int size = tag >>> 16;
    int padded = 4;
    if (size == 0) {
      type = tag;
      size = bytes.getInt();
      // Sizes of what is packed are not rounded up.
      padded = type == PACKED ? size : (int) Math.min(bytes.remaining(), (size + 7L) / 8 * 8);
    }
    ByteBuffer data = bytes.slice(bytes.position(), size).order(bytes.order());
    bytes.position(Math.addExact(bytes.position(), padded));
    return new Element(type, data);
  }

  /** A matrix of numbers, or the fields of a struct of one element. */
  private void matrix(ByteBuffer bytes, String field, boolean isTop) {
    if (!bytes.hasRemaining()) {
      return; // An empty field.
    }
    int kind = part(bytes, UINT32, "flags").getInt() & 0xff;
    ByteBuffer sides = part(bytes, INT32, "dimensions");
    long elements = 1;
    List<Integer> dimensions = new ArrayList<>();
    while (sides.hasRemaining()) {
      int side = sides.getInt();
      dimensions.add(side);
      elements = Math.multiplyExact(elements, (long) side);
    }
    String own = text(part(bytes, INT8, "a name"));
    String name = field.isEmpty() ? own : field;
    if (kind == STRUCT_CLASS && isTop && elements == 1) {
      struct(bytes);
    } else if (kind >= FIRST_NUMERIC_CLASS
        && kind <= LAST_NUMERIC_CLASS
        && dimensions.size() == 2) {
      Element numbers = next(bytes);
      int size = bytesOf(numbers.type);
      if (elements < 0 || numbers.data.limit() != elements * size) {
        throw IoErrors.damaged(
            file,
            name + " is of " + dimensions + " numbers in " + numbers.data.limit() + " bytes",
            EXPECTED);
      }
      Column column = new Column(numbers.data, kindOf(numbers.type), size, 0, size, (int) elements);
      matrices.put(name, new Matrix(dimensions.get(0), dimensions.get(1), column));
    }
  }

  private void struct(ByteBuffer bytes) {
    int length = part(bytes, INT32, "a length of names").getInt();
    ByteBuffer names = part(bytes, INT8, "names of fields");
    while (names.hasRemaining()) {
      if (length < 1 || length > names.remaining()) {
        throw IoErrors.damaged(file, "names of fields have " + length + " bytes", EXPECTED);
      }
      String name = text(names.slice(names.position(), length));
      names.position(names.position() + length);
      Element element = next(bytes);
      if (element.type == MATRIX) {
        matrix(element.data, name, false);
      }
    }
  }

  private ByteBuffer part(ByteBuffer bytes, int type, String what) {
    Element element = next(bytes);
    if (element.type != type) {
      throw IoErrors.damaged(file, what + " of a matrix are of type " + element.type, EXPECTED);
    }
    return element.data;
  }

  private static String text(ByteBuffer bytes) {
    String text = StandardCharsets.ISO_8859_1.decode(bytes).toString();
    int end = text.indexOf(0);
    return end < 0 ? text : text.substring(0, end);
  }

  /** Bytes of a number of a type of the format. */
  private int bytesOf(int type) {
    return switch (type) {
      case 1, 2 -> 1;
      case 3, 4 -> 2;
      case 5, 6, 7 -> 4;
      case 9, 12, 13 -> 8;
      default -> throw IoErrors.damaged(file, "numbers are of type " + type, EXPECTED);
    };
  }

  private static char kindOf(int type) {
    return switch (type) {
      case 1, 3, 5, 12 -> 'i';
      case 7, 9 -> 'f';
      default -> 'u';
    };
  }
}
