package sakd.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a weight file in any format read here, which its first bytes tell: safetensors, or
 * a state dict saved by PyTorch.
 *
 * @param path where it was read
 * @param metadata free text by key; PyTorch's files have none
 * @param tensors the tensors by name: without the prefixes that wrappers of PyTorch add, and with
 *     {@code downsample} for what some networks for CIFAR call {@code shortcut}
 */
public record WeightFile(Path path, Map<String, String> metadata, Map<String, HostTensor> tensors) {
  private static final int HEAD = 9;
  private static final List<String> WRAPPERS = List.of("module.", "_orig_mod.");

  /**
   * Reads a file.
   *
   * @throws UserError if it cannot be read, is damaged, or is no weight file
   */
  public static WeightFile read(Path path) {
    byte[] head = head(path);
    if (head[HEAD - 1] == '{') { // After the length of the header, in which alone it may look else.
      return safetensors(path);
    }
    if (head[0] == 'P' && head[1] == 'K') {
      return named(path, PthZip.read(path));
    }
    if (Unpickler.canStartWith(head[0])) {
      return named(path, PthLegacy.read(path));
    }
    return safetensors(path); // Which says what is wrong with it.
  }

  private static byte[] head(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer head = ByteBuffer.allocate(HEAD);
      while (head.hasRemaining() && channel.read(head) >= 0) {}
      return head.array();
    } catch (IOException e) {
      throw IoErrors.unreadable(path, "a weight file", e);
    }
  }

  private static WeightFile safetensors(Path path) {
    SafetensorsFile file = Safetensors.read(path);
    WeightFile named = named(path, file.tensors());
    return new WeightFile(path, file.metadata(), named.tensors);
  }

  private static WeightFile named(Path path, Map<String, HostTensor> tensors) {
    Map<String, HostTensor> named = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (named.put(plain(name), tensor) != null) {
            throw new UserError(
                path
                    + ": two tensors are named "
                    + plain(name)
                    + " once prefixes are taken away; expected one network, save it alone");
          }
        });
    return new WeightFile(path, Map.of(), named);
  }

  private static String plain(String name) {
    for (String wrapper : WRAPPERS) {
      if (name.startsWith(wrapper)) {
        return plain(name.substring(wrapper.length()));
      }
    }
    return name.replace(".shortcut.", ".downsample.");
  }
}
