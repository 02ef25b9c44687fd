package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.Safetensors;

/** A run that was killed and resumed ends with the very bytes of one that was left alone. */
class ResumeTest {
  private static final List<String> FILES =
      List.of(
          "last.safetensors",
          "best.safetensors",
          "teacher/last.safetensors",
          "teacher/best.safetensors",
          "direct/last.safetensors",
          "direct/best.safetensors");

  @TempDir static Path shared;
  private static Path data;

  /**
   * All phases, with mixed images and an average of weights, in 16-bit storage where the machine
   * has it.
   */
  private static Path undisturbed;

  @BeforeAll
  static void undisturbed() throws IOException {
    data = CommandLines.data(shared);
    undisturbed = shared.resolve("undisturbed");
    CommandLines.run(everything(undisturbed)).ok();
  }

  private static List<String> train(Path output, String... more) {
    return CommandLines.with(
        List.of(
            "train",
            "--data-path",
            data.toString(),
            "--model",
            "resnet8",
            "--T",
            "2",
            "--batch-size",
            "10",
            "--epochs",
            "4",
            "--teacher-epochs",
            "2",
            "--lr",
            "0.05",
            "--feature-weight",
            "10",
            "--device",
            "cpu",
            "--print-freq",
            "1",
            "--output-dir",
            output.toString()),
        more);
  }

  private static List<String> everything(Path output) {
    return train(output, "--model-ema", "0.9", "--mixup", "0.8", "--cutmix", "1");
  }

  private static void kill(String line, List<String> args) {
    CommandLines.killAt(line, args.toArray(String[]::new));
  }

  private static CommandLines.Answer resume(Path run) {
    return CommandLines.run("train", "--resume", run.toString()).ok();
  }

  private static void assertSame(Path expected, Path actual) throws IOException {
    for (String name : FILES) {
      if (Files.exists(expected.resolve(name))) {
        assertArrayEquals(
            Files.readAllBytes(expected.resolve(name)),
            Files.readAllBytes(actual.resolve(name)),
            name + " of " + actual);
      }
    }
    assertEquals(epochs(expected), epochs(actual));
    try (var files = Files.walk(actual)) {
      assertEquals(0, files.filter(f -> f.toString().endsWith(".tmp")).count());
    }
  }

  /** The rows of the summary but for what depends on the clock. */
  private static List<String> epochs(Path run) throws IOException {
    return Files.readAllLines(run.resolve("summary.csv")).stream()
        .map(row -> row.substring(0, row.lastIndexOf(',', row.lastIndexOf(',') - 1)))
        .toList();
  }

  private static int epochsDone(Path file) {
    return Integer.parseInt(Safetensors.read(file).metadata().get("sakd.epochs_done"));
  }

  @Test
  void killedByTheSystemInTheMiddleOfAnEpochOfTheStudent() throws Exception {
    Path run = shared.resolve("sigkill");
    killProcess("sakd epoch 2/4 step 3/6", everything(run));
    int done = epochsDone(run.resolve("last.safetensors"));
    assertTrue(done >= 1 && done < 4, done + " epochs were done");
    resume(run);
    assertSame(undisturbed, run);
  }

  @Test
  void interruptedByCtrlC() throws Exception {
    Path run = shared.resolve("interrupted");
    String out =
        endProcess(
            "direct epoch 1/4 step 5/6",
            everything(run),
            process -> new ProcessBuilder("kill", "-INT", "" + process.pid()).start().waitFor(),
            128 + 2);
    assertEquals(out, Files.readString(run.resolve("train.log")));
    String last = out.lines().reduce((a, b) -> b).orElseThrow();
    Matcher where =
        Pattern.compile("stopped in epoch (.) of (.*); go on with: train --resume (.*)")
            .matcher(last);
    assertTrue(where.matches(), out);
    assertEquals(run.toString(), where.group(3));
    // The epochs before are whole.
    Path folder = where.group(2).equals("sakd") ? run : run.resolve(where.group(2));
    Path file = folder.resolve("last.safetensors");
    int done = Integer.parseInt(where.group(1)) - 1;
    assertEquals(done, Files.exists(file) ? epochsDone(file) : 0);
    resume(run);
    assertSame(undisturbed, run);
  }

  /** What is done to a process. */
  private interface Signal {
    void send(Process process) throws IOException, InterruptedException;
  }

  private static void killProcess(String line, List<String> args) throws Exception {
    // Not Process.destroyForcibly, which would close the pipe that is read.
    endProcess(line, args, process -> process.toHandle().destroyForcibly(), 128 + 9);
  }

