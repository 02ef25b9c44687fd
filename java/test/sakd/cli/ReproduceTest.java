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
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.distill.Pipeline;
import sakd.infer.Score;
import sakd.run.Results;
import sakd.run.Summary;

/** {@code reproduce}, on a network that takes a second. */
class ReproduceTest {
  @TempDir static Path folder;

  private static List<String> reproduce(String names, Path out, String... more) throws IOException {
    List<String> args =
        new ArrayList<>(
            List.of(
                "reproduce",
                names,
                "--output-dir",
                out.toString(),
                "--data-path",
                CommandLines.cifar(folder).toString(),
                "--model",
                "spiking-resnet8",
                "--epochs",
                "1",
                "--batch-size",
                "10",
                "--device",
                "cpu"));
    args.addAll(Arrays.asList(more));
    return args;
  }

  /** Rows that differ in T have one teacher, which is trained once, whether it is named or not. */
  @Test
  void rowsShareATeacherAndGoOnWhereTheyStopped() throws IOException {
    Path out = folder.resolve("shared");
    String one = CommandLines.run(reproduce("cifar10-resnet18-sakd-t2", out)).ok().err();
    assertEquals(1, count("training teacher: ", one), one);
    assertEquals(1, count("training sakd: ", one), one);
    assertFalse(Files.exists(out.resolve("cifar10-resnet18-sakd-t2/teacher")), "it was given");
    List<String> both = reproduce("cifar10-resnet18-sakd-t2,cifar10-resnet18-logits", out);
    CommandLines.Answer answer = CommandLines.run(both).ok();
    assertEquals(0, count("teacher epoch 1/1", answer.err()), answer.err());
    assertEquals(0, count("sakd epoch 1/1", answer.err()), answer.err());
    assertEquals(1, count("logits epoch 1/1", answer.err()), answer.err());
    String more = answer.out();
    List<String> table = rows(more, 3);
    assertTrue(
        table.get(0).matches("cifar10-resnet18-ann +top-1 % +[0-9.]+ +[0-9.]+ +95.65 +[0-9.]+ s"),
        more);
    assertTrue(table.get(1).matches("cifar10-resnet18-sakd-t2 +top-1 % .* - +[0-9.]+ s"), more);
    assertTrue(table.get(2).startsWith("cifar10-resnet18-logits "), more);
    CommandLines.assertMistake(
        "holds a run with other settings|--lr 0.05", CommandLines.with(both, "--lr", "0.05"));
  }

  @Test
  void severalSeedsHaveAMeanAndADeviation() throws IOException {
    Path out = folder.resolve("seeds");
    String said =
        CommandLines.run(reproduce("cifar10-resnet18-ann", out, "--seeds", "0,3,4")).ok().out();
    double[] scores = new double[3];
    double sum = 0;
    List<String> names =
        List.of("cifar10-resnet18-ann", "cifar10-resnet18-ann-seed3", "cifar10-resnet18-ann-seed4");
    for (int i = 0; i < 3; i++) {
      scores[i] = 100 * new Summary(out.resolve(names.get(i))).last(Pipeline.TEACHER);
      sum += scores[i];
    }
    double squares = 0;
    for (double score : scores) {
      squares += (score - sum / 3) * (score - sum / 3);
    }
    String expected = String.format(Locale.ROOT, "%.2f ± %.2f", sum / 3, Math.sqrt(squares / 2));
    assertTrue(rows(said, 1).get(0).contains(expected), expected + " in " + said);
    assertTrue(said.contains("over the seeds 0, 3, 4"), said);
    // The first of them is the run without --seeds.
    assertFalse(
        CommandLines.run(reproduce("cifar10-resnet18-ann", out)).ok().err().contains("epoch 1/1"));
    assertEquals("2.00 ± 1.00", Spread.of(1, 2, 3).toString());
  }

  /** A number alone is how many. */
  @Test
  void seedsMayBeCounted() throws IOException {
    Path out = folder.resolve("counted");
    String plan =
        CommandLines.run(reproduce("cifar10-resnet18-ann", out, "--seeds", "3", "--dry-run"))
            .ok()
            .out();
    assertEquals(3, count("   state    new", plan), plan);
    assertTrue(plan.contains(" --seed 2 "), plan);
  }

