package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.Numbers;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.run.RunArguments;
import sakd.run.RunFolder;
import sakd.run.SummaryColumns;
import sakd.task.Task;
import sakd.testing.JavaProcess;

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
            "spiking-resnet8",
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
    assertEquals(CommandLines.epochs(expected), CommandLines.epochs(actual));
    try (var files = Files.walk(actual)) {
      assertEquals(0, files.filter(f -> f.toString().endsWith(".tmp")).count());
    }
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

  /** With checkpoints within epochs, in micro-batches: it goes on after the last of them. */
  @Test
  void killedByTheSystemBetweenCheckpointsWithinAnEpoch() throws Exception {
    String[] more = {"--method", "direct", "--recovery-interval", "2", "--grad-accum-steps", "3"};
    Path alone = shared.resolve("recovery");
    CommandLines.run(train(alone, more)).ok();
    Path run = shared.resolve("recovered");
    killProcess("direct epoch 2/4 step 5/6", train(run, more));
    assertEquals(1, epochsDone(run.resolve("last.safetensors")));
    String said = resume(run).err();
    assertTrue(said.contains("\ndirect goes on in epoch 2 of 4 after step 4 of 6\n"), said);
    assertTrue(said.contains(", each batch of 10 in 3 micro-batches (3 or 4 images each)\n"), said);
    assertSame(alone, run);
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
        Pattern.compile("stopped in epoch (.) of (.*); go on with: sakd train --resume (.*)")
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
    // Shells start what runs in the background deaf to Ctrl-C.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.addAll(main(args));
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

  /** A command in a process of its own. */
  private static List<String> main(List<String> args) {
    return java(Main.class, args);
  }

  private static List<String> java(Class<?> main, List<String> args) {
    List<String> command = JavaProcess.command(main, "-Xmx1g");
    command.addAll(args);
    return command;
  }

  /** What the system does to a process at no moment in particular; see also KillTest. */
  @Test
  void killedByTheSystemAtRandomMoments() throws Exception {
    Path alone = shared.resolve("brief");
    CommandLines.run(brief(alone, data, "--epochs", "6")).ok();
    Random random = new Random(5);
    for (int i = 0; i < 3; i++) {
      Path run = shared.resolve("random" + i);
      List<String> args = brief(run, data, "--epochs", "6");
      Process process = new ProcessBuilder(main(args)).redirectErrorStream(true).start();
      try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
        for (int lines = 1 + random.nextInt(10); lines > 0; lines--) {
          out.readLine();
        }
        Thread.sleep(random.nextInt(20));
      } finally {
        process.destroyForcibly();
      }
      process.waitFor();
      if (RunArguments.areIn(run)) {
        resume(run);
      } else {
        CommandLines.run(args).ok();
      }
      assertSame(alone, run);
    }
  }

  /** Keeps a run as a training does, until it is killed. */
  static final class Holder {
    public static void main(String[] args) throws InterruptedException {
      PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
      try (RunFolder run =
          RunFolder.open(
              Path.of(args[0]),
              new SummaryColumns(Task.CLASSIFICATION),
              new RunFolder.Console(out, out, RunFolder.Printed.STEPS))) {
        out.println("holds " + run.path());
        Thread.sleep(60_000);
      }
    }
  }

  @Test
  void aRunThatAnotherProcessTrainsIsRefused() throws Exception {
    Path run = shared.resolve("held");
    List<String> args = brief(run, data, "--epochs", "1");
    CommandLines.run(args).ok();
    Process process =
        new ProcessBuilder(java(Holder.class, List.of(run.toString())))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      assertEquals("holds " + run, out.readLine());
      String expected = run + " is being trained by another process; expected one at a time";
      assertResumeRefused(run, expected);
      assertRefused(expected, args.subList(1, args.size()).toArray(String[]::new));
    } finally {
      process.destroyForcibly().waitFor();
    }
    resume(run);
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
    assertFalse(answer.err().contains("teacher epoch"), "the teacher is not trained again");
    assertFalse(answer.err().contains("direct epoch"), "nor is the direct student");
    assertTrue(Files.readString(run.resolve("train.log")).startsWith(before));
    assertSame(undisturbed, run);
    assertSeconds(run, answer.out());
  }

  /** The final table counts every session's training once. */
  private static void assertSeconds(Path run, String out) throws IOException {
    for (String[] phase :
        new String[][] {{"teacher", "teacher (ANN)"}, {"direct", "direct"}, {"sakd", "SAKD"}}) {
      // As the table adds them up: a sum of thousandths may lie on the edge between two tenths.
      double sum =
          Files.readAllLines(run.resolve("summary.csv")).stream()
              .filter(row -> row.startsWith(phase[0] + ","))
              .mapToDouble(row -> Double.parseDouble(row.substring(row.lastIndexOf(',') + 1)))
              .sum();
      Matcher line =
          Pattern.compile("(?m)^" + Pattern.quote(phase[1]) + " +[0-9.]+ %.*  (\\S.*)$")
              .matcher(out);
      assertTrue(line.find(), out);
      assertEquals(Numbers.duration(sum), line.group(1), phase[0]);
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
    assertFalse(again.err().contains("epoch 4/4"), "nothing is left to train");
    assertSame(alone, run);
  }

  @Test
  void aFullDiskLeavesTheLastCheckpoint() throws Exception {
    Path run = shared.resolve("blocked");
    kill("direct epoch 2/4 step 1", train(run, "--method", "direct", "--amp", "off"));
    byte[] last = Files.readAllBytes(run.resolve("last.safetensors"));
    // The system refuses files beyond a size, which the best weights keep to.
    long blocks = Files.size(run.resolve("best.safetensors")) / 512 + 100;
    assertTrue(blocks < last.length / 512, "the checkpoint is larger");
    String limit = "ulimit -f " + blocks + "; exec \"$@\"";
    List<String> command = new ArrayList<>(List.of("sh", "-c", limit, "sh"));
    command.addAll(main(List.of("train", "--resume", run.toString())));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(2, process.waitFor(), out);
    String end = out.lines().reduce((x, y) -> y).orElseThrow();
    assertTrue(end.startsWith("error: cannot write " + run.resolve("last.safetensors")), out);
    assertTrue(end.contains("File too large"), out);
    assertArrayEquals(last, Files.readAllBytes(run.resolve("last.safetensors")));
    try (var files = Files.list(run)) {
      assertEquals(List.of(), files.filter(f -> f.toString().endsWith(".tmp")).toList());
    }
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
    assertResumeRefused(run, "last.safetensors cannot be resumed from: it is damaged");
    assertArrayEquals(half, Files.readAllBytes(last));
    // Weights alone are no checkpoint.
    Files.copy(run.resolve("best.safetensors"), last, StandardCopyOption.REPLACE_EXISTING);
    assertResumeRefused(run, "cannot be resumed from: it says nothing of the epoch");
    // What it says has to make sense.
    Map<String, HostTensor> tensors = Safetensors.read(copyOf(whole)).tensors();
    for (String[] wrong :
        new String[][] {
          {"sakd.epochs_done", "-1", "claims -1 epochs done of 4"},
          {"sakd.epochs_done", "5", "claims 5 epochs done of 4"},
          {"sakd.best_top1", "NaN", "claims a best accuracy of NaN"},
          {"sakd.best_top1", "1.5", "claims a best accuracy of 1.5"}
        }) {
      Map<String, String> metadata = new HashMap<>(Safetensors.read(copyOf(whole)).metadata());
      metadata.put(wrong[0], wrong[1]);
      Safetensors.write(last, metadata, tensors);
      assertResumeRefused(run, "cannot be resumed from: it " + wrong[2]);
    }
    // Checkpoints of earlier versions do not say how many epochs there are to be.
    Map<String, String> metadata = new HashMap<>(Safetensors.read(copyOf(whole)).metadata());
    metadata.keySet().removeAll(List.of("sakd.epochs", "sakd.training_data", "sakd.test_data"));
    metadata.put("sakd.epochs_done", "7");
    Safetensors.write(last, metadata, tensors);
    assertResumeRefused(run, "has done 7 epochs, but the run is to have 4 in all");
    metadata.put("sakd.epochs_done", "1");
    Safetensors.write(last, metadata, tensors);
    resume(run);
    assertEquals(4, epochsDone(last));
  }

  @Test
  void aDamagedSummaryEndsNothing() throws IOException {
    Path run = shared.resolve("damaged-summary");
    CommandLines.run(brief(run, data, "--epochs", "2")).ok();
    Path summary = run.resolve("summary.csv");
    String whole = Files.readString(summary);
    Files.writeString(summary, whole.replace("direct,2", "direct,\u0002"));
    CommandLines.run("report", run.toString(), "--device", "cpu").ok();
    String note = "note: " + summary + ": 1 row made no sense and was taken out";
    CommandLines.Answer answer = CommandLines.run("train", "--resume", run.toString());
    assertEquals(0, answer.code(), answer.err());
    assertTrue(answer.complaints().get(0).startsWith(note), answer.err());
    assertTrue(answer.out().matches("(?s).*\ndirect .* SOP +-\n.*"), answer.out());
    assertFalse(resume(run).err().contains("note"), "said once");
    Files.delete(summary);
    resume(run);
  }

  private static Path copyOf(byte[] file) throws IOException {
    return Files.write(shared.resolve("copy.safetensors"), file);
  }

  /** A network that is trained in a second; the number of epochs is to be given. */
  private static List<String> brief(Path output, Path images, String... more) {
    return CommandLines.with(
        List.of(
            "train",
            "--data-path",
            images.toString(),
            "--model",
            "spiking-resnet8",
            "--method",
            "direct",
            "--T",
            "1",
            "--batch-size",
            "30",
            "--device",
            "cpu",
            "--output-dir",
            output.toString()),
        more);
  }

  @Test
  void otherDataAreRefused() throws IOException {
    Path images = CommandLines.data(Files.createDirectory(shared.resolve("changing")));
    Path run = shared.resolve("changed");
    CommandLines.run(brief(run, images, "--epochs", "1")).ok();
    for (String name : List.of("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte")) {
      Path file = images.resolve(name);
      byte[] before = Files.readAllBytes(file);
      byte[] other = before.clone();
      other[other.length - 1] ^= 1;
      Files.write(file, other);
      assertResumeRefused(
          run,
          (name.startsWith("train")
                  ? "its training data were mnist with 60 samples of 1x28x28 in 10 classes"
                  : "its test data were mnist with 20 samples of 1x28x28 in 10 classes")
              + ", and some of their samples, labels or names have changed");
      Files.write(file, before);
    }
    for (String name : List.of("train-images-idx3-ubyte", "train-labels-idx1-ubyte")) {
      Files.copy(
          images.resolve(name.replace("train", "t10k")),
          images.resolve(name),
          StandardCopyOption.REPLACE_EXISTING);
    }
    assertResumeRefused(run, "60 samples of 1x28x28 in 10 classes, and are mnist with 20 samples");
  }

  @Test
  void fromAnotherFolder() throws Exception {
    Path home = Files.createDirectory(shared.resolve("home"));
    CommandLines.data(home);
    CommandLines.run(brief(home.resolve("weights"), home.resolve("mnist"), "--epochs", "1")).ok();
    Path run = home.resolve("run");
    CommandLines.run(
            brief(
                run,
                home.resolve("mnist"),
                "--epochs",
                "1",
                "--init",
                home + "/weights/best.safetensors"))
        .ok();
    // As if it had been started in the folder, with relative paths.
    Path args = run.resolve("args.txt");
    String relative = Files.readString(args).replace(home + "/", "");
    Files.writeString(args, relative);
    Path startedIn = run.resolve("started-in.txt");
    assertEquals(Path.of("").toAbsolutePath() + "\n", Files.readString(startedIn));
    assertResumeRefused(run, "mnist");
    Files.writeString(startedIn, home + "\n");
    CommandLines.Answer answer = resume(run);
    assertEquals(relative, Files.readString(args), "the arguments stay as they were typed");
    assertTrue(answer.out().contains("direct "), answer.out());
    String page = CommandLines.run("report", run.toString(), "--device", "cpu").ok().out();
    assertTrue(page.startsWith("report  "), page);
    assertFalse(
        Files.readString(run.resolve("report.html")).contains("Could not be measured"),
        "the report finds the data too");
    Files.writeString(startedIn, home.resolve("gone") + "\n");
    answer = CommandLines.run("train", "--resume", run.toString());
    assertEquals(2, answer.code());
    assertTrue(
        answer
            .complaints()
            .get(0)
            .startsWith("note: the run was started in " + home.resolve("gone")),
        answer.err());
  }

  @Test
  void moreEpochs() throws IOException {
    Path run = shared.resolve("more");
    List<String> args =
        train(run, "--amp", "off", "--kd-temperature-end", "2", "--logit-weight", "1");
    args.set(args.indexOf("--teacher-epochs") - 1, "2"); // --epochs
    CommandLines.run(args).ok();
    byte[] teacher = Files.readAllBytes(run.resolve("teacher/last.safetensors"));
    assertRefused(
        "has done 2 epochs, but the run is to have 1 in " + "all",
        "--resume",
        run.toString(),
        "--epochs",
        "1");
    assertRefused(
        "--teacher-epochs is 3, but the student has followed the teacher of 2 epochs for 2",
        "--resume",
        run.toString(),
        "--teacher-epochs",
        "3");
    CommandLines.killAt(
        "sakd epoch 3/3 step 1", "train", "--resume", run.toString(), "--epochs", "3");
    CommandLines.run("report", run.toString(), "--device", "cpu").ok();
    String report = Files.readString(run.resolve("report.html"));
    assertTrue(report.contains("was interrupted or still runs"), "it was over before");
    // It goes on likewise without being told again.
    CommandLines.Answer answer = resume(run);
    assertTrue(
        answer
            .err()
            .contains(
                "\nschedule of sakd: cosine over 3 epochs instead of 2 from epoch 3 on, which has lr"
                    + " 0.0125\n"),
        answer.err());
    assertTrue(answer.err().contains("temperature 4 to 2"), answer.err());
    assertFalse(answer.err().contains("schedule of direct"), "that was over before");
    assertArrayEquals(teacher, Files.readAllBytes(run.resolve("teacher/last.safetensors")));
    assertEquals(3, epochsDone(run.resolve("direct/last.safetensors")));
    assertEquals(3, epochsDone(run.resolve("last.safetensors")));
    assertSeconds(run, answer.out());
    List<String> written = Files.readAllLines(run.resolve("args.txt"));
    assertEquals(
        List.of("--epochs", "3", "--teacher-epochs", "2"),
        written.subList(written.size() - 4, written.size()));
    assertFalse(resume(run).err().contains("schedule"), "nothing is left to train");
    assertEquals(
        4,
        Files.readAllLines(run.resolve("summary.csv")).stream()
            .filter(
                row ->
                    row.startsWith("direct,3")
                        || row.startsWith("sakd,3")
                        || row.startsWith("teacher"))
            .count());
  }

  private static void assertRefused(String expected, String... options) {
    CommandLines.Answer answer = CommandLines.run(CommandLines.with(List.of("train"), options));
    assertEquals(2, answer.code(), answer.toString());
    assertEquals(1, answer.complaints().size(), answer.err());
    assertTrue(answer.err().contains(expected), answer.err());
  }

  private static void assertResumeRefused(Path run, String expected) {
    assertRefused(expected, "--resume", run.toString());
  }
}
