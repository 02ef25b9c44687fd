package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The file of resolved settings, and what {@code --config} and {@code --dry-run} make of it. */
class ConfigTest {
  @TempDir static Path shared;

  private static Path first;
  private static List<String> settings;

  @BeforeAll
  static void first() throws IOException {
    // A path that YAML would take apart without quotes.
    Path data = CommandLines.data(Files.createDirectories(shared.resolve("my data: #1")));
    first = shared.resolve("first");
    settings =
        List.of(
            "--data-path",
            data.toString(),
            "--T",
            "2",
            "--batch-size",
            "10",
            "--epochs",
            "1",
            "--teacher-epochs",
            "1",
            "--lr",
            "5e-2",
            "--no-decay-norm",
            "--lr-scheduler",
            "step",
            "--lr-milestones",
            "1,2",
            "--lr-gamma",
            "0.5",
            "--v-reset",
            "none",
            "--decay-input",
            "--model-ema",
            "--no-shuffle",
            "--patience",
            "3",
            "--feature-weight-after",
            "1=0.25",
            "--device",
            "cpu",
            "--amp",
            "off");
    CommandLines.run(train(first, settings)).ok();
  }

  private static List<String> train(Path output, List<String> options) {
    List<String> args = new ArrayList<>(List.of("train"));
    args.addAll(options);
    args.addAll(List.of("--output-dir", output.toString()));
    return args;
  }

  private static List<String> configured(Path output, String... more) {
    return train(
        output,
        CommandLines.with(List.of("--config", first.resolve("config.yaml").toString()), more));
  }

  private static Path file(String name, String text) throws IOException {
    return Files.writeString(shared.resolve(name), text);
  }

