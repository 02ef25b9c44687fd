package sakd.io;

import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import sakd.base.UserError;

/**
 * What {@code torch.save} wrote before PyTorch 1.6: five pickles (a magic number, the protocol,
 * facts about the system, the structure, the storages' keys), then each storage as its number of
 * elements, eight bytes, and the elements, all little-endian. There is no checksum: a bit that
 * flipped in a weight cannot be seen, any other damage can.
 */
final class PthLegacy {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long PROTOCOL = 1001;

  private PthLegacy() {}

  /**
   * The tensors of a file's state dict.
   *
   * @throws UserError if the file cannot be read, is damaged, or holds no weights
   */
  static Pth.Content read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      PickleInput in = new PickleInput(Channels.newInputStream(channel), size);
      Object magic = unpickle(file, in, new PthPickle());
      if (!MAGIC.equals(magic)) {
        throw IoErrors.damaged(
            file,
            "it is a pickle of " + Pickled.kind(magic) + " that torch.save did not write",
            Pth.EXPECTED);
      }
      Object protocol = unpickle(file, in, new PthPickle());
      if (!Long.valueOf(PROTOCOL).equals(protocol)) {
        throw IoErrors.damaged(file, "its protocol is not " + PROTOCOL, Pth.EXPECTED);
      }
      unpickle(file, in, new PthPickle()); // sizes of C types, which the storages do not depend on
      PthPickle structure = new PthPickle();
      Object root = unpickle(file, in, structure);
      StateDict weights = StateDict.in(file, root);
      Object keys = unpickle(file, in, new PthPickle());
      Map<String, Long> starts = starts(file, in, keys, structure, size);
      return Pth.read(
          file,
          weights,
          size,
          storage ->
              Safetensors.readExactly(
                  channel, starts.get(storage.key()), Pth.bytes(file, storage)));
    } catch (IOException e) {
      throw IoErrors.unreadable(file, Pth.EXPECTED, e);
    }
  }

  private static Object unpickle(Path file, PickleInput in, PthPickle maker) {
    return new Unpickler(file, in, maker, Pth.EXPECTED).load();
  }

  /** Where each storage's elements start; that they fill the file to its end is checked. */
  private static Map<String, Long> starts(
      Path file, PickleInput in, Object keys, PthPickle structure, long size) throws IOException {
    Map<String, PthTensor.Storage> storages = structure.storages();
    Map<String, Long> starts = new HashMap<>();
    try {
      for (Object item : keys instanceof List<?> list ? list : List.of()) {
        String key = item instanceof String text ? text : "";
        PthTensor.Storage storage = storages.get(key);
        String otherType = structure.otherTypes().get(key);
        if (otherType != null) { // Of no known size, so that nothing behind it can be found.
          throw new UserError(
              file
                  + ": beside its weights it has a "
                  + IoErrors.excerpt(otherType)
                  + "; expected tensors of usual types, save the weights alone with"
                  + " torch.save(model.state_dict(), file)");
        }
        long numel = in.signed(Long.BYTES).longValue();
        if (storage == null || storage.numel() != numel) {
          throw IoErrors.damaged(
              file,
              "the storage " + IoErrors.excerpt(key) + " is not of the size the structure says",
              Pth.EXPECTED);
        }
        starts.put(storage.key(), in.position());
        in.skip(Math.multiplyExact(numel, HostTensor.elementSize(storage.dtype())));
      }
    } catch (EOFException | ArithmeticException e) {
      throw IoErrors.damaged(file, "it ends before its last tensor", Pth.EXPECTED);
    }
    if (!starts.keySet().equals(storages.keySet()) || in.position() != size) {
      throw IoErrors.damaged(
          file, "its storages are not those of the structure, to the last byte", Pth.EXPECTED);
    }
    return starts;
  }
}
