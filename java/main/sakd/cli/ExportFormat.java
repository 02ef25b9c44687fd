package sakd.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import sakd.base.UserError;
import sakd.export.NirFile;
import sakd.export.OnnxFile;
import sakd.io.PthWriter;
import sakd.io.Safetensors;
import sakd.io.WeightFile;
import sakd.model.Network;

/** What {@code export} writes, each with the extensions that stand for it. */
@SuppressWarnings("ImmutableEnumChecker") // The lists are immutable, the writers have no state.
enum ExportFormat {
  SAFETENSORS(
      (output, weights) -> Safetensors.write(output, weights.metadata(), weights.tensors()),
      null,
      ".safetensors"),
  PTH((output, weights) -> PthWriter.write(output, weights.tensors()), null, ".pth", ".pt"),
  NIR(
      null,
      (output, s) -> NirFile.write(output, s.network, s.steps, s.channels, s.height, s.width),
      ".nir"),
  ONNX(
      null,
      (output, s) -> OnnxFile.write(output, s.network, s.channels, s.height, s.width, s.metadata),
      ".onnx");

  /** Writes something to a file. */
  @FunctionalInterface
  interface Writer<S> {
    void write(Path output, S source);
  }

  /**
   * A network whose parameters are allocated.
   *
   * @param steps T
   * @param height of its images
   * @param metadata that describes it
   */
  record Source(
      Network network,
      int steps,
      int channels,
      int height,
      int width,
      Map<String, String> metadata) {}

  /** Of formats that hold tensors alone; null for others. */
  final Writer<WeightFile> tensors;

  /** Of formats that hold what is computed; null for others. */
  final Writer<Source> graph;

  private final List<String> extensions;

  ExportFormat(Writer<WeightFile> tensors, Writer<Source> graph, String... extensions) {
    this.tensors = tensors;
    this.graph = graph;
    this.extensions = List.of(extensions);
  }

  /** Whether the format holds what is computed, and not tensors alone. */
  boolean isGraph() {
    return graph != null;
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
