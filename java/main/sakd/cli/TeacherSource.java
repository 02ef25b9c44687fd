package sakd.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import sakd.infer.TorchvisionWeights;
import sakd.model.NetworkSpec;

/**
 * Where the teacher's weights come from: a file, a folder with torchvision's files, or torchvision
 * itself.
 *
 * @param path null for torchvision itself
 */
record TeacherSource(Path path) {
  /** What {@code --teacher} calls torchvision's weights. */
  static final String TORCHVISION = "torchvision";

  /** As it was typed. */
  static TeacherSource of(String text, Path path) {
    return new TeacherSource(text.equals(TORCHVISION) ? null : path);
  }

  /** Whether they are torchvision's, which it names by the network. */
  boolean isTorchvision() {
    return path == null || Files.isDirectory(path);
  }

  /**
   * The file, which may have to be fetched yet.
   *
   * @param network whose weights they are
   * @throws sakd.base.UserError if torchvision has none, or the folder does not have them
   */
  Path file(NetworkSpec network) {
    if (path == null) {
      return TorchvisionWeights.of(network).place();
    }
    return isTorchvision() ? TorchvisionWeights.of(network).in(path) : path;
  }

  /** As a setting has it. */
  @Override
  public String toString() {
    return path == null ? TORCHVISION : path.toAbsolutePath().normalize().toString();
  }
}
