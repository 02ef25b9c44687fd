package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.HostTensor;
import sakd.io.WeightFile;
import sakd.model.ModelFile;
import sakd.model.Networks;
import sakd.ops.Neuron;
import sakd.testing.UntrainedFiles;

/** Pretrained weights of other classes: the body is kept, the head starts anew. */
class FinetuneTest {
  /** So small a rate leaves weights where they were, within float32. */
  private static final String STILL = "1e-12";

  @TempDir Path folder;
  private Path data;
  private Path pretrained;

  @BeforeEach
  void files() throws IOException {
    data = CommandLines.data(folder);
    pretrained =
        UntrainedFiles.pth(
            folder.resolve("resnet8.pth"),
            new ModelFile(Networks.named("resnet8"), Neuron.RELU, 1, 1, 1000));
  }

  private CommandLines.Answer train(Path run, String options) {
    String all = "--device cpu --amp off --T 2 --batch-size 20 --epochs 1 " + options;
    return CommandLines.run(
        CommandLines.with(
            List.of("train", "--data-path", data.toString(), "--output-dir", run.toString()),
            all.split(" ", -1)));
  }

  private static float[] tensor(Path file, String name) {
    return WeightFile.read(file).tensors().get(name).toFloats();
  }

  @Test
  void aTeacherOfOtherClasses() throws IOException {
    Path run = folder.resolve("run");
    String teacher = "--teacher " + pretrained;
    CommandLines.Answer refused = train(run, teacher + " --method sakd");
    assertEquals(2, refused.code());
    assertTrue(
        refused.err().contains("fc.weight is [1000, 64] instead of [10, 64]"), refused.err());
    assertTrue(refused.err().contains("give --finetune"), refused.err());
    assertFalse(Files.exists(run), "nothing is written");

    CommandLines.Answer answer =
        train(run, teacher + " --method sakd --finetune --teacher-epochs 2 --teacher-lr " + STILL);
    String said = answer.ok().out() + answer.err();
    assertTrue(
        said.contains("weights 45 tensors from " + pretrained + "; starting anew for 10 classes"),
        said);
    assertTrue(said.contains("teacher epoch 2/2"), said);
    assertTrue(said.contains("sakd epoch 1/1"), said);
    Path tuned = run.resolve("teacher/best.safetensors");
    assertArrayEquals(
        tensor(pretrained, "layer2.0.conv1.weight"), tensor(tuned, "layer2.0.conv1.weight"), 1e-6f);
    assertEquals(10 * 64, tensor(tuned, "fc.weight").length);

    String resumed =
        CommandLines.run("train", "--resume", run.toString(), "--epochs", "2").ok().toString();
    assertTrue(resumed.contains("sakd epoch 2/2"), resumed);
    assertFalse(resumed.contains("teacher epoch"), "it is trained already: " + resumed);
  }

  @Test
  void theHeadStartsAnewForAsManyClassesToo() {
    Path first = folder.resolve("first");
    train(first, "--model resnet8").ok();
    Path weights = first.resolve("best.safetensors");
    Path second = folder.resolve("second");
    train(
            second,
            "--model resnet8 --seed 5 --weight-decay 0 --finetune --lr "
                + STILL
                + " --init "
                + weights)
        .ok();
    Path tuned = second.resolve("best.safetensors");
    assertArrayEquals(tensor(weights, "conv1.weight"), tensor(tuned, "conv1.weight"), 1e-6f);
    Map<String, HostTensor> before = WeightFile.read(weights).tensors();
    assertFalse(
        Math.abs(before.get("fc.weight").toFloats()[0] - tensor(tuned, "fc.weight")[0]) < 1e-4,
        "the head is another");
  }

  @Test
  void weightsAreWanted() {
    for (String options :
        List.of("--finetune", "--finetune --method direct", "--model resnet8 --finetune")) {
      CommandLines.Answer answer = train(folder.resolve("none"), options);
      assertEquals(2, answer.code());
      assertTrue(answer.err().contains("--finetune keeps the body"), answer.err());
    }
  }

  @Test
  void theNameSaysWhatIsTrained() throws IOException {
    Path run = folder.resolve("ann");
    CommandLines.Answer answer = train(run, "--model resnet8");
    String said = answer.ok().out() + answer.err();
    assertTrue(said.contains("model   resnet8, "), said);
    assertFalse(said.contains("spiking"), said);
    for (String options :
        List.of("--model resnet8 --method direct", "--model resnet8 --teacher x")) {
      CommandLines.Answer refused = train(folder.resolve("none"), options);
      assertEquals(2, refused.code());
      assertTrue(refused.err().contains("expected --model spiking-resnet8"), refused.err());
    }
  }

  @Test
  void aForeignFileIsWhatItsNameSays() {
    String eval =
        "eval --device cpu --data-path " + data + " --allow-partial --weights " + pretrained;
    CommandLines.Answer unnamed = CommandLines.run(eval.split(" ", -1));
    assertEquals(2, unnamed.code());
    assertTrue(unnamed.err().contains("does not say which network it holds"), unnamed.err());
    CommandLines.Answer torn =
        CommandLines.run((eval + " --model resnet8 --neuron lif").split(" ", -1));
    assertEquals(2, torn.code());
    assertTrue(torn.err().contains("expected --model spiking-resnet8, or no --neuron"), torn.err());
    String array = "export --output " + folder.resolve("x.onnx") + " --image-size 28 --weights ";
    CommandLines.Answer listed = CommandLines.run((array + pretrained).split(" ", -1));
    assertEquals(2, listed.code());
    assertTrue(listed.err().contains("does not say which network"), listed.err());
  }
}
