package sakd.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import sakd.base.UserError;

/** What both formats of {@code torch.save} share: how tensors lie in storages. */
final class Pth {
  static final String EXPECTED = "a complete file written by torch.save";

  /**
   * Tensors that are not contiguous are copied. Together they may take this many times the file's
   * bytes, so that a small file cannot ask for all memory.
   */
  private static final int MAX_COPIES = 4;

  /** The longest array of bytes that Java has. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private Pth() {}

  /** What was read of a file: where the weights lie in it, and their tensors by name. */
  record Content(StateDict weights, Map<String, HostTensor> tensors) {}

  /** Reads all bytes of a storage, little-endian. */
  @FunctionalInterface
  interface StorageReader {
    ByteBuffer read(PthTensor.Storage storage) throws IOException;
  }

  /**
   * Reads the tensors of a state dict, in its order.
   *
   * @param fileBytes the file's size
   * @throws UserError if a tensor is not inside its storage, or they take more than the file has
   */
  static Content read(Path file, StateDict weights, long fileBytes, StorageReader reader)
      throws IOException {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    Map<String, ByteBuffer> read = new HashMap<>();
    long copied = 0;
    long stored = 0;
    for (Map.Entry<String, PthTensor> e : weights.tensors().entrySet()) {
      PthTensor tensor = e.getValue();
      String problem = tensor.problem();
      copied += tensor.isContiguous() ? 0 : tensor.bytes();
      if (problem == null && copied > MAX_COPIES * fileBytes) {
        problem = "would take many times the file's size";
      }
      if (problem != null) {
        throw IoErrors.damaged(
            file, "the tensor " + IoErrors.excerpt(e.getKey()) + " " + problem, EXPECTED);
      }
      ByteBuffer data = read.get(tensor.storage().key());
      if (data == null) {
        stored += bytes(file, tensor.storage());
        if (stored > fileBytes) {
          throw IoErrors.damaged(file, "its tensors take more bytes than it has", EXPECTED);
        }
        data = reader.read(tensor.storage());
        read.put(tensor.storage().key(), data);
      }
      tensors.put(e.getKey(), tensor.of(data));
    }
    return new Content(weights, tensors);
  }

  /**
   * How many bytes a storage has.
   *
   * @throws UserError if they would not fit an array
   */
  static int bytes(Path file, PthTensor.Storage storage) {
    long bytes = storage.numel() * HostTensor.elementSize(storage.dtype());
    if (bytes > MAX_ARRAY) {
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
