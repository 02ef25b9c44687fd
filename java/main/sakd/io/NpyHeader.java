package sakd.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import sakd.base.UserError;

/**
 * What a .npy file begins with: a magic word, a version, the length of a header and the header, a
 * Python dictionary such as {@code {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }}.
 *
 * @param descr the type of the elements as it stands there, a text in quotes or a list of fields
 * @param fortranOrder whether the first dimension is the fastest
 * @param shape none for a scalar; sides may be more than an array can have
 * @param bytes up to the first element
 */
public record NpyHeader(String descr, boolean fortranOrder, List<Integer> shape, int bytes) {
  static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** Far above any header that NumPy writes for arrays that are read here. */
  private static final int MAX_HEADER = 1 << 16;

  /** Of magic word, version and the length of version 1; the others have two bytes more. */
  private static final int FIRST = 10;

  // No records within records.
  private static final Pattern ENTRY =
      Pattern.compile(
          "\\s*'(descr|fortran_order|shape)'\\s*:\\s*"
              + "('[^']*'|\\[[^\\[\\]]*\\]|True|False|\\([0-9, ]*\\))\\s*(,|(?=}))");

  /** The next bytes of a file, fewer where it ends. */
  @FunctionalInterface
  public interface Bytes {
    byte[] read(int count) throws IOException;
  }

  /**
   * Reads the header.
   *
   * @param file named in errors
   * @throws UserError if it is damaged or there is none
   */
  public static NpyHeader read(Object file, Bytes in, String expected) throws IOException {
    ByteBuffer first = ByteBuffer.wrap(in.read(FIRST)).order(ByteOrder.LITTLE_ENDIAN);
    if (first.limit() < FIRST || !first.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
      throw IoErrors.damaged(file, "the file does not start as one of NumPy's", expected);
    }
    int version = first.get(MAGIC.length);
    if (version < 1 || version > 3) {
      throw IoErrors.damaged(file, "the format version is " + version, "version 1, 2 or 3");
    }
    long length = Short.toUnsignedInt(first.getShort(FIRST - Short.BYTES));
    int start = FIRST;
    if (version > 1) {
      start += Short.BYTES;
      byte[] high = Arrays.copyOf(in.read(Short.BYTES), Short.BYTES);
      length |= (high[0] & 0xffL) << 16 | (high[1] & 0xffL) << 24;
    }
    byte[] text = length > MAX_HEADER ? new byte[0] : in.read((int) length);
    if (text.length < length) {
      throw IoErrors.damaged(file, "the header length " + length + " does not fit", expected);
    }
    Charset charset = version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
    Map<String, String> fields = parse(file, new String(text, charset).strip());
    return new NpyHeader(
        fields.get("descr"),
        fields.get("fortran_order").equals("True"),
        shape(file, fields.get("shape")),
        start + text.length);
  }

  private static Map<String, String> parse(Object file, String text) {
    Map<String, String> fields = new HashMap<>();
    if (text.startsWith("{") && text.endsWith("}")) {
      Matcher entry = ENTRY.matcher(text).region(1, text.length());
      while (entry.lookingAt() && fields.put(entry.group(1), entry.group(2)) == null) {
        entry.region(entry.end(), text.length());
      }
      String rest = text.substring(entry.regionStart(), text.length() - 1);
      if (fields.size() == 3
          && rest.isBlank()
          && fields.get("shape").startsWith("(")
          && fields.get("descr").matches("(?s)['\\[].*")
          && fields.get("fortran_order").matches("True|False")) {
        return fields;
      }
    }
    throw IoErrors.damaged(
        file, "the header does not describe an array", "descr, fortran_order and shape");
  }

  private static List<Integer> shape(Object file, String tuple) {
    String inner = tuple.substring(1, tuple.length() - 1).strip();
    try {
      return inner.isEmpty()
          ? List.of()
          : Arrays.stream(inner.split(",")).map(String::strip).map(Integer::valueOf).toList();
    } catch (NumberFormatException e) {
      throw IoErrors.damaged(
          file, "the shape is " + IoErrors.excerpt(tuple), "dimensions below 2^31");
    }
  }
}
