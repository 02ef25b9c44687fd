package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.infer.Weights;
import sakd.io.HostTensor;
import sakd.io.Npy;
import sakd.io.PthWriter;
import sakd.io.Safetensors;
import sakd.io.WeightFile;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.model.ResNetSpec;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.Devices;
import sakd.testing.Draw;

/** Weight files of others on the command line: what is loaded, what is refused, what is written. */
class WeightFormatsTest {
  @TempDir static Path shared;
  private static Path data;

  @BeforeAll
  static void data() throws IOException {
    data = CommandLines.data(shared);
  }

  /** Random weights of an ANN for images of one channel, as a training script saves them. */
  private static Path weights(
      String file, NetworkSpec spec, int classes, UnaryOperator<String> names) {
    Parameters parameters = new Parameters(3);
    try (Ops ops = Devices.reference()) {
      spec.ann().build(Neuron.RELU, 1, 1, classes, parameters);
      parameters.allocate(ops);
      Map<String, HostTensor> tensors = new LinkedHashMap<>();
      Weights.toHost(parameters, name -> true)
          .forEach((name, tensor) -> tensors.put(names.apply(name), tensor));
      parameters.close();
      Path path = shared.resolve(file);
      PthWriter.write(path, tensors);
      return path;
    }
  }

  private static CommandLines.Answer eval(Path weights, String options) {
    return CommandLines.run(
        CommandLines.with(
            List.of("eval", "--data-path", data.toString(), "--weights", weights.toString()),
            ("--device cpu --amp off " + options).split(" ", -1)));
  }

  private static void assertRefused(CommandLines.Answer answer, String... words) {
    assertEquals(2, answer.code(), answer.toString());
    assertEquals(1, answer.complaints().size(), answer.err());
    for (String word : words) {
      assertTrue(answer.err().contains(word), "'" + word + "' in: " + answer.err());
    }
  }

  @Test
  void aNameWithoutPrefixIsTheAnn() {
    Path w = weights("ann.pth", Networks.named("resnet8"), 10, name -> name);
    CommandLines.Answer ann = eval(w, "--model resnet8").ok();
    assertTrue(ann.out().startsWith("resnet8, ReLU, T = 1, on 20 images of "), ann.out());
    assertTrue(ann.err().startsWith("weights 47 tensors from " + w), ann.err());
    String snn = eval(w, "--model spiking-resnet8 --T 2").ok().out();
    assertTrue(snn.contains("spiking-resnet8, LIF, T = 2"), snn);
  }

  /** DataParallel's prefix, and the names of the networks for CIFAR. */
  @Test
  void namesOfOthersAndEveryFormatGiveTheSameLogits() throws IOException {
    Path plain = weights("plain.pth", Networks.named("resnet8"), 10, name -> name);
    Path others =
        weights(
            "others.pth",
            Networks.named("resnet8"),
            10,
            name ->
                "module." + name.replace("fc.", "linear.").replace(".downsample.", ".shortcut."));
    Path converted = shared.resolve("converted.safetensors");
    CommandLines.Answer answer =
        CommandLines.run("export", "--weights", others.toString(), "--output", converted.toString())
            .ok();
    assertEquals("47 tensors written to " + converted, answer.err().strip());
    Path back = shared.resolve("back.pt");
    CommandLines.run("export", "--weights", converted.toString(), "--output", back.toString()).ok();
    assertEquals(WeightFile.read(others).tensors(), WeightFile.read(back).tensors());
    float[] expected = predict(plain);
    assertArrayEquals(expected, predict(others));
    assertArrayEquals(expected, predict(converted));
    assertArrayEquals(expected, predict(back));
  }

  private static float[] predict(Path weights) throws IOException {
    Path images = shared.resolve("images.npy");
    double[] drawn = new Draw(0).normal(2 * 28 * 28);
    Npy.write(images, HostTensor.ofDoubles(drawn, 2, 1, 28, 28));
    Path logits = shared.resolve("logits.npy");
    String options = "--model resnet8 --device cpu --amp off";
    CommandLines.run(
            CommandLines.with(
                List.of(
                    "predict",
                    "--weights",
                    weights.toString(),
                    "--input",
                    images.toString(),
                    "--output",
                    logits.toString()),
                options.split(" ", -1)))
        .ok();
    return Npy.read(logits).toFloats();
  }

