package sakd.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import sakd.base.UserError;

/**
 * The tensors of a weight file in any format read here, which its first bytes tell: safetensors, or
 * weights saved by PyTorch.
 *
 * @param path where it was read
 * @param part which of several dictionaries of a checkpoint was taken, in words; empty if there is
 *     only one with that many tensors
 * @param metadata free text by key; PyTorch's files have none
 * @param tensors the tensors by name: without what wrappers of PyTorch put into names, and with
 *     {@code downsample} for what some networks for CIFAR call {@code shortcut}
 */
public record WeightFile(
    Path path, String part, Map<String, String> metadata, Map<String, HostTensor> tensors) {
  /** Where the header of a safetensors file starts. */
  private static final int HEADER = 8;

  /** DataParallel, compile, FSDP and activation checkpointing each put a module around another. */
  private static final Pattern WRAPPER =
      Pattern.compile(
          "(?<=^|\\.)(module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\\.");

  /** Names are looked for by all their endings, which takes the square of their length. */
  private static final int MAX_NAME = 1000;

  private static final String EXPECTED =
      "weights as safetensors or as torch.save(model.state_dict(), file) writes them";

  /** Tensors that are a file's only ones. */
  public WeightFile(Path path, Map<String, String> metadata, Map<String, HostTensor> tensors) {
    this(path, "", metadata, tensors);
  }

  /**
   * Reads a file.
   *
   * @throws UserError if it cannot be read, is damaged, or is no weight file
   */
  public static WeightFile read(Path path) {
    byte[] head = head(path);
    FileStart start = new FileStart(head);
    if (start.startsWith("PK")) {
      return named(path, PthZip.read(path));
    }
    if (head.length > HEADER && head[HEADER] == '{' && !start.isText()) {
      SafetensorsFile file = Safetensors.read(path);
      return named(path, "", file.metadata(), file.tensors());
    }
    if (head.length > 0 && Unpickler.canStartWith(head[0]) && !start.isText()) {
      return named(path, PthLegacy.read(path));
    }
    throw new UserError(path + ": it is " + start.kind() + "; expected " + EXPECTED);
  }

  private static byte[] head(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(FileStart.BYTES);
    } catch (IOException e) {
      throw IoErrors.unreadable(path, "a weight file", e);
    }
  }

  private static WeightFile named(Path path, Pth.Content content) {
    StateDict weights = content.weights();
    String part =
        weights.others().isEmpty()
            ? ""
            : "its "
                + IoErrors.excerpt(weights.place())
                + ", not its "
                + IoErrors.excerpt(String.join(" or ", weights.others()));
    return named(path, part, Map.of(), content.tensors());
  }

  private static WeightFile named(
      Path path, String part, Map<String, String> metadata, Map<String, HostTensor> tensors) {
    Map<String, HostTensor> named = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.length() > MAX_NAME) {
            throw IoErrors.damaged(
                path,
                "the name of a tensor has " + name.length() + " characters",
                "at most " + MAX_NAME);
          }
          String plain = WRAPPER.matcher(name).replaceAll("").replace(".shortcut.", ".downsample.");
          if (!plain.equals(StateDict.AVERAGED_COUNT) && named.put(plain, tensor) != null) {
            throw new UserError(
                path
                    + ": two tensors are named "
                    + IoErrors.excerpt(plain)
                    + " once prefixes are taken away; expected one network, save it alone");
          }
        });
    return new WeightFile(path, part, metadata, named);
  }

  /** The file as messages name it: with the part that was taken, if it has several. */
  public String title() {
    return part.isEmpty() ? path.toString() : path + " (" + part + ")";
  }
}