  /**
   * Starts the command in a process of its own, signals to it when it prints such a line, and
   * returns what it printed.
   */
  private static String endProcess(String line, List<String> args, Signal signal, int code)
      throws Exception {
    List<String> command = new ArrayList<>();
    // Shells start what runs in the background deaf to Ctrl-C.
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-cp", System.getProperty("java.class.path")));
    command.add("sakd.cli.Main");
    command.addAll(args);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    StringBuilder seen = new StringBuilder();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String l = out.readLine(); l != null; l = out.readLine()) {
        seen.append(l).append('\n');
        if (l.startsWith(line)) {
          signal.send(process);
        }
      }
    } finally {
      process.destroyForcibly();
    }
    assertEquals(code, process.waitFor(), seen.toString());
    return seen.toString();
  }

  @Test
  void killedInThePhaseOfTheTeacherAndThenBetweenPhases() throws IOException {
    Path run = shared.resolve("twice");
    kill("teacher epoch 2/2 step 2/6", everything(run));
    assertEquals(1, epochsDone(run.resolve("teacher/last.safetensors")));
    assertFalse(Files.exists(run.resolve("direct")));
    CommandLines.killAt("training sakd", "train", "--resume", run.toString());
    String before = Files.readString(run.resolve("train.log"));
    CommandLines.Answer answer = resume(run);
    assertFalse(answer.out().contains("teacher epoch"), "the teacher is not trained again");
    assertFalse(answer.out().contains("direct epoch"), "nor is the direct student");
    assertTrue(Files.readString(run.resolve("train.log")).startsWith(before));
    assertSame(undisturbed, run);
    assertSeconds(run, answer.out());
  }

  /** The final table counts every session's training once. */
  private static void assertSeconds(Path run, String out) throws IOException {
    for (String[] phase :
        new String[][] {{"teacher", "teacher (ANN)"}, {"direct", "direct"}, {"sakd", "SAKD"}}) {
      double sum = 0;
      for (String row : Files.readAllLines(run.resolve("summary.csv"))) {
        if (row.startsWith(phase[0] + ",")) {
          sum += Double.parseDouble(row.substring(row.lastIndexOf(',') + 1));
        }
      }
      Matcher line =
          Pattern.compile("(?m)^" + Pattern.quote(phase[1]) + " +[0-9.]+ %.* ([0-9.]+)$")
              .matcher(out);
      assertTrue(line.find(), out);
      assertEquals(sum, Double.parseDouble(line.group(1)), 0.051, phase[0]);
    }
  }

  @Test
  void killedBeforeTheFilesOfAnEpochInFullPrecision() throws IOException {
    String[] options = {"--method", "direct", "--amp", "off", "--opt", "adamw", "--workers", "2"};
    Path alone = shared.resolve("alone");
    CommandLines.run(train(alone, options)).ok();
    Path run = shared.resolve("rows");
    // The line of an epoch comes before its row and its checkpoint: both are missing then.
    kill("direct epoch 3/4  lr", train(run, options));
    assertEquals(2, epochsDone(run.resolve("last.safetensors")));
    // What a full disk may leave of a row.
    Files.writeString(
        run.resolve("summary.csv"),
        "direct,3,0.0",
        StandardCharsets.UTF_8,
        StandardOpenOption.APPEND);
    resume(run);
    assertSame(alone, run);
    CommandLines.Answer again = resume(run);
    assertFalse(again.out().contains("epoch 4/4"), "nothing is left to train");
    assertSame(alone, run);
  }

  @Test
  void aFullDiskLeavesTheLastCheckpoint() throws IOException {
    Path run = shared.resolve("blocked");
    List<String> args = train(run, "--method", "direct", "--amp", "off");
    kill("direct epoch 2/4 step 1", args);
    byte[] last = Files.readAllBytes(run.resolve("last.safetensors"));
    // A full disk, as far as the writer of the checkpoint can tell.
    Path full = Path.of("/dev/full");
    assumeTrue(Files.isWritable(full), "needs " + full);
    Path temporary = Files.createSymbolicLink(run.resolve("last.safetensors.tmp"), full);
    CommandLines.Answer answer = CommandLines.run("train", "--resume", run.toString());
    assertEquals(2, answer.code());
    assertEquals(1, answer.err().lines().count(), answer.err());
    assertTrue(answer.err().startsWith("error: cannot write"), answer.err());
    assertTrue(answer.err().contains("No space left on device"), answer.err());
    assertArrayEquals(last, Files.readAllBytes(run.resolve("last.safetensors")));
    assertFalse(Files.exists(temporary, LinkOption.NOFOLLOW_LINKS));
    resume(run);
    assertEquals(4, epochsDone(run.resolve("last.safetensors")));
  }

  @Test
  void aDamagedCheckpointIsNamedAndLeftAlone() throws IOException {
    Path run = shared.resolve("damaged");
    kill("direct epoch 2/4 step 1", train(run, "--method", "direct", "--amp", "off"));
    Path last = run.resolve("last.safetensors");
    byte[] whole = Files.readAllBytes(last);
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    Files.write(last, half);
    assertResumeRefused(run, "last.safetensors");
    assertArrayEquals(half, Files.readAllBytes(last));
    // Weights alone are no checkpoint.
    Files.copy(run.resolve("best.safetensors"), last, StandardCopyOption.REPLACE_EXISTING);
    assertResumeRefused(run, "cannot be resumed from");
  }

  private static void assertResumeRefused(Path run, String expected) {
    CommandLines.Answer answer = CommandLines.run("train", "--resume", run.toString());
    assertEquals(2, answer.code(), answer.toString());
    assertEquals(1, answer.err().lines().count(), answer.err());
    assertTrue(answer.err().contains(expected), answer.err());
  }
}