  @Test
  void aFileThatFitsInPartIsRefusedUnlessAskedFor() {
    Path w = weights("seven.pth", Networks.named("resnet8"), 7, name -> name);
    assertRefused(
        eval(w, "--model resnet8"),
        "another network than resnet8 for 1 channels and 10 classes",
        "2 have another shape (fc.weight is [7, 64] instead of [10, 64], fc.bias is [7]",
        "--allow-partial");
    String out = eval(w, "--model resnet8 --allow-partial").ok().err();
    assertTrue(out.startsWith("weights 45 tensors from " + w + "; 2 have another shape"), out);
    assertRefused(eval(w, "--model vgg11 --allow-partial"), "48 tensors are missing");
  }

  @Test
  void imagesTooSmallForTheNetworkAreRefused() {
    assertRefused(
        CommandLines.run("train", "--data-path", data.toString(), "--model", "spiking-vgg11"),
        "spiking-vgg11 cannot take images of 28x28; expected at least 32x32");
  }

  @Test
  void aFileOfWhichNothingFitsIsRefusedInAnyCase() {
    Path w = weights("x.pth", Networks.named("resnet8"), 10, name -> name + ".x");
    assertRefused(
        eval(w, "--model resnet8 --allow-partial"), "47 tensors are missing", "47 belong to no");
  }

  /** The network's kind, its stem, its shortcuts and its classes are seen through the prefix. */
  @Test
  void aNetworkThatWasAPartOfAnotherIsRead() {
    NetworkSpec spec =
        ((ResNetSpec) Networks.named("resnet20"))
            .withShortcut(ResNetSpec.Shortcut.B)
            .withStem(NetworkSpec.Stem.IMAGENET);
    Path w = weights("part.pth", spec, 10, name -> "net.backbone." + name);
    assertEquals(
        "weights 107 tensors from " + w + ", without the prefix net.backbone.",
        eval(w, "--model resnet20").ok().err().lines().findFirst().orElseThrow());
  }

  @Test
  void theShortcutIsSeenInTheFile() {
    ResNetSpec spec = ((ResNetSpec) Networks.named("resnet20"));
    Path a = weights("a.pth", spec, 10, name -> name);
    Path b = weights("b.pth", spec.withShortcut(ResNetSpec.Shortcut.B), 10, name -> name);
    assertTrue(eval(a, "--model resnet20").ok().err().contains("weights 97 tensors"));
    assertTrue(eval(b, "--model resnet20").ok().err().contains("weights 107 tensors"));
    assertRefused(eval(b, "--model resnet20 --shortcut a"), "belong to no layer");
    assertRefused(eval(b, "--model resnet50 --shortcut a"), "--shortcut is for resnets");
    assertRefused(eval(b, "--model vgg11 --shortcut b"), "--shortcut is for resnets");
  }

  /** With a huge deviation every image looks the same, and two of twenty are of its class. */
  @Test
  void normalisationCanBeGiven() {
    Path w = weights("norm.pth", Networks.named("resnet8"), 10, name -> name);
    String own = eval(w, "--model resnet8").ok().out();
    String same = eval(w, "--model resnet8 --mean 0.1307 --std 0.3081").ok().out();
    assertEquals(top1(own), top1(same));
    assertEquals("top-1 10.00 %", top1(eval(w, "--model resnet8 --mean 0 --std 1e9").ok().out()));
    assertRefused(eval(w, "--mean 0.5,0.5"), "--mean has 2 numbers; expected one for each channel");
    assertRefused(eval(w, "--std 0"), "--std is 0; expected more than 0");
    assertRefused(eval(w, "--std x"), "--std is x; expected a finite number");
  }

  private static String top1(String out) {
    return number(out, "top-1");
  }

  /** The percentage after a word. */
  private static String number(String out, String word) {
    int at = out.indexOf(word + " ");
    return out.substring(at, out.indexOf(" %", at) + 2);
  }

  @Test
  void aTeacherFromPyTorch() throws IOException {
    Path w = weights("teacher.pth", Networks.named("resnet8"), 7, name -> "module." + name);
    Path run = shared.resolve("run");
    List<String> train =
        List.of(
            "train",
            "--data-path",
            data.toString(),
            "--output-dir",
            run.toString(),
            "--teacher",
            w.toString());
    String[] options =
        "--device cpu --amp off --model spiking-resnet8 --method transfer --T 2 --epochs 1 --batch-size 20"
            .split(" ", -1);
    assertRefused(CommandLines.run(CommandLines.with(train, options)), "--finetune");
    assertFalse(Files.exists(run), "nothing is written");
    String out =
        CommandLines.run(CommandLines.with(CommandLines.with(train, options), "--allow-partial"))
            .ok()
            .err();
    assertTrue(out.contains("weights 45 tensors from " + w + "; 2 have another shape"), out);
  }

