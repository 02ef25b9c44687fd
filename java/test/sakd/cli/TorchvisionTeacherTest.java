package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.infer.TorchvisionWeights;
import sakd.model.ModelFile;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.ops.Neuron;
import sakd.testing.UntrainedFiles;

/** Teachers with the weights that torchvision publishes; nothing is fetched here. */
class TorchvisionTeacherTest {
  @TempDir Path folder;
  private Path pictures;

  @BeforeEach
  void pictures() throws IOException {
    pictures = folder.resolve("pictures");
    for (String part : List.of("train/a", "train/b", "val/a", "val/b")) {
      ImageIO.write(
          new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB),
          "png",
          Files.createDirectories(pictures.resolve(part)).resolve("black.png").toFile());
    }
  }

  private List<String> args(String options) {
    List<String> all = new ArrayList<>(List.of("train", "--dry-run", "--device", "cpu"));
    all.addAll(List.of(("--batch-size 2 --data-path " + pictures + " " + options).split(" ")));
    return all;
  }

  private void mistake(String expected, String options) {
    CommandLines.assertMistake(expected, args(options));
  }

  @Test
  void aDryRunSaysWhatWouldBeFetched() {
    NetworkSpec network = Networks.named("resnet152");
    assumeTrue(TorchvisionWeights.of(network).found().isEmpty(), "it is here already");
    String said =
        CommandLines.run(
                args(
                    "--model spiking-resnet18 --image-size 64 --finetune --mean 0.5,0.5,0.5"
                        + " --teacher torchvision --teacher-model resnet152"))
            .ok()
            .out();
    assertTrue(
        said.contains(
            "\nfetch   resnet152-394f9c45.pth (230.4 MiB) from"
                + " https://download.pytorch.org/models/resnet152-394f9c45.pth to "),
        said);
    assertTrue(said.contains("\nteacher: torchvision\n"), said);
    assertTrue(said.contains("\nteacher-model: resnet152\n"), said);
    assertTrue(said.contains("--mean 0.485,0.456,0.406 --std 0.229,0.224,0.225"), said);
  }

  @Test
  void whatItIsNotForIsSaidFirst() {
    mistake(
        "1000 instead of 2|give --finetune",
        "--model spiking-resnet18 --image-size 160 --teacher torchvision");
    mistake(
        "expected --stem imagenet",
        "--model spiking-resnet18 --image-size 64 --finetune --teacher torchvision");
    mistake(
        "publishes no weights of resnet20",
        "--model spiking-resnet20 --image-size 64 --teacher torchvision");
    mistake(
        folder + " has no resnet18-f37072fd.pth",
        "--model spiking-resnet18 --stem imagenet --image-size 64 --finetune --teacher " + folder);
    mistake(
        "--method ann trains the teacher", "--method ann --model resnet18 --teacher torchvision");
  }

  /** Another file of that name is used, and told of. */
  @Test
  void aFolderWithTheFileIsRead() {
    UntrainedFiles.pth(
        folder.resolve("resnet18-f37072fd.pth"),
        new ModelFile(
            Networks.named("resnet18").withStem(NetworkSpec.Stem.IMAGENET),
            Neuron.RELU,
            1,
            3,
            1000));
    String said =
        CommandLines.run(
                args(
                    "--model spiking-resnet18 --stem imagenet --image-size 64 --finetune --teacher "
                        + folder))
            .ok()
            .out();
    assertTrue(
        said.contains("note    " + folder + "/resnet18-f37072fd.pth is not the published file"),
        said);
    assertTrue(said.contains("\nteacher: \"" + folder + "\"\n"), said);
  }
}