  @Test
  void aRunFromItsFileHasTheSameBytesAndTheSameFile() throws IOException {
    Path second = shared.resolve("second");
    CommandLines.run(configured(second)).ok();
    for (String name :
        List.of(
            "config.yaml",
            "last.safetensors",
            "best.safetensors",
            "teacher/last.safetensors",
            "direct/last.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(first.resolve(name)), Files.readAllBytes(second.resolve(name)), name);
    }
    // The settings are spelt out: the run goes on without the file.
    assertFalse(Files.readString(second.resolve("args.txt")).contains("--config"));
    CommandLines.run("train", "--resume", second.toString(), "--epochs", "2").ok();
    assertTrue(Files.readString(second.resolve("config.yaml")).contains("\nepochs: 2\n"));
    String log = Files.readString(second.resolve("train.log"));
    assertTrue(log.contains("weight decay 0.0005 (not of norms and biases)"), log);
    assertTrue(
        log.contains(
            "schedule of sakd: step after 1, 2 by 0.5 over 2 epochs instead of 1 from epoch 2 on,"
                + " which has lr 0.025"),
        log);
  }

  @Test
  void theFileHasWhatWasGivenAndTheDefaultsAsPeopleWriteThem() throws IOException {
    String text = Files.readString(first.resolve("config.yaml"));
    for (String line :
        List.of(
            "dataset: mnist",
            "data-path: \"" + settings.get(1) + "\"",
            "model: spiking-resnet8",
            "tau: 2",
            "v-reset: none",
            "decay-input: true",
            "amp: \"off\"",
            "method: null # sakd, and direct for comparison",
            "feature-weight: 100",
            "feature-weight-after: \"1=0.25\"",
            "teacher-epochs: 1",
            "weight-decay: 0.0005",
            "no-decay-norm: true",
            "lr-scheduler: step",
            "lr-milestones: [1, 2]",
            "lr-gamma: 0.5",
            "model-ema: 0.9998",
            "patience: 3",
            "no-shuffle: true")) {
      assertTrue(text.contains("\n" + line + "\n"), line + " is missing in\n" + text);
    }
    // Not of this run: there is no weight file, and images are no recordings.
    assertFalse(text.contains("allow-partial"), text);
    assertFalse(text.contains("frames-by"), text);
    assertFalse(text.contains("min-lr"), text);
    assertTrue(text.indexOf("\n# data\n") < text.indexOf("\n# training\n"), text);
  }

  @Test
  void optionsAndRecipesWinOverTheFile() throws IOException {
    Path recipe = file("recipe.args", "--tau 3 --lr 0.5 --weight-decay 0.25");
    String text =
        CommandLines.run(
                configured(
                    shared.resolve("none"), "@" + recipe, "--lr", "0.125", "--aux", "--dry-run"))
            .err();
    assertTrue(text.contains("--aux"), text); // Refused: it is no segmentation.
    text =
        CommandLines.run(
                configured(shared.resolve("none"), "@" + recipe, "--lr", "0.125", "--dry-run"))
            .ok()
            .out();
    for (String line : List.of("tau: 3", "lr: 0.125", "weight-decay: 0.25", "batch-size: 10")) {
      assertTrue(text.contains("\n" + line + "\n"), line + " is missing in\n" + text);
    }
  }

  @Test
  void aFileOfPeopleMayHaveCommentsQuotesListsAndNothing() throws IOException {
    Path config =
        file(
            "people.yaml",
            "---\n# mine\nlr: 0.25   # high\nmean: [0.5]\nstd: '0.25'\ntau:\nteacher: null\n"
                + "no-augment: true\nno-shuffle: false\nmodel: \"spiking-resnet20\"\n");
    String text =
        CommandLines.run("train", "--config", config.toString(), "--dry-run", "--device", "cpu")
            .ok()
            .out();
    for (String line :
        List.of(
            "lr: 0.25",
            "mean: [0.5]",
            "std: [0.25]",
            "tau: 2",
            "no-augment: true",
            "no-shuffle: false",
            "model: spiking-resnet20")) {
      assertTrue(text.contains("\n" + line + "\n"), line + " is missing in\n" + text);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "learning-rte: 1;sets learning-rte, which is unknown|did you mean",
        "epoch: 1;sets epoch|did you mean epochs?",
        "resume: x;sets resume, which is for the command line alone",
        "config: x;sets config, which is for the command line alone",
        "epochs: many;line 2: --epochs is many|expected a whole number",
        "opt: sgdm;line 2: --opt is sgdm|did you mean sgd?",
        "no-augment: perhaps;line 2 sets no-augment to perhaps; expected true or false",
        "lr;line 2 is 'lr'; expected key: value",
        "' lr: 1';expected key: value",
        "data-path: \"a;is cut off at|closing mark",
        "mean: [1, 2;is cut off at",
        "tau: 3;line 2 sets tau again",
      })
  void whatIsNoSettingIsNamedWithItsLine(String line, String expected) throws IOException {
    Path config = file("wrong.yaml", "tau: 2\n" + line + "\n");
    CommandLines.assertMistake(
        expected + "|wrong.yaml, line 2",
        List.of("train", "--config", config.toString(), "--dry-run", "--device", "cpu"));
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    CommandLines.assertMistake(
        "nowhere.yaml|no such file", List.of("train", "--config", "nowhere.yaml"));
  }

  @Test
  void aDryRunSaysWhatItWouldDoAndLeavesNothing() throws IOException {
    Path output = shared.resolve("dry/run");
    String text =
        CommandLines.run(CommandLines.with(train(output, settings), "--dry-run")).ok().out();
    for (String part :
        List.of(
            "data    mnist: ",
            "size    77,754 parameters",
            // 60 images in batches of 10.
            "steps   6 an epoch; epochs: teacher 1, direct 1, sakd 1; 18 steps in all",
            output + " (dry run: nothing is written)",
            Files.readString(first.resolve("config.yaml")))) {
      assertTrue(text.contains(part), part + " is missing in\n" + text);
    }
    assertFalse(Files.exists(output.getParent()));
  }

  @Test
  void aDryRunRefusesWhatTheRunWould() throws IOException {
    CommandLines.assertMistake(
        "holds a run already", CommandLines.with(train(first, settings), "--dry-run"));
    Path taken = file("taken", "");
    CommandLines.assertMistake(
        "cannot write|taken", CommandLines.with(train(taken, settings), "--dry-run"));
    CommandLines.assertMistake(
        "no folder or archive",
        List.of("train", "--data-path", "nowhere", "--device", "cpu", "--dry-run"));
  }
}