  /** What describes a network besides its name is in its file. */
  @ParameterizedTest
  @CsvSource({
    "spiking-resnet20, --shortcut b, spiking-resnet20",
    "spiking-resnet20, --shortcut a, spiking-resnet20",
    "spiking-vgg11, --stem cifar, spiking-vgg11",
    "sew-resnet20, , "
  })
  void aTrainedNetworkIsReadBack(String model, String option, String title) throws IOException {
    Path cifar = CommandLines.cifar(shared);
    Path run = shared.resolve("run-" + model + option);
    List<String> train =
        List.of("train", "--data-path", cifar.toString(), "--output-dir", run.toString());
    String options =
        "--device cpu --amp off --method direct --T 2 --epochs 1 --batch-size 10 --model " + model;
    CommandLines.Answer answer =
        CommandLines.run(
            CommandLines.with(
                train, (options + (option == null ? "" : " " + option)).split(" ", -1)));
    if (title == null) {
      assertRefused(answer, "unknown model 'sew-resnet20'", "did you mean");
      return;
    }
    String best =
        answer
            .ok()
            .err()
            .lines()
            .filter(l -> l.contains("direct epoch 1/1"))
            .findFirst()
            .orElseThrow();
    String out =
        CommandLines.run(
                "eval",
                "--data-path",
                cifar.toString(),
                "--weights",
                run.resolve("best.safetensors").toString(),
                "--device",
                "cpu",
                "--amp",
                "off")
            .ok()
            .out();
    assertTrue(out.contains(title + ", LIF, T = 2"), out);
    assertTrue(best.contains(top1(out).replace("top-1", "test")), best + out);
    assertTrue(best.contains(number(out, "top-5")), best + out);
  }

  @Test
  void checkpointsAreExportedWithoutTheOptimizer() throws IOException {
    Path last = shared.resolve("last.safetensors");
    HostTensor one = HostTensor.ofFloats(new float[] {1}, 1);
    Safetensors.write(
        last,
        Map.of("sakd.model", "spiking-resnet8"),
        Map.of("fc.bias", one, "optimizer.momentum.fc.bias", one, "ema.weights.fc.bias", one));
    Path out = shared.resolve("net.safetensors");
    CommandLines.run("export", "--weights", last.toString(), "--output", out.toString()).ok();
    WeightFile file = WeightFile.read(out);
    assertEquals(Map.of("fc.bias", one), file.tensors());
    assertEquals("spiking-resnet8", file.metadata().get("sakd.model"));
    Path named = shared.resolve("net.bin");
    assertRefused(
        CommandLines.run("export", "--weights", last.toString(), "--output", named.toString()),
        "expected a name that ends in one of .safetensors, .pth, .pt");
    String[] args = {
      "export", "--weights", last.toString(), "--output", named.toString(), "--format", "pth"
    };
    CommandLines.run(args).ok();
    assertEquals(Map.of("fc.bias", one), WeightFile.read(named).tensors());
    args[6] = "pht";
    assertRefused(CommandLines.run(args), "--format is pht", "did you mean pth?");
  }

  @Test
  void modelsListsEveryNetworkWithItsSize() {
    String out =
        CommandLines.run(
                "models", "--input", "3x224x224", "--stem", "imagenet", "--num-classes", "1000")
            .ok()
            .out();
    assertEquals(1 + Networks.ALL.size(), out.lines().count(), out);
    String row =
        out.lines().filter(l -> l.startsWith("spiking-resnet18 ")).findFirst().orElseThrow();
    assertTrue(row.matches("spiking-resnet18 +resnet18 +11,689,512 +1,814.07 +6,782.19"), row);
    String small = CommandLines.run("models", "--input", "1x28x28").ok().out();
    assertTrue(small.contains("spiking-vgg11 cannot take images of 28x28"), small);
    assertRefused(CommandLines.run("models", "--input", "32x32"), "--input is 32x32; expected");
    assertRefused(CommandLines.run("models", "--T", "0"), "--T is 0; expected 1 to 32");
    assertRefused(CommandLines.run("models", "--num-classes", "0"), "--num-classes is 0");
  }
}
