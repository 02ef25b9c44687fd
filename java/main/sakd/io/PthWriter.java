package sakd.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import sakd.base.UserError;

/**
 * Writes a state dict that {@code torch.load} reads, also with {@code weights_only}: a zip archive
 * with the pickled structure in {@code data.pkl} and each tensor's bytes in {@code data/N}, the
 * format of {@code torch.save} since PyTorch 1.6.
 */
public final class PthWriter {
  private static final String FOLDER = "weights/";

  /** The oldest a zip archive can say, so that equal weights give equal bytes. */
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private PthWriter() {}

  /**
   * Creates or replaces a file, atomically.
   *
   * @param tensors the state dict, in its order
   * @throws UserError if the file cannot be written; one already there is then unchanged
   */
  public static void write(Path path, Map<String, HostTensor> tensors) {
    byte[] pickle = pickle(tensors);
    AtomicFile.write(
        path,
        channel -> {
          ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(channel));
          WritableByteChannel out = Channels.newChannel(zip);
          put(zip, out, "data.pkl", ByteBuffer.wrap(pickle));
          put(zip, out, "byteorder", StandardCharsets.US_ASCII.encode("little"));
          int key = 0;
          for (HostTensor tensor : tensors.values()) {
            put(zip, out, "data/" + key++, tensor.data());
          }
          put(zip, out, "version", StandardCharsets.US_ASCII.encode("3\n"));
          zip.finish(); // Does not close the channel, which has yet to be forced to the disk.
        });
  }

  private static void put(
      ZipOutputStream zip, WritableByteChannel out, String name, ByteBuffer content)
      throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content.duplicate());
    ZipEntry entry = new ZipEntry(FOLDER + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.remaining());
    entry.setCompressedSize(content.remaining());
    entry.setCrc(crc.getValue());
    entry.setTimeLocal(TIME);
    zip.putNextEntry(entry);
    out.write(content);
    zip.closeEntry();
  }

  /** The pickle, protocol 2, of an OrderedDict of tensors. */
  private static byte[] pickle(Map<String, HostTensor> tensors) {
    Pickle p = new Pickle();
    p.op(0x80).op(2);
    p.orderedDict();
    p.op('(');
    int key = 0;
    for (Map.Entry<String, HostTensor> e : tensors.entrySet()) {
      HostTensor t = e.getValue();
      p.text(e.getKey()).global("torch._utils", "_rebuild_tensor_v2");
      p.op('(');
      p.op('(').text("storage").global("torch", PthTensor.storageOf(t.dtype()));
      p.text(Integer.toString(key++)).text("cpu").number(t.numel()).op('t').op('Q');
      int[] shape = t.shape();
      p.number(0).numbers(shape).numbers(PthTensor.contiguous(shape));
      p.op(0x89).orderedDict(); // requires_grad false, no hooks
      p.op('t').op('R');
    }
    p.op('u').op('.');
    return p.bytes.toByteArray();
  }

  /** The few opcodes that a state dict needs. */
  private static final class Pickle {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Pickle op(int code) {
      bytes.write(code);
      return this;
    }

    Pickle global(String module, String name) {
      op('c');
      bytes.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
      return this;
    }

    Pickle orderedDict() {
      return global("collections", "OrderedDict").op(')').op('R');
    }

    Pickle text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      op('X');
      littleEndian(utf8.length);
      bytes.writeBytes(utf8);
      return this;
    }

    Pickle number(int value) {
      op('J');
      littleEndian(value);
      return this;
    }

    Pickle numbers(int... values) {
      op('(');
      for (int value : values) {
        number(value);
      }
      return op('t');
    }

    private void littleEndian(int value) {
      bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }
  }
}
