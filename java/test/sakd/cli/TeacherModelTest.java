package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import sakd.io.WeightFile;
import sakd.model.ModelFile;
import sakd.model.Networks;
import sakd.model.Own;
import sakd.ops.Neuron;
import sakd.testing.UntrainedFiles;

/** Teachers of another depth or family than the student's. */
class TeacherModelTest {
  @TempDir Path folder;
  private Path data;

  @BeforeEach
  void files() throws IOException {
    data = CommandLines.data(folder);
  }

  private List<String> args(String options) {
    List<String> all = new ArrayList<>(List.of("train"));
    if (!options.contains("--data-path ")) {
      all.addAll(List.of("--data-path", data.toString()));
    }
    String model = options.contains("--model ") ? "" : "--model spiking-resnet8 ";
    String usual = model + "--device cpu --amp off --T 2 --batch-size 20 ";
    all.addAll(List.of((usual + options).split(" ")));
    return all;
  }

  private String train(Path run, String options) {
    return said(
        CommandLines.run(
            CommandLines.with(args(options + " --epochs 1"), "--output-dir", run.toString())));
  }

  private static String said(CommandLines.Answer answer) {
    return answer.ok().out() + answer.err();
  }

  private Path untrained(String name, boolean ann) {
    ModelFile about =
        new ModelFile(Networks.named(name), ann ? Neuron.RELU : Neuron.LIF, ann ? 1 : 2, 1, 10);
    return UntrainedFiles.safetensors(folder.resolve(name + ".safetensors"), about, null);
  }

  private static int[] shape(Path file, String name) {
    return WeightFile.read(file).tensors().get(name).shape();
  }

  /** Trained on the way, without weights to transfer; the rest is as of any teacher. */
  @Test
  void aDeeperTeacherIsTrainedFirst() throws IOException {
    Path run = folder.resolve("run");
    String said = train(run, "--teacher-model resnet20 --method sakd --teacher-epochs 1");
    assertTrue(said.contains("\nteacher resnet20\n"), said);
    assertTrue(
        said.contains(
            "note    level 1 is left out, as the weights of resnet20 are others than those of"
                + " spiking-resnet8, which starts from random weights"),
        said);
    assertFalse(said.contains("features are compared"), "all three stages are: " + said);
    assertFalse(said.contains("transferred only"), said);
    assertTrue(said.contains("\nSAKD "), said);
    WeightFile teacher = WeightFile.read(run.resolve("teacher/best.safetensors"));
    assertEquals("resnet20", ModelFile.of(teacher.metadata(), "teacher", Own.NONE).name());
    assertTrue(teacher.tensors().containsKey("layer3.2.conv2.weight"));
    String card = Files.readString(run.resolve("README.md"));
    assertTrue(card.contains("an ANN of another architecture (resnet20) that was trained"), card);
    assertTrue(Files.readString(run.resolve("config.yaml")).contains("\nteacher-model: resnet20"));
    assertTrue(Files.exists(run.resolve("report.html")));

    String resumed = said(CommandLines.run("train", "--resume", run.toString(), "--epochs", "2"));
    assertTrue(resumed.contains("sakd epoch 2/2"), resumed);
    assertFalse(resumed.contains("teacher epoch"), "it is trained already: " + resumed);

    // A run's teacher says itself which network it is; a wrong name is refused.
    Path weights = run.resolve("teacher/best.safetensors");
    CommandLines.assertMistake(
        "holds the weights of resnet20, and the teacher is resnet8|give --teacher-model resnet20",
        args("--teacher " + weights));
    CommandLines.assertMistake(
        "holds resnet20, and --teacher-model is resnet32",
        args("--teacher-model resnet32 --teacher " + weights));
  }

  /** The transforms map the student's channels to the teacher's. */
  @Test
  void aWiderTeacherIsFollowedWhereMapsHaveOneSize() {
    Path teacher =
        UntrainedFiles.pth(
            folder.resolve("resnet18.pth"),
            new ModelFile(Networks.named("resnet18"), Neuron.RELU, 1, 1, 10));
    Path run = folder.resolve("run");
    String said = train(run, "--method features --teacher-model resnet18 --teacher " + teacher);
    assertTrue(said.contains("weights 102 tensors from " + teacher), said);
    Path last = run.resolve("last.safetensors");
    for (int stage = 1; stage <= 3; stage++) {
      assertArrayEquals(
          new int[] {32 << stage, 8 << stage, 3, 3},
          shape(last, "transform" + stage + ".net.0.weight"));
    }
    assertFalse(
        WeightFile.read(run.resolve("best.safetensors"))
            .tensors()
            .containsKey("transform1.net.0.weight"));

    // The other way round, the last stage of resnet18 has no map of its size.
    String dry =
        CommandLines.run(args("--dry-run --model spiking-resnet18 --teacher-model resnet8"))
            .ok()
            .out();
    assertTrue(
        dry.contains(
            "note    features are compared where maps are of one size: stage 1 with stage 1,"
                + " 2 with stage 2, 3 with stage 3 of resnet8; not stage 4"),
        dry);
    assertTrue(dry.contains("0.3 MiB for the teacher's weights"), dry);
  }

  @Test
  void whatCannotTeachIsRefused() throws IOException {
    mistake(
        "--method transfer|weights|leave --teacher-model out",
        "--method transfer --teacher-model resnet20");
    mistake(
        "--teacher-model is spiking-resnet20, a spiking network|give resnet20",
        "--teacher-model spiking-resnet20");
    mistake("unknown model 'resnet21'", "--teacher-model resnet21");
    mistake(
        "--teacher-model is|fcn-resnet20|a class for every pixel", "--teacher-model fcn-resnet20");
    mistake(
        "spiking network|teacher",
        "--teacher-model resnet20 --teacher " + untrained("resnet20", false));
    // Pools of a VGG round down, strides of a ResNet up.
    String pictures = " --dataset image-folder --image-size 33 --data-path " + pictures();
    mistake(
        "features cannot be compared|maps of 16x16, 8x8, 4x4, 2x2, 1x1|resnet8 of 33x33, 17x17, 9x9"
            + "|--method logits",
        "--model spiking-vgg11 --teacher-model resnet8" + pictures);
    CommandLines.assertMistake(
        "--teacher-model is given|give --teacher too",
        List.of("reproduce", "cifar10-resnet18-sakd", "--teacher-model", "resnet34", "--dry-run"));
  }

  /** Of a run that is not to start even if it could. */
  private void mistake(String expected, String options) {
    CommandLines.assertMistake(expected, args("--dry-run " + options));
  }

  private Path pictures() throws IOException {
    for (String part : List.of("train/a", "train/b", "val/a", "val/b")) {
      Path of = Files.createDirectories(folder.resolve("pictures").resolve(part));
      ImageIO.write(
          new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB),
          "png",
          of.resolve("black.png").toFile());
    }
    return folder.resolve("pictures");
  }

  /** The student's own ANN may be named, and by any of its names. */
  @Test
  void theStudentsOwnArchitectureMayBeNamed() {
    String dry =
        CommandLines.run(args("--dry-run --teacher-model resnet8 --method direct")).ok().out();
    assertFalse(dry.contains("\nteacher "), dry);
    Path run = folder.resolve("run");
    String said = train(run, "--teacher-model resnet8 --method sakd --teacher-epochs 1");
    assertTrue(said.contains("transferred only"), said);
    assertFalse(said.contains("note "), said);
  }
}
