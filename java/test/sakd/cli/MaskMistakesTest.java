package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each mistake about masks is one line and exit code 2. */
class MaskMistakesTest {
  @TempDir static Path shared;
  private static Path data;
  private static Path classes;

  @BeforeAll
  static void files() throws IOException {
    data = MaskLines.data(shared);
    classes = CommandLines.data(shared);
  }

  /** Before anything is written. */
  private static void assertRefused(String expected, Path folder, String... options) {
    Path output = shared.resolve("none");
    List<String> args = new ArrayList<>(MaskLines.train(folder, output, "--method", "direct"));
    for (String option : options) {
      int at = args.indexOf(option);
      if (option.startsWith("--") && at >= 0) {
        args.subList(at, at + 2).clear();
      }
    }
    if (folder.equals(classes)) {
      for (String option : List.of("--mask-classes", "--crop-size")) {
        int at = args.indexOf(option);
        args.subList(at, at + 2).clear();
      }
    }
    args.addAll(Arrays.asList(options));
    CommandLines.assertMistake(expected, args);
    assertFalse(Files.exists(output), "nothing is written");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--mixup;         0.2;      --mixup|masks|leave it out",
        "--cutmix;        1;        --cutmix|masks|leave it out",
        "--self-distill;  both;     --self-distill is for|masks|leave it out",
        "--prefix-ce;     0.3;      --prefix-ce is for|masks|leave it out",
        "--kd-head;       0.5;      --kd-head|leave it out",
        "--kd-map;        1;        --kd-map is for|these have masks|leave it out",
        "--kd-noise;      0.1;      --kd-noise is for|these have masks|leave it out",
        "--output-stride; 12;       --output-stride is 12|8, 16 or 32",
        "--output-stride; x;        --output-stride is x|whole number",
        "--head;          relu;     --head is relu|spiking, ann",
        "--model;         spiking-resnet8;  --model is spiking-resnet8|masks|spiking-fcn-resnet18",
        "--model;         fcn-resnet9; fcn-resnet9|did you mean fcn-resnet8?",
        "--crop-size;     16;       --crop-size is 16|32 to 1024",
        "--base-size;     9;        --base-size is 9|32 to 4096",
        "--image-size;    64;       --image-size|--crop-size and --base-size",
        "--mask-classes;  ground;   --mask-classes has the classes ground|expected two",
      })
  void valuesOfTrain(String flag, String value, String expected) {
    assertRefused(expected, data, flag, value);
  }

  @Test
  void combinationsOfTrain() {
    assertRefused("--every-step|masks|leave it out", data, "--every-step");
    assertRefused(
        "spiking-fcn-resnet8|output stride of 8|--shortcut b",
        data,
        "--shortcut",
        "a",
        "--stem",
        "imagenet");
    assertRefused("spiking-fcn-resnet8|a class for every pixel|mnist|spiking-resnet18", classes);
    for (List<String> option :
        List.of(List.of("--head", "ann"), List.of("--output-stride", "16"), List.of("--no-aux"))) {
      List<String> all = new ArrayList<>(List.of("--model", "spiking-resnet8"));
      all.addAll(option);
      String flag = option.get(0).replace("--no-", "--");
      assertRefused(
          flag + " is for |, not for spiking-resnet8|leave it out",
          classes,
          all.toArray(String[]::new));
    }
  }

  /** A copy of the data one of whose masks, which an epoch of training reads, is another file. */
  private Path with(String name, Breaking breaking) throws IOException {
    Path folder = MaskLines.data(Files.createDirectories(shared.resolve(name)));
    breaking.breaks(folder.resolve("train/masks"));
    return folder;
  }

  private interface Breaking {
    void breaks(Path masks) throws IOException;
  }

  private static void assertEndsTraining(String expected, Path folder) {
    CommandLines.assertMistake(
        expected,
        MaskLines.train(
            folder, folder.resolveSibling("run"), "--method", "direct", "--epochs", "1"));
  }

  @Test
  void aDamagedMask() throws IOException {
    Path folder =
        with(
            "damaged",
            masks -> {
              Path mask = masks.resolve(MaskLines.name(9));
              byte[] all = Files.readAllBytes(mask);
              Files.write(mask, Arrays.copyOf(all, all.length / 2));
            });
    assertEndsTraining("09.png|expected", folder);
  }

  @Test
  void aMaskOfAnotherSize() throws IOException {
    Path folder =
        with("other-size", masks -> MaskLines.mask(masks, 9, MaskLines.filled(30, 31, 1)));
    assertEndsTraining(
        "09.png is 31 pixels wide and 30 high|expected a mask of its picture's size", folder);
  }

  @Test
  void aLabelBeyondTheClasses() throws IOException {
    Path folder = with("beyond", masks -> MaskLines.mask(masks, 9, MaskLines.filled(34, 34, 3)));
    CommandLines.assertMistake(
        "09.png|3|expected",
        MaskLines.train(
            folder, folder.resolveSibling("run"), "--method", "direct", "--epochs", "1"));
  }

  @Test
  void aMissingMask() throws IOException {
    Path folder = with("missing", masks -> Files.delete(masks.resolve(MaskLines.name(9))));
    assertEndsTraining("09.png has no mask|expected", folder);
  }

  @Test
  void aTeacherOfOtherClassesOrForClasses() {
    Path other = shared.resolve("other-classes");
    List<String> args =
        new ArrayList<>(MaskLines.train(data, other, "--method", "ann", "--epochs", "1"));
    args.set(args.indexOf(MaskLines.CLASSES), "ground,dark,bright");
    CommandLines.run(args).ok();
    Path teacher = other.resolve("best.safetensors");
    assertRefused(
        "trained on other classes|ground, bright, dark",
        data,
        "--method",
        "logits",
        "--teacher",
        teacher + "");
    Path classifier = shared.resolve("classifier");
    CommandLines.run(
            "train",
            "--data-path",
            classes + "",
            "--method",
            "ann",
            "--model",
            "spiking-resnet8",
            "--epochs",
            "1",
            "--device",
            "cpu",
            "--output-dir",
            classifier + "")
        .ok();
    Path ofClasses = classifier.resolve("best.safetensors");
    assertRefused(
        "trained on other classes", data, "--method", "logits", "--teacher", ofClasses + "");
    CommandLines.assertMistake(
        "classifier/best.safetensors holds spiking-resnet8|have masks; expected",
        List.of("eval", "--weights", ofClasses + "", "--data-path", data + "", "--device", "cpu"));
    // Its classes are not those of the digits; a state dict has no names of classes.
    CommandLines.assertMistake(
        "mnist has classes that the network was not trained on", eval(teacher));
    Path bare = shared.resolve("bare.pth");
    CommandLines.run("export", "--weights", teacher + "", "--output", bare + "").ok();
    CommandLines.assertMistake(
        "bare.pth holds spiking-fcn-resnet8|a class for every pixel|mnist have one class each",
        CommandLines.with(eval(bare), "--model", "fcn-resnet8"));
  }

  private static List<String> eval(Path weights) {
    return List.of(
        "eval", "--weights", weights + "", "--data-path", classes + "", "--device", "cpu");
  }

  /** Nothing but ground, and nothing at all: losses that are numbers. */
  @ParameterizedTest
  @ValueSource(ints = {0, MaskLines.IGNORED})
  void masksOfOneLabel(int label) throws IOException {
    Path folder = MaskLines.uniform(shared, label);
    Path run = shared.resolve("of-" + label);
    CommandLines.run(MaskLines.train(folder, run, "--epochs", "1", "--teacher-epochs", "1")).ok();
    List<String> lines = Files.readAllLines(run.resolve("summary.csv"));
    assertEquals(4, lines.size(), lines.toString());
    for (String line : lines) {
      assertFalse(line.contains("NaN") || line.contains("Infinity"), line);
    }
  }
}
