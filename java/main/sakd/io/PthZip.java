package sakd.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import sakd.base.UserError;

/**
 * What {@code torch.save} has written since PyTorch 1.6: a zip archive, nothing compressed, with
 * the pickled structure in {@code NAME/data.pkl} and each storage in {@code NAME/data/KEY}.
 * Checksums are verified.
 */
final class PthZip {
  private static final String STRUCTURE = "data.pkl";

  /** It holds names and shapes; the weights themselves are outside. */
  private static final int MAX_STRUCTURE = 64 << 20;

  private final Path file;
  private final long fileBytes;
  private final ZipFile zip;
  private final String folder;

  private PthZip(Path file, long fileBytes, ZipFile zip) {
    this.file = file;
    this.fileBytes = fileBytes;
    this.zip = zip;
    List<String> names = zip.stream().map(ZipEntry::getName).toList();
    String other = otherKind(names);
    if (other != null) {
      throw new UserError(
          file
              + ": it is "
              + other
              + "; expected weights, save them in Python with torch.save(model.state_dict(), file)");
    }
    List<String> found =
        names.stream().filter(n -> n.equals(STRUCTURE) || n.endsWith("/" + STRUCTURE)).toList();
    if (found.size() != 1) {
      throw damaged("it is a zip archive without one " + STRUCTURE);
    }
    folder = found.get(0).substring(0, found.get(0).length() - STRUCTURE.length());
  }

  /** What else a zip archive may be that people take for weights, or null. */
  private static String otherKind(List<String> names) {
    if (names.stream().anyMatch(n -> n.endsWith("/constants.pkl"))) {
      return "a program of TorchScript (torch.jit.save)";
    }
    if (names.stream().anyMatch(n -> n.endsWith(".npy"))) {
      return "an archive of NumPy arrays (.npz)";
    }
    if (names.contains("model.weights.h5")) {
      return "a model of Keras (.keras)";
    }
    if (names.stream().anyMatch(n -> n.endsWith("serialized_exported_program.json"))
        || names.stream().anyMatch(n -> n.endsWith("/archive_format"))) {
      return "a program of torch.export";
    }
    return names.stream()
        .filter(n -> n.matches("(?s).*\\.(pth|pt|th|bin|ckpt|safetensors)"))
        .findFirst()
        .map(n -> "an archive with " + IoErrors.excerpt(n) + " in it, which has to be unpacked")
        .orElse(null);
  }

  /**
   * The tensors of a file's state dict.
   *
   * @throws UserError if the file cannot be read, is damaged, or holds no weights
   */
  static Pth.Content read(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return new PthZip(file, Files.size(file), zip).read();
    } catch (IOException | IllegalArgumentException e) {
      // The latter where names in the archive are no text.
      UserError damaged =
          IoErrors.damaged(
              file, "it is not a complete zip archive (" + e.getMessage() + ")", Pth.EXPECTED);
      damaged.initCause(e);
      throw damaged;
    }
  }

  private Pth.Content read() throws IOException {
    byte[] structure = content(STRUCTURE, MAX_STRUCTURE);
    boolean big =
        zip.getEntry(folder + "byteorder") != null
            && new String(content("byteorder", MAX_STRUCTURE), StandardCharsets.US_ASCII)
                .equals("big");
    Object root = Unpickler.load(file, structure, new PthPickle(), Pth.EXPECTED);
    StateDict weights = StateDict.in(file, root);
    return Pth.read(
        file,
        weights,
        fileBytes,
        storage -> {
          int expected = Pth.bytes(file, storage);
          ByteBuffer data = ByteBuffer.wrap(content("data/" + storage.key(), expected));
          if (data.remaining() != expected) {
            throw damaged(
                "the storage " + storage.key() + " has " + data.remaining() + " of its bytes");
          }
          return big ? Pth.swapped(data, HostTensor.elementSize(storage.dtype())) : data;
        });
  }

  private byte[] content(String name, int max) throws IOException {
    ZipEntry entry = zip.getEntry(folder + name);
    if (entry == null) {
      throw damaged("it has no " + name);
    }
    long size = entry.getSize();
    if (entry.getMethod() != ZipEntry.STORED || size < 0 || size > fileBytes) {
      throw damaged(name + " is compressed, or larger than the file");
    }
    if (size > max) {
      throw damaged(name + " has " + size + " bytes where at most " + max + " belong");
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
