package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.infer.Score;
import sakd.run.Results;
import sakd.run.Summary;

/** {@code sweep}, on a network that takes a second. */
class SweepTest {
  @TempDir static Path folder;

  private static List<String> sweep(Path out, String... more) throws IOException {
    List<String> args =
        new ArrayList<>(
            List.of(
                "sweep",
                "--output-dir",
                out.toString(),
                "--data-path",
                CommandLines.data(folder).toString(),
                "--T",
                "1",
                "--epochs",
                "1",
                "--batch-size",
                "10",
                "--device",
                "cpu"));
    args.addAll(Arrays.asList(more));
    return args;
  }

  private static int count(String part, String text) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  private static List<String> folders(Path out) throws IOException {
    try (Stream<Path> all = Files.list(out)) {
      return all.filter(Files::isDirectory).map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  /** Killed on the way, it goes on with what is left, and tells of all. */
  @Test
  void everyCombinationIsTrainedOnceWithEverySeed() throws IOException {
    Path out = folder.resolve("grid");
    List<String> args = sweep(out, "--over", "--kd-temperature=2,8", "--seeds", "2");
    CommandLines.killAt("== kd-temperature-8: sakd (3 of 6)", args.toArray(String[]::new));
    assertEquals(List.of("kd-temperature-2", "teacher"), folders(out));
    CommandLines.Answer answer = CommandLines.run(args).ok();
    assertEquals(3, count("sakd epoch 1/1", answer.err()), answer.err());
    assertEquals(1, count("teacher epoch 1/1", answer.err()), answer.err());
    assertEquals(6, folders(out).size(), folders(out).toString());
    assertFalse(Files.exists(out.resolve("kd-temperature-2/teacher")), "it is given");
    assertFalse(Files.exists(out.resolve("kd-temperature-2/direct")), "not asked for");

    double[] scores = new double[2];
    for (int seed = 0; seed < 2; seed++) {
      Path run = out.resolve("kd-temperature-8" + (seed == 0 ? "" : "-seed1"));
      scores[seed] = 100 * new Summary(run).best("sakd");
    }
    List<String> table =
        answer.out().substring(answer.out().indexOf("\nkd-temperature  ")).lines().skip(1).toList();
    assertTrue(table.get(0).matches("kd-temperature +top-1 %: last +best +epochs +time"));
    String row = table.get(2);
    assertTrue(row.startsWith("8  "), row);
    assertTrue(row.contains("  " + Spread.of(scores) + " "), row + " has not " + Spread.of(scores));
    assertTrue(row.matches(".*  1  +[0-9.]+ s"), row);
    assertEquals("mean ± standard deviation (n - 1) over the seeds 0, 1", table.get(3));
    assertTrue(table.get(4).matches("best    kd-temperature [28]"), table.get(4));
    assertEquals(
        "        chosen, and its epochs too, on the test images;"
            + " --val-share 0.1 compares on training images held out",
        table.get(5));

    List<String> csv = Files.readAllLines(out.resolve("sweep.csv"));
    assertEquals("kd-temperature,seed,epochs,last_top1,best_top1,seconds,run", csv.get(0));
    assertEquals(5, csv.size());
    assertTrue(csv.get(2).startsWith("2,1,1,0."), csv.get(2));
    assertTrue(csv.get(2).endsWith("," + out.resolve("kd-temperature-2-seed1")));

    // All is done; other settings are refused.
    String again = CommandLines.run(args).ok().err();
    assertEquals(0, count(" epoch 1/1", again), again);
    CommandLines.assertMistake(
        "holds a run with other settings|0.05", CommandLines.with(args, "--lr", "0.05"));
  }

  /** Settings are compared without the test images, which the best ones are shown on at the end. */
  @Test
  void settingsMayBeChosenOnImagesHeldOut() throws IOException {
    Path out = folder.resolve("held-out");
    String said =
        CommandLines.run(
                sweep(
                    out, "--over", "momentum=0.5,0.9", "--method", "direct", "--val-share", "0.2"))
            .ok()
            .out();
    List<String> table = said.substring(said.indexOf("\nmomentum  ")).lines().skip(1).toList();
    assertTrue(table.get(0).matches("momentum +top-1 %: validation +epochs +time"), table.get(0));
    double[] scores = new double[2];
    for (int i = 0; i < 2; i++) {
      Path run = out.resolve("momentum-" + (i == 0 ? "0.5" : "0.9"));
      scores[i] = new Summary(run).best("direct");
      assertTrue(table.get(1 + i).contains("  " + Spread.of(100 * scores[i]) + "  "), said);
    }
    String best = scores[0] >= scores[1] ? "0.5" : "0.9";
    double test =
        Results.score(out.resolve("momentum-" + best), Score.TOP1, "direct").orElseThrow();
    assertEquals(
        "best    momentum " + best + ": test top-1 " + Spread.of(100 * test) + " %", table.get(3));
    assertEquals("        chosen, and its epochs too, on training images held out", table.get(4));
    assertEquals(
        "momentum,seed,epochs,val_top1,seconds,run",
        Files.readAllLines(out.resolve("sweep.csv")).get(0));
  }

  /** What is the student's alone leaves the teacher as it is. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "T=1,2 --over neuron=lif,plif; teacher; --teacher-epochs 1 --method ann",
        "lr=0.1,0.2; teacher_lr-0.1 teacher_lr-0.2; --teacher-epochs 1 --teacher-lr 0.2",
        "lr=0.1,0.2 --teacher-lr 0.3; teacher; --teacher-lr 0.3 --teacher-epochs 1 --method ann",
        "epochs=1,2 --teacher-epochs 3; teacher; --teacher-epochs 3 --method ann",
        "epochs=1,2; teacher_epochs-1 teacher_epochs-2; --teacher-epochs 2 --method ann",
        "method=sakd,direct; teacher; --teacher-epochs 1 --method ann",
        "opt=sgd,adamw --over tau=2,3; teacher_opt-sgd teacher_opt-adamw; --opt=adamw",
        "lr=0.1,0.2 --teacher-model resnet20; teacher_lr-0.1 teacher_lr-0.2; --model resnet20",
        "kd-temperature=1,2 --teacher t.pth;;",
        "lr=0.1,0.2 --method direct;;",
      })
  void aTeacherIsTrainedForAllItServes(String options, String teachers, String command)
      throws IOException {
    Path out = folder.resolve("dry");
    List<String> args = sweep(out, "--dry-run", "--over");
    args.addAll(List.of(options.split(" ", -1)));
    String plan = CommandLines.run(args).ok().out();
    List<String> found =
        plan.lines()
            .filter(l -> l.matches("\\d+\\. teacher.*: an ANN"))
            .map(l -> l.replaceFirst("\\d+\\. (.*): an ANN", "$1"))
            .toList();
    assertEquals(teachers == null ? List.of() : List.of(teachers.split(" ", -1)), found, plan);
    assertTrue(command == null || plan.contains(" " + command + " "), plan);
    assertFalse(Files.exists(out), "nothing is run");
    for (String line : plan.lines().filter(l -> l.contains("teacher/best.safeten")).toList()) {
      assertFalse(line.contains("--teacher-epochs"), line);
    }
  }

  /** What is swept takes the place of what a recipe, or the command line, says of it. */
  @Test
  void recipesGiveWay() throws IOException {
    String plan =
        CommandLines.run(
                "sweep",
                "@cifar10-resnet18-direct",
                "--over",
                "lr=0.3,0.4",
                "--over",
                "T=2,3",
                "--dry-run",
                "--T",
                "1")
            .ok()
            .out();
    assertEquals(4, count("   command", plan), plan);
    assertEquals(4, count(" --lr", plan.replace(" --lr-", " ")), plan);
    assertEquals(2, count(" --T=3 ", plan), plan);
    assertEquals(0, count(" --T 1 ", plan), plan);
  }

  /** The row without an option stands beside those with it. */
  @Test
  void offLeavesAnOptionOutThatHasNoSuchValue() throws IOException {
    Path out = folder.resolve("off");
    String plan =
        CommandLines.run(
                sweep(
                    out,
                    "--dry-run",
                    "--method",
                    "direct",
                    "--over",
                    "self-distill=off,s2w",
                    "--over",
                    "amp=off,bf16"))
            .ok()
            .out();
    assertEquals(4, count("   command", plan), plan);
    assertEquals(2, count(" --self-distill=s2w ", plan), plan);
    assertEquals(0, count("--self-distill=off", plan), plan);
    assertEquals(2, count(" --amp=off ", plan), plan);
  }

  /** A training that diverges says something of its settings; the others go on. */
  @Test
  void whatDivergesIsNamed() throws IOException {
    Path out = folder.resolve("diverges");
    CommandLines.Answer answer =
        CommandLines.run(sweep(out, "--over", "lr=1e30,0.05", "--method", "direct"));
    assertEquals(2, answer.code(), answer.toString());
    assertTrue(answer.out().matches("(?s).*\n1e30 +- +- +- +-\n0.05 +[0-9.]+ .*"), answer.out());
    assertTrue(answer.out().contains("best    lr 0.05\n"), answer.out());
    assertTrue(answer.err().contains("note: 1 training of 2 broke off, see above: lr-1e30"));
    assertEquals(2, Files.readAllLines(out.resolve("sweep.csv")).size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--over lrr=1,2; lrr, which is no setting|did you mean lr?",
        "--over lr; --over is lr|lr=V1,V2",
        "--over lr=0.1; --over is lr=0.1|two or more",
        "--over lr=0.1,0.1; two or more different values",
        "--over every-step=true,false; every-step=on,off",
        "--over seed=0,1; --seeds",
        "--over resume=a,b; no setting of train",
        "--over mean=0.1,0.2; may have commas",
        "--over lr=0.1,0.2 --over lr=0.3,0.4; names an option twice",
        "--over lr=0.1,fast; --lr is fast|finite number",
        "--over lr=0.1,0.2 --resume x; --resume cannot be given to sweep",
        "--over lr=0.1,0.2 --seeds 1; how many, two or more",
        "--over lr=0.1,0.2 --seeds 1,2 --seed 1; both given",
        "--over lr=0.1,0.2 --epoch 1; unknown option --epoch",
        "--over data-path=a/b,a-b; would share the folder",
        "--seeds 2; --over is missing|lr=0.05,0.1",
      })
  void mistakesAreFoundBeforeAnythingRuns(String options, String expected) throws IOException {
    Path out = folder.resolve("never");
    List<String> args = sweep(out);
    args.addAll(List.of(options.split(" ", -1)));
    CommandLines.assertMistake(expected, args);
    assertFalse(Files.exists(out));
  }

  /** A mistake of all settings is told once. */
  @Test
  void whatCannotStartEndsTheSweep() throws IOException {
    Path out = folder.resolve("never");
    CommandLines.assertMistake(
        "--connect-f|sew-resnets", sweep(out, "--over", "lr=1,2", "--connect-f", "add"));
    assertFalse(Files.exists(out));
  }
}
