package sakd.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What {@code torch.save} has written since PyTorch 1.6: a zip archive, nothing compressed, with
 * the pickled structure in {@code NAME/data.pkl} and each storage in {@code NAME/data/KEY}.
 * Checksums are verified.
 */
final class PthZip {
  private static final String STRUCTURE = "data.pkl";

  private final Path file;
  private final long fileBytes;
  private final ZipFile zip;
  private final String folder;

  private PthZip(Path file, long fileBytes, ZipFile zip) {
    this.file = file;
    this.fileBytes = fileBytes;
    this.zip = zip;
    List<String> found =
        zip.stream().map(ZipEntry::getName).filter(n -> n.endsWith("/" + STRUCTURE)).toList();
    if (found.size() != 1) {
      throw damaged("it is a zip archive without one " + STRUCTURE);
    }
    folder = found.get(0).substring(0, found.get(0).length() - STRUCTURE.length());
  }

  /**
   * The tensors of a file's state dict.
   *
   * @throws UserError if the file cannot be read, is damaged, or holds more than weights
   */
  static Map<String, HostTensor> read(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return new PthZip(file, Files.size(file), zip).read();
    } catch (IOException | IllegalArgumentException e) {
      // The latter where names in the archive are no text.
      throw new UserError(
          IoErrors.damaged(
                  file, "it is no whole zip archive (" + e.getMessage() + ")", Pth.EXPECTED)
              .getMessage(),
          e);
    }
  }

  private Map<String, HostTensor> read() throws IOException {
    byte[] structure = content(STRUCTURE);
    boolean big =
        zip.getEntry(folder + "byteorder") != null
            && new String(content("byteorder"), StandardCharsets.US_ASCII).equals("big");
    PickleInput in = new PickleInput(new ByteArrayInputStream(structure), structure.length);
    Object root = new Unpickler(file, in).load();
    return Pth.tensors(
        file,
        root,
        fileBytes,
        storage -> {
          int expected = Pth.bytes(file, storage);
          ByteBuffer data = ByteBuffer.wrap(content("data/" + storage.key()));
          if (data.remaining() != expected) {
            throw damaged(
                "the storage " + storage.key() + " has " + data.remaining() + " of its bytes");
          }
          return big ? Pth.swapped(data, HostTensor.elementSize(storage.dtype())) : data;
        });
  }

  private byte[] content(String name) throws IOException {
    ZipEntry entry = zip.getEntry(folder + name);
    if (entry == null) {
      throw damaged("it has no " + name);
    }
    long size = entry.getSize();
    if (entry.getMethod() != ZipEntry.STORED || size < 0 || size > fileBytes) {
      throw damaged(name + " is not stored as it is");
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes(Math.toIntExact(Math.min(size, Integer.MAX_VALUE)));
      CRC32 crc = new CRC32();
      crc.update(bytes);
      if (bytes.length != size || crc.getValue() != entry.getCrc()) {
        throw damaged("the checksum of " + name + " is wrong");
      }
      return bytes;
    }
  }

  private UserError damaged(String found) {
    return IoErrors.damaged(file, found, Pth.EXPECTED);
  }
}
