package sakd.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What both formats of {@code torch.save} share: the state dict in what was pickled. */
final class Pth {
  static final String EXPECTED = "a complete file written by torch.save";

  /** Where checkpoints keep the state dict. */
  private static final List<String> KEYS =
      List.of("state_dict", "model", "net", "model_state_dict");

  /**
   * Tensors that are not contiguous are copied. Together they may take this many times the file's
   * bytes, so that a small file cannot ask for all memory.
   */
  private static final int MAX_COPIES = 4;

  private static final int MAX_DEPTH = 4;

  private Pth() {}

  /** Reads all bytes of a storage, little-endian. */
  @FunctionalInterface
  interface StorageReader {
    ByteBuffer read(PthTensor.Storage storage) throws IOException;
  }

  /**
   * The tensors of the state dict, in its order.
   *
   * @param root what was pickled: a state dict, or a dictionary that holds one
   * @param fileBytes the file's size
   * @throws UserError if there is no state dict, or a tensor is not inside its storage
   */
  static Map<String, HostTensor> tensors(
      Path file, Object root, long fileBytes, StorageReader reader) throws IOException {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    Map<String, ByteBuffer> read = new HashMap<>();
    long copied = 0;
    for (Map.Entry<String, PthTensor> e : stateDict(file, root).entrySet()) {
      PthTensor tensor = e.getValue();
      String problem = tensor.problem();
      copied += tensor.isContiguous() ? 0 : tensor.bytes();
      if (problem == null && copied > MAX_COPIES * fileBytes) {
        problem = "would take many times the file's size";
      }
      if (problem != null) {
        throw IoErrors.damaged(file, "the tensor " + e.getKey() + " " + problem, EXPECTED);
      }
      ByteBuffer data = read.get(tensor.storage().key());
      if (data == null) {
        data = reader.read(tensor.storage());
        read.put(tensor.storage().key(), data);
      }
      tensors.put(e.getKey(), tensor.of(data));
    }
    return tensors;
  }

  /** Entries that are no tensors are passed over: a checkpoint may count its epochs there. */
  private static Map<String, PthTensor> stateDict(Path file, Object root) {
    Map<String, PthTensor> found = new LinkedHashMap<>();
    Object at = root;
    // Bounded, as a dictionary can hold itself.
    for (int depth = 0; depth < MAX_DEPTH && at instanceof Map<?, ?> map; depth++) {
      map.forEach(
          (name, value) -> {
            if (name instanceof String text && value instanceof PthTensor tensor) {
              found.put(text, tensor);
            }
          });
      at = found.isEmpty() ? inside(map) : null;
    }
    if (found.isEmpty()) {
      throw IoErrors.damaged(
          file,
          "it holds no tensors by name",
          "a state dict, or one under " + String.join(", ", KEYS));
    }
    return found;
  }

  private static Object inside(Map<?, ?> map) {
    for (String key : KEYS) {
      if (map.get(key) instanceof Map<?, ?> inner) {
        return inner;
      }
    }
    return null;
  }

  /**
   * How many bytes a storage has.
   *
   * @throws UserError if they would not fit an array
   */
  static int bytes(Path file, PthTensor.Storage storage) {
    long bytes = storage.numel() * HostTensor.elementSize(storage.dtype());
    if (bytes > Integer.MAX_VALUE) {
      throw new UserError(
          file + ": a tensor has " + bytes + " bytes; expected less than 2 GiB, split it");
    }
    return (int) bytes;
  }

  /** The elements with their bytes the other way round. */
  static ByteBuffer swapped(ByteBuffer data, int elementSize) {
    ByteBuffer out = ByteBuffer.allocate(data.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < out.capacity(); i++) {
      out.put(i, data.get(i / elementSize * elementSize + elementSize - 1 - i % elementSize));
    }
    return out;
  }
}
