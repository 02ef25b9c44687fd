package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What every command says of itself, and what a shell makes of it. */
class HelpTest {
  private static final Path BASH = Path.of("/bin/bash");

  @TempDir static Path folder;

  /** The names of every command, those above it first. */
  static Stream<List<String>> commands() {
    List<List<String>> all = new ArrayList<>();
    collect(Main.commandLine(new Main()), List.of(), all);
    return all.stream();
  }

  private static void collect(CommandLine line, List<String> names, List<List<String>> all) {
    all.add(names);
    line.getSubcommands().forEach((name, sub) -> collect(sub, CommandLines.with(names, name), all));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpEndsWithExamplesThatParse(List<String> command) {
    String help = CommandLines.run(CommandLines.with(command, "--help")).ok().out();
    assertFalse(help.contains("=<"), "a value without a name: " + help);
    List<String> examples =
        help.substring(help.indexOf("\nExamples:\n"))
            .lines()
            .filter(line -> line.startsWith("sakd "))
            .toList();
    assertTrue(command.equals(List.of("completion")) || !examples.isEmpty(), help);
    for (String example : examples) {
      List<String> words = List.of(example.replaceFirst(" >.*", "").split(" ", -1));
      List<String> args = Recipes.expand(words.subList(1, words.size()));
      Main.commandLine(new Main()).parseArgs(args.toArray(String[]::new));
    }
  }

  /** Every option of train stands once, under the heading of its group. */
  @Test
  void theOptionsOfTrainHaveHeadings() {
    String help = CommandLines.run("train", "--help").ok().out();
    List<String> headings =
        help.lines().filter(line -> line.matches("[A-Z].*:") && !line.contains("sakd")).toList();
    assertEquals(
        List.of(
            "Data:",
            "Augmentation:",
            "Network:",
            "Neuron:",
            "Device:",
            "Method and losses:",
            "Losses beyond the paper:",
            "Training:",
            "Several devices and memory:",
            "Run:",
            "Examples:"),
        headings);
    CommandLine train = Main.commandLine(new Main()).getSubcommands().get("train");
    for (CommandLine.Model.OptionSpec option : train.getCommandSpec().options()) {
      String name = "--(\\[no-\\])?" + option.longestName().substring(2);
      long lines =
          help.lines().filter(l -> l.matches("(      |  -., )" + name + "([ =\\[].*)?")).count();
      assertEquals(1, lines, name);
    }
    assertTrue(help.indexOf("--entropy") > help.indexOf("Losses beyond the paper:"), help);
  }

  @Test
  void everyCommandTellsTheVersion() {
    String version = CommandLines.run("--version").ok().out();
    assertTrue(
        version.matches(
            "sakd (\\d+\\.\\d+\\.\\d+( \\([0-9a-f]{12}(-dirty)?\\))?|\\(built without Maven\\))\n"),
        version);
    assertEquals(version, CommandLines.run("data", "download", "--version").ok().out());
  }

  @Test
  void reproduceWantsToKnowWhat() {
    CommandLines.Answer answer = CommandLines.run("reproduce");
    assertEquals(2, answer.code(), answer.toString());
    assertTrue(answer.err().contains("NAME"), answer.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "sakd de;                           devices",
        "sakd data do;                      download",
        "sakd train --surr;                 --surrogate",
        "sakd train --surrogate a;          atan",
        "sakd train --dataset cifar;        cifar10 cifar100 cifar10-dvs",
        "sakd eval --model sew-resnet1;     sew-resnet18 sew-resnet101 sew-resnet152",
        "sakd predict --device o;           opencl",
        "sakd train @cifar10-resnet34-s;    @cifar10-resnet34-sakd",
        "sakd train --lr 1 @voc_;           @voc_boxes",
        "sakd recipes imagenet-sew-resnet50; imagenet-sew-resnet50-direct imagenet-sew-resnet50-sakd",
      })
  void bashCompletes(String typed, String expected) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(BASH), "no bash");
    Path script = folder.resolve("completion");
    Files.writeString(script, CommandLines.run("completion").ok().out());
    List<String> words = List.of(typed.split(" ", -1));
    Process bash =
        new ProcessBuilder(
                BASH.toString(),
                "-c",
                "source "
                    + script
                    + "; COMP_WORDS=("
                    + typed
                    + "); COMP_CWORD="
                    + (words.size() - 1)
                    + "; COMP_LINE='"
                    + typed
                    + "'; COMP_POINT="
                    + typed.length()
                    + "; _complete_sakd_recipes; echo ${COMPREPLY[@]}")
            // compopt complains that no key was pressed.
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, bash.waitFor(), out);
    assertEquals(Arrays.asList(expected.split(" ", -1)), Arrays.asList(out.strip().split("\\s+")));
  }
}
