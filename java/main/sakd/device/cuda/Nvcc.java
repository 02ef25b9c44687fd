package sakd.device.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import sakd.device.Command;
import sakd.device.WorkFolder;

/** NVIDIA's compiler as a command. */
final class Nvcc implements CudaCompiler {
  private final String command;
  private final String version;

  private Nvcc(String command, String version) {
    this.command = command;
    this.version = version;
  }

  /** The command, if it runs. */
  static Optional<Nvcc> find(String command) {
    try {
      Command.Output out = Command.run(List.of(command, "--version"));
      if (out.status() == 0) {
        // "Cuda compilation tools, release 13.0, V13.0.88"
        String release =
            out.text()
                .lines()
                .filter(line -> line.contains("release"))
                .findFirst()
                .orElse(out.text().strip());
        return Optional.of(new Nvcc(command, "nvcc (" + release + ")"));
      }
    } catch (IOException e) {
      // Not on the PATH.
    }
    return Optional.empty();
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public byte[] compile(String file, String source, List<String> options, Architecture target) {
    return WorkFolder.compiled(
        "kernels/" + file, folder -> compile(folder, file, source, options, target));
  }

  private byte[] compile(
      Path folder, String file, String source, List<String> options, Architecture target)
      throws IOException {
    Path text = Files.writeString(folder.resolve("kernel.cu"), source);
    Path image = folder.resolve("kernel.cubin");
    List<String> line = new ArrayList<>(List.of(command, "-cubin", "-w", "-arch=" + target));
    line.addAll(options);
    line.addAll(List.of("-o", image.toString(), text.toString()));
    Command.Output out = Command.compile(line, folder);
    if (out.status() != 0) {
      throw refused(file, options, target, out.text());
    }
    return Files.readAllBytes(image);
  }
}
