package sakd.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * NumPy's .npy files: a magic word, a version, the length of a header and the header, a Python
 * dictionary such as {@code {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }}, then the
 * elements.
 */
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final String EXPECTED = "a complete .npy file";

  /** Far above any header that NumPy writes for a plain array. */
  private static final int MAX_HEADER = 1 << 16;

  private static final Pattern ENTRY =
      Pattern.compile(
          "\\s*'(descr|fortran_order|shape)'\\s*:\\s*('[^']*'|True|False|\\([0-9, ]*\\))\\s*(,|(?=}))");

  private static final Map<String, String> DTYPES =
      Map.of("<f8", "F64", "<f4", "F32", "<f2", "F16", "<i8", "I64", "<i4", "I32", "|u1", "U8");

  private Npy() {}

  /**
   * Reads one array: versions 1 to 3, little-endian f8 f4 f2 i8 i4 or u1, in C order.
   *
   * @throws UserError if the file cannot be read, is damaged or holds another kind of array
   */
  public static HostTensor read(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return read(path, channel);
    } catch (IOException e) {
      throw IoErrors.unreadable(path, "a .npy file", e);
    }
  }

  /**
   * Creates or replaces a file with a float32 array (version 1.0, C order), atomically; other types
   * are converted.
   *
   * @throws UserError if the file cannot be written; one already there is then unchanged
   */
  public static void write(Path path, HostTensor tensor) {
    int[] shape = tensor.shape();
    HostTensor floats =
        tensor.dtype().equals("F32") ? tensor : HostTensor.ofFloats(tensor.toFloats(), shape);
    String dims = Arrays.stream(shape).mapToObj(d -> d + ",").collect(Collectors.joining(" "));
    if (shape.length > 1) {
      dims = dims.substring(0, dims.length() - 1); // Only a tuple of one needs the comma.
    }
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + dims + "), }";
    // NumPy aligns the data to 64 bytes and ends the header with a newline.
    int total = (MAGIC.length + 4 + header.length() + 1 + 63) / 64 * 64;
    int length = total - MAGIC.length - 4;
    ByteBuffer head = ByteBuffer.allocate(total).put(MAGIC).put((byte) 1).put((byte) 0);
    head.put((byte) length).put((byte) (length >> 8));
    head.put(header.getBytes(StandardCharsets.US_ASCII));
    while (head.remaining() > 1) {
      head.put((byte) ' ');
    }
    head.put((byte) '\n').flip();
    AtomicFile.write(
        path,
        channel -> {
          AtomicFile.writeFully(channel, head);
          AtomicFile.writeFully(channel, floats.data());
        });
  }

  private static HostTensor read(Path path, FileChannel channel) throws IOException {
    long size = channel.size();
    ByteBuffer prefix = Safetensors.readExactly(channel, 0, (int) Math.min(size, 12));
    if (size < 10 || !prefix.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
      throw IoErrors.damaged(path, "the file does not start as one of NumPy's", EXPECTED);
    }
    int version = prefix.get(6);
    if (version < 1 || version > 3 || (version > 1 && size < 12)) {
      throw IoErrors.damaged(path, "the format version is " + version, "version 1, 2 or 3");
    }
    int start = version == 1 ? 10 : 12;
    long length =
        version == 1 ? Short.toUnsignedInt(prefix.getShort(8)) : prefix.getInt(8) & 0xffffffffL;
    if (length > MAX_HEADER || length > size - start) {
      throw IoErrors.damaged(
          path,
          "the header length " + length + " does not fit the file's " + size + " bytes",
          EXPECTED);
    }
    ByteBuffer header = Safetensors.readExactly(channel, start, (int) length);
    Map<String, String> fields = parse(path, StandardCharsets.ISO_8859_1.decode(header).toString());
    String descr = fields.get("descr").replace("'", "");
    String dtype = DTYPES.get(descr);
    if (dtype == null) {
      throw new UserError(
          path
              + ": the element type is "
              + IoErrors.excerpt(descr)
              + "; expected little-endian f8, f4, f2, i8, i4 or u1, convert it with astype");
    }
    if (!fields.get("fortran_order").equals("False")) {
      throw new UserError(
          path
              + ": the array is in Fortran order; expected C order, save numpy.ascontiguousarray of"
              + " it");
    }
    int[] shape = shape(path, fields.get("shape"));
    long data = size - start - length;
    if (data != HostTensor.elementSize(dtype) * HostTensor.numel(shape)) {
      throw IoErrors.damaged(
          path,
          "the shape "
              + IoErrors.excerpt(fields.get("shape"))
              + " is not that of "
              + data
              + " bytes",
          EXPECTED);
    }
    if (data > Integer.MAX_VALUE) {
      throw new UserError(
          path + ": the array has " + data + " bytes; expected less than 2 GiB, split it");
    }
    return new HostTensor(
        dtype, shape, Safetensors.readExactly(channel, start + length, (int) data));
  }

  private static Map<String, String> parse(Path path, String header) {
    String text = header.strip();
    Map<String, String> fields = new HashMap<>();
    if (text.startsWith("{") && text.endsWith("}")) {
      Matcher entry = ENTRY.matcher(text).region(1, text.length());
      while (entry.lookingAt() && fields.put(entry.group(1), entry.group(2)) == null) {
        entry.region(entry.end(), text.length());
      }
      String rest = text.substring(entry.regionStart(), text.length() - 1);
      String shape = fields.getOrDefault("shape", "");
      if (fields.size() == 3
          && rest.isBlank()
          && shape.startsWith("(")
          && fields.get("descr").startsWith("'")
          && !fields.get("fortran_order").startsWith("'")) {
        return fields;
      }
    }
    throw IoErrors.damaged(
        path, "the header does not describe a plain array", "descr, fortran_order and shape");
  }

  private static int[] shape(Path path, String tuple) {
    String inner = tuple.substring(1, tuple.length() - 1).strip();
    if (inner.isEmpty()) {
      return new int[0];
    }
    try {
      int[] shape =
          Arrays.stream(inner.split(",")).map(String::strip).mapToInt(Integer::parseInt).toArray();
      HostTensor.numel(shape);
      return shape;
    } catch (IllegalArgumentException e) {
      throw IoErrors.damaged(
          path, "the shape is " + IoErrors.excerpt(tuple), "dimensions below 2^31");
    }
  }
}
