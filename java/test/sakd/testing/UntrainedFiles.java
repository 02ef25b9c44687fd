package sakd.testing;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import sakd.infer.Weights;
import sakd.io.PthWriter;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.nn.Parameters;
import sakd.ops.Ops;

/** Weight files of networks that nobody has trained: their weights are random. */
public final class UntrainedFiles {
  private UntrainedFiles() {}

  /**
   * As a training writes it.
   *
   * @param pictures null to leave out how pictures become the network's input
   */
  public static Path safetensors(Path file, ModelFile about, ImageSpec pictures) {
    Map<String, String> metadata = new LinkedHashMap<>();
    about.describe(metadata);
    if (pictures != null) {
      pictures.describe(metadata);
    }
    with(about, parameters -> Weights.save(file, parameters, name -> true, metadata));
    return file;
  }

  /** As PyTorch writes it. */
  public static Path pth(Path file, ModelFile about) {
    with(about, parameters -> PthWriter.write(file, Weights.toHost(parameters, name -> true)));
    return file;
  }

  private interface Use {
    void of(Parameters parameters);
  }

  private static void with(ModelFile about, Use use) {
    try (Ops ops = Devices.reference()) {
      Parameters parameters = new Parameters(3);
      about.build(parameters);
      parameters.allocate(ops);
      use.of(parameters);
      parameters.close();
    }
  }
}
