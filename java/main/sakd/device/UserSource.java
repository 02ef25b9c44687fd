package sakd.device;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import sakd.base.UserError;
import sakd.io.IoErrors;

/**
 * Code of a user's, which is compiled into kernels in the place of {@code #include NEURON_FILE}.
 *
 * @param name the file's, without its folder
 * @param text in the dialect of {@code kernels/portable.h}
 */
public record UserSource(String name, String text) {
  /** More is hardly a neuron; a picture, say. */
  private static final int MOST_BYTES = 1 << 20;

  /**
   * Reads a file.
   *
   * @throws UserError if it cannot be read, or is no text
   */
  public static UserSource read(Path file) {
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new UserError(
            file
                + " has "
                + Files.size(file)
                + " bytes; expected a neuron's functions in C, give"
                + " their file");
      }
      return new UserSource(file.getFileName().toString(), Files.readString(file));
    } catch (CharacterCodingException e) {
      throw new UserError(
          file + " is no text in UTF-8; expected a neuron's functions in C, give their file", e);
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "a neuron's functions in C", e);
    }
  }

  /** SHA-256 of the text, in hex. */
  public String sha256() {
    return KernelSources.sha256(text);
  }
}
