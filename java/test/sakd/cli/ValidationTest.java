package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.Sakd;
import sakd.data.HeldOut;
import sakd.infer.Score;
import sakd.run.Results;
import sakd.run.Summary;
import sakd.testing.EventFiles;
import sakd.testing.ProtobufReader;

/** What a run says and writes that chooses its best epoch on images cut from training. */
class ValidationTest {
  private static final int EPOCHS = 6;

  @TempDir static Path shared;
  private static Path data;
  private static Path run;
  private static CommandLines.Answer answer;

  @BeforeAll
  static void train() throws IOException {
    data = CommandLines.data(shared);
    run = shared.resolve("run");
    answer = CommandLines.run(train(run, "--val-share", "0.2")).ok();
  }

  private static List<String> train(Path output, String... more) {
    return CommandLines.with(
        List.of(
            "train",
            "--data-path",
            data.toString(),
            "--method",
            "direct",
            "--T",
            "2",
            "--batch-size",
            "10",
            "--epochs",
            Integer.toString(EPOCHS),
            "--device",
            "cpu",
            "--output-dir",
            output.toString()),
        more);
  }

  private static String read(Path folder, String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  @Test
  void theTableIsOfTheBestEpochOnTheTestImages() {
    String weights = run.resolve("best.safetensors").toString();
    String eval =
        CommandLines.run(
                "eval", "--data-path", data.toString(), "--device", "cpu", "--weights", weights)
            .ok()
            .out();
    String top1 = eval.replaceAll("(?s).*\ntop-1 ([0-9.]+ %).*", "$1");
    Matcher row = Pattern.compile("(?m)^direct +([0-9.]+ %) ").matcher(answer.out());
    assertTrue(row.find(), answer.out());
    assertEquals(top1, row.group(1));
    double tested = Results.score(run, Score.TOP1, "direct").orElseThrow();
    assertEquals(top1, percent(tested));
    assertTrue(Results.score(run, Score.TOP1, "sakd").isEmpty());
    Summary summary = new Summary(run);
    assertEquals(HeldOut.VALIDATION, summary.heldOut());
    assertTrue(
        answer
            .out()
            .endsWith(
                "\nweights "
                    + weights
                    + "\nbest    epoch "
                    + summary.bestEpoch("direct")
                    + " of 6, chosen on the validation images: top-1 "
                    + percent(summary.best("direct"))
                    + "\n"),
        answer.out());
  }

  @Test
  void everythingSaysWhichImagesItIsOf() throws IOException {
    String log = answer.err();
    assertTrue(log.contains("\ndata    mnist: 50 training, 10 validation and 20 test images"), log);
    assertTrue(log.contains("\ntraining direct: 6 epochs of 50 images\n"), log);
    assertEquals(
        EPOCHS, log.lines().filter(l -> l.matches("direct epoch ./6 .* validation .*")).count());
    assertFalse(log.lines().anyMatch(l -> l.matches("direct epoch ./6 .* test .*")), log);
    String header = read(run, "summary.csv").lines().findFirst().orElseThrow();
    assertTrue(header.contains(",train_top1,val_top1,val_top5,"), header);
    String card = read(run, "README.md");
    double tested = Results.score(run, Score.TOP1, "direct").orElseThrow();
    assertTrue(card.contains("\n      value: " + tested + "\n"), card);
    assertTrue(card.contains("whose top-1 on 10 validation samples, cut from the training"), card);
    assertTrue(card.contains("mnist: 50 training, 10 validation and 20 test pictures"), card);
    String page = read(run, "report.html");
    assertTrue(page.contains("Accuracy on validation images; thin: on training images"));
    assertTrue(page.contains("best validation top-1"));
    assertFalse(page.contains("Accuracy on test images"));
    boolean curve = false;
    for (ProtobufReader event : EventFiles.read(run)) {
      String tag = event.has(5) ? event.message(5).message(1).text(1) : "";
      assertFalse(tag.startsWith("accuracy/test"), tag);
      curve |= tag.equals("accuracy/validation top-1");
    }
    assertTrue(curve);
    assertTrue(read(run, "config.yaml").contains("\nval-share: 0.2\n"));
  }

  @Test
  void aRunFromItsFileOrGoneOnWithHasTheSameBytes() throws IOException {
    Path again = shared.resolve("again");
    CommandLines.run(
            "train",
            "--config",
            run.resolve("config.yaml").toString(),
            "--output-dir",
            again.toString())
        .ok();
    Path killed = shared.resolve("killed");
    CommandLines.killAt(
        "direct epoch 3/6", train(killed, "--val-share", "0.2").toArray(String[]::new));
    assertFalse(Files.exists(killed.resolve("results.csv")));
    CommandLines.run("train", "--resume", killed.toString()).ok();
    for (Path other : List.of(again, killed)) {
      for (String file : List.of("last.safetensors", "best.safetensors", "results.csv")) {
        assertArrayEquals(
            Files.readAllBytes(run.resolve(file)), Files.readAllBytes(other.resolve(file)), file);
      }
      assertEquals(CommandLines.epochs(run), CommandLines.epochs(other));
    }
    CommandLines.assertMistake(
        "--resume goes on with the settings",
        List.of("train", "--resume", killed.toString(), "--val-share", "0.1"));
  }

  @Test
  void patienceLooksAtTheValidationImages() throws IOException {
    Path early = shared.resolve("early");
    List<String> args = train(early, "--val-share", "0.2", "--patience", "2", "--epochs", "60");
    args.subList(args.indexOf("--epochs"), args.indexOf("--epochs") + 2).clear();
    CommandLines.run(args).ok();
    String log = read(early, "train.log");
    assertTrue(
        Pattern.compile(
                "(?m)^direct stopped early after epoch [0-9]+ of 60: in 2 epochs no validation top-1"
                    + " above the ")
            .matcher(log)
            .find(),
        log);
  }

  @Test
  void withoutAShareItIsSaidThatTheTestImagesChose() {
    CommandLines.Answer other = CommandLines.run(train(shared.resolve("without"))).ok();
    Summary summary = new Summary(shared.resolve("without"));
    int epoch = summary.bestEpoch("direct");
    String expected =
        "\nbest    epoch "
            + epoch
            + " of 6, chosen on the test images: top-1 "
            + percent(summary.best("direct"))
            + (epoch == EPOCHS ? "" : " (the table is of epoch 6)")
            + "; --val-share 0.1 chooses it on images held out of training\n";
    assertTrue(other.out().endsWith(expected), expected + other.out());
    assertEquals(HeldOut.TEST, summary.heldOut());
    assertEquals(
        summary.last("direct"),
        Results.score(shared.resolve("without"), Score.TOP1, "direct").orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0.51", "-0.1", "1"})
  void otherSharesAreMistakes(String share) {
    CommandLines.assertMistake(
        "--val-share is " + share + "; expected more than 0 and at most 0.5, give such a number",
        train(shared.resolve("none"), "--val-share", share));
    assertFalse(Files.exists(shared.resolve("none")));
  }

  @Test
  void aDryRunSaysWhatWouldBeCut() {
    String out =
        CommandLines.run(train(shared.resolve("dry"), "--val-share", "0.2", "--dry-run"))
            .ok()
            .out();
    assertTrue(out.contains("50 training, 10 validation and 20 test images"), out);
    assertTrue(out.contains("\nsteps   5 an epoch; epochs: direct 6; 30 steps in all\n"), out);
  }

  /** Pictures with masks and with boxes, and what a program trains. */
  @Test
  void masksBoxesAndProgramsAreCutToo() throws IOException {
    for (String set : List.of("shapes", "box-shapes")) {
      String out =
          CommandLines.run(
                  "train",
                  "--dataset",
                  set,
                  "--val-share",
                  "0.25",
                  "--dry-run",
                  "--device",
                  "cpu",
                  "--output-dir",
                  shared.resolve(set).toString())
              .ok()
              .out();
      assertTrue(out.contains(set + ": 300 training, 100 validation and 100 test images"), out);
    }
    Path library = shared.resolve("library");
    Sakd.on("cpu")
        .data(data)
        .option("--method", "direct")
        .steps(2)
        .batchSize(10)
        .epochs(EPOCHS)
        .valShare(0.2)
        .train(library);
    assertArrayEquals(
        Files.readAllBytes(run.resolve("best.safetensors")),
        Files.readAllBytes(library.resolve("best.safetensors")));
  }
}