  /** The best epoch is chosen on one column; the other is what it scores on the test images. */
  @Test
  void withAValidationPartBothScoresArePrinted() throws IOException {
    Path out = folder.resolve("validated");
    String said =
        CommandLines.run(reproduce("cifar10-resnet18-ann", out, "--val-share", "0.3")).ok().out();
    Path run = out.resolve("cifar10-resnet18-ann");
    String expected =
        String.format(
            Locale.ROOT,
            "cifar10-resnet18-ann +top-1 %% +%.2f +%.2f +95.65 .*",
            100 * new Summary(run).best(Pipeline.TEACHER),
            100 * Results.score(run, Score.TOP1, Pipeline.TEACHER).orElseThrow());
    assertTrue(rows(said, 1).get(0).matches(expected), expected + " in " + said);
    assertTrue(said.contains(" validation            test  published"), said);
  }

  @Test
  void aDryRunSaysWhatWouldBeRun() throws IOException {
    Path out = folder.resolve("dry");
    List<String> args = reproduce("cifar10-resnet19-sakd", out);
    String plan = CommandLines.run(CommandLines.with(args, "--dry-run")).ok().out();
    Path ann = out.resolve("cifar10-resnet19-ann");
    assertTrue(plan.contains("1. cifar10-resnet19-ann: CIFAR-10"), plan);
    assertTrue(plan.contains("2. cifar10-resnet19-sakd: CIFAR-10"), plan);
    assertTrue(
        plan.contains("teacher  " + ann.resolve("best.safetensors") + " (trained by 1)"), plan);
    assertEquals(2, count("state    new, 1 epoch\n", plan), plan);
    assertFalse(plan.contains("3. "), plan);
    assertFalse(Files.exists(out), "nothing is run");
    // The command lines are what is run: the first one by hand, the rest is left to do.
    String command =
        plan.lines().filter(l -> l.startsWith("   command  sakd ")).findFirst().orElseThrow();
    CommandLines.run(command.replaceFirst("^ *command +sakd ", "").split(" ", -1)).ok();
    plan = CommandLines.run(CommandLines.with(args, "--dry-run")).ok().out();
    assertTrue(plan.contains("state    done\n"), plan);
    assertTrue(plan.contains("command  sakd train --resume " + ann + "\n"), plan);
    assertEquals(1, count("state    new", plan), plan);
  }

  /** A network whose blocks join spikes is taught by the same ANN. */
  @Test
  void sewNetworksShareTheirAnn() throws IOException {
    for (String recipe : Recipes.experiments("")) {
      assertTrue(Recipes.names().contains(Reproduction.ann(recipe)), recipe);
    }
    String plan =
        CommandLines.run(reproduce("imagenet-resnet18,imagenet-sew-resnet18", folder, "--dry-run"))
            .ok()
            .out();
    assertEquals(5, count("   state    new", plan), plan);
    assertEquals(2, count("imagenet-resnet18-ann/best.safetensors (trained by 1)", plan), plan);
  }

  /** A teacher that is given takes the place of the ANN. */
  @Test
  void aTeacherMayBeGiven() throws IOException {
    String plan =
        CommandLines.run(
                reproduce("cifar10-resnet34", folder, "--dry-run", "--teacher", "resnet34.pth"))
            .ok()
            .out();
    assertFalse(plan.contains("resnet34-ann"), plan);
    assertEquals(5, count(" --teacher resnet34.pth ", plan), plan);
    CommandLines.assertMistake(
        "--teacher is for students",
        reproduce("cifar10-resnet34-ann", folder, "--teacher", "resnet34.pth"));
  }

  @Test
  void mistakesAreFoundBeforeAnythingRuns() throws IOException {
    Path out = folder.resolve("never");
    CommandLines.assertMistake("no recipe starts with 'foo'", reproduce("foo", out));
    String recipe = "cifar10-resnet18-sakd";
    CommandLines.assertMistake(
        "unknown option --epoch|--epochs", reproduce(recipe, out, "--epoch", "1"));
    CommandLines.assertMistake("--method cannot be given", reproduce(recipe, out, "--method=ann"));
    CommandLines.assertMistake("two or more", reproduce(recipe, out, "--seeds", "1"));
    CommandLines.assertMistake("two or more", reproduce(recipe, out, "--seeds", "3,3"));
    CommandLines.assertMistake(
        "both given", reproduce(recipe, out, "--seeds", "1,2", "--seed", "1"));
    assertFalse(Files.exists(out));
  }

  private static int count(String part, String text) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  private static List<String> rows(String out, int count) {
    return out.substring(out.indexOf("\nrecipe ")).lines().skip(2).limit(count).toList();
  }
}
