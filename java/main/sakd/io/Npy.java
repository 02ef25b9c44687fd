package sakd.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import sakd.base.UserError;

/** NumPy's .npy files: an {@link NpyHeader}, then the elements. */
public final class Npy {
  private static final String EXPECTED = "a complete .npy file";

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
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + tuple(shape) + ", }";
    // NumPy aligns the data to 64 bytes and ends the header with a newline.
    int total = (NpyHeader.MAGIC.length + 4 + header.length() + 1 + 63) / 64 * 64;
    int length = total - NpyHeader.MAGIC.length - 4;
    ByteBuffer head = ByteBuffer.allocate(total).put(NpyHeader.MAGIC).put((byte) 1).put((byte) 0);
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
    InputStream in = Channels.newInputStream(channel);
    NpyHeader header = NpyHeader.read(path, in::readNBytes, EXPECTED);
    if (!header.descr().startsWith("'")) {
      throw IoErrors.damaged(
          path, "the header does not describe a plain array", "an element type in quotes");
    }
    String descr = header.descr().replace("'", "");
    String dtype = DTYPES.get(descr);
    if (dtype == null) {
      throw new UserError(
          path
              + ": the element type is "
              + IoErrors.excerpt(descr)
              + "; expected little-endian f8, f4, f2, i8, i4 or u1, convert it with astype");
    }
    if (header.fortranOrder()) {
      throw new UserError(
          path
              + ": the array is in Fortran order; expected C order, save numpy.ascontiguousarray of"
              + " it");
    }
    int[] shape = header.shape().stream().mapToInt(side -> side).toArray();
    long data = channel.size() - header.bytes();
    if (data != HostTensor.elementSize(dtype) * numel(path, header.shape(), shape)) {
      throw IoErrors.damaged(
          path,
          "the shape " + shown(header.shape()) + " is not that of " + data + " bytes",
          EXPECTED);
    }
    if (data > Integer.MAX_VALUE) {
      throw new UserError(
          path + ": the array has " + data + " bytes; expected less than 2 GiB, split it");
    }
    return new HostTensor(
        dtype, shape, Safetensors.readExactly(channel, header.bytes(), (int) data));
  }

  private static long numel(Path path, List<Integer> sides, int[] shape) {
    try {
      return HostTensor.numel(shape);
    } catch (IllegalArgumentException e) {
      throw IoErrors.damaged(path, "the shape is " + shown(sides), "dimensions below 2^31");
    }
  }

  /** As Python writes it. */
  private static String shown(List<Integer> shape) {
    return IoErrors.excerpt(tuple(shape.stream().mapToInt(side -> side).toArray()));
  }

  private static String tuple(int[] shape) {
    String sides =
        Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    return "(" + sides + (shape.length == 1 ? ",)" : ")"); // Only a tuple of one needs the comma.
  }
}
