package sakd.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import sakd.io.PthWriter;
import sakd.io.Safetensors;
import sakd.io.UserError;
import sakd.io.WeightFile;

/** What {@code export} writes, each with the extensions that stand for it. */
@SuppressWarnings("ImmutableEnumChecker") // The lists are immutable, the writers have no state.
enum ExportFormat {
  SAFETENSORS(
      (output, weights) -> Safetensors.write(output, weights.metadata(), weights.tensors()),
      ".safetensors"),
  PTH((output, weights) -> PthWriter.write(output, weights.tensors()), ".pth", ".pt");

  /** Writes a network's weights to a file. */
  @FunctionalInterface
  interface Writer {
    void write(Path output, WeightFile weights);
  }

  final Writer writer;
  private final List<String> extensions;

  ExportFormat(Writer writer, String... extensions) {
    this.writer = writer;
    this.extensions = List.of(extensions);
  }

  /**
   * The format that a file's name asks for.
   *
   * @throws UserError naming the known extensions if there is none
   */
  static ExportFormat of(Path output) {
    String name = output.toString().toLowerCase(Locale.ROOT);
    List<String> known = new ArrayList<>();
    for (ExportFormat format : values()) {
      if (format.extensions.stream().anyMatch(name::endsWith)) {
        return format;
      }
      known.addAll(format.extensions);
    }
    throw new UserError(
        "--output is "
            + output
            + "; expected a name that ends in one of "
            + String.join(", ", known)
            + ", rename it or give --format");
  }
}
