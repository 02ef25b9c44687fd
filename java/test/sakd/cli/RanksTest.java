package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.testing.JavaProcess;
import sakd.testing.MpiRanks;

/** Processes that mpirun starts for one {@code train}, some of which are lost. */
class RanksTest {
  @TempDir Path parent;

  @BeforeEach
  void mpi() {
    MpiRanks.assumeThere();
  }

  private List<String> train(Path run, String... more) throws IOException {
    return CommandLines.with(
        List.of(
            "train",
            "--data-path",
            CommandLines.data(parent).toString(),
            "--model",
            "spiking-resnet8",
            "--T",
            "1",
            "--method",
            "direct",
            "--batch-size",
            "20",
            "--epochs",
            "1000",
            "--device",
            "cpu",
            "--output-dir",
            run.toString()),
        more);
  }

  /** A training of several processes that has begun, with its output from there on. */
  private static final class Begun implements AutoCloseable {
    final Process launcher;
    final List<String> lines = new ArrayList<>();
    private final BufferedReader out;

    Begun(ProcessBuilder program) throws IOException {
      launcher = program.redirectErrorStream(true).start();
      out = launcher.inputReader();
      await("direct epoch 2/");
    }

    private void await(String start) throws IOException {
      String line;
      while ((line = out.readLine()) != null) {
        lines.add(line);
        if (line.startsWith(start)) {
          return;
        }
      }
      throw new AssertionError(start + " is not among " + lines);
    }

    ProcessHandle rank(int rank) throws IOException {
      for (ProcessHandle process : launcher.descendants().toList()) {
        String environment = Files.readString(Path.of("/proc/" + process.pid() + "/environ"));
        if (environment.contains("OMPI_COMM_WORLD_RANK=" + rank + "\0")
            || environment.contains("PMI_RANK=" + rank + "\0")) {
          return process;
        }
      }
      throw new AssertionError("no rank " + rank);
    }

    void signal(String name, int rank) throws Exception {
      String process = Long.toString(rank(rank).pid());
      new ProcessBuilder("kill", "-" + name, process).start().waitFor();
    }

    /** The lines that say why the processes have ended, in the end. */
    List<String> reasons() throws IOException, InterruptedException {
      List<String> reasons = new ArrayList<>();
      String line;
      while ((line = out.readLine()) != null) {
        if (line.matches("(rank \\d: )?(error: |stopped ).*")) {
          reasons.add(line);
        }
        lines.add(line);
      }
      assertTrue(launcher.waitFor(30, TimeUnit.SECONDS), "" + lines);
      return reasons.stream().sorted().toList();
    }

    @Override
    public void close() {
      launcher.descendants().forEach(ProcessHandle::destroyForcibly);
      launcher.destroyForcibly();
    }
  }

  private Begun begin(int ranks, Path run, String... more) throws IOException {
    return new Begun(MpiRanks.program(ranks, Main.class, train(run, more).toArray(String[]::new)));
  }

  @Test
  void aKilledRankIsNamedByTheOthersAndOneProcessGoesOn() throws Exception {
    Path run = parent.resolve("run");
    String goOn = "; go on with: sakd train --resume " + run;
    try (Begun begun = begin(3, run)) {
      long process = begun.rank(1).pid();
      begun.signal("KILL", 1);
      long killed = System.nanoTime();
      List<String> reasons = begun.reasons();
      assertTrue(System.nanoTime() - killed < 10_000_000_000L);
      assertEquals(2, reasons.size(), "" + begun.lines);
      assertTrue(reasons.get(0).startsWith("error: rank 1 ("), reasons.get(0));
      assertTrue(reasons.get(1).startsWith("rank 2: error: rank 1 ("), reasons.get(1));
      for (String reason : reasons) {
        assertTrue(
            reason.endsWith(", process " + process + ") has ended before the others" + goOn),
            reason);
      }
      assertTrue(Files.readString(run.resolve("train.log")).contains(reasons.get(0)));
    }
    try (var files = Files.walk(run)) {
      assertEquals(0, files.filter(f -> f.toString().endsWith(".tmp")).count());
    }
    int done = CommandLines.epochs(run).size() - 1;
    CommandLines.run("train", "--resume", run.toString(), "--epochs", "" + (done + 1)).ok();
    assertEquals(done + 2, CommandLines.epochs(run).size());
  }

  @Test
  void aRankThatFallsBehindIsNamed() throws Exception {
    Path run = parent.resolve("run");
    try (Begun begun = begin(2, run, "--comm-timeout", "2")) {
      begun.signal("STOP", 1);
      List<String> reasons = begun.reasons();
      // When mpirun wakes the rank that was stopped, that may hear of itself.
      assertTrue(reasons.get(0).startsWith("error: rank 1 ("), "" + begun.lines);
      assertTrue(reasons.get(0).contains(" is behind: it has begun "), reasons.get(0));
      assertTrue(reasons.get(0).contains(" longer than 2 s (--comm-timeout); go on with"));
    }
  }

  @Test
  void devicesStartsTheProcessesAndASignalStopsThem() throws Exception {
    Path run = parent.resolve("run");
    List<String> program =
        new ArrayList<>(JavaProcess.command(Main.class, "-XX:TieredStopAtLevel=1", "-Xmx512m"));
    program.addAll(train(run, "--devices", "2"));
    try (Begun begun = new Begun(new ProcessBuilder(program))) {
      assertTrue(
          begun.lines.stream().anyMatch(l -> l.contains("shared by 2 processes")),
          "" + begun.lines);
      assertEquals(1, begun.lines.stream().filter(l -> l.startsWith("device ")).count());
      begun.signal("TERM", 1);
      List<String> reasons = begun.reasons();
      assertEquals(1, reasons.size(), "" + begun.lines);
      assertTrue(reasons.get(0).startsWith("stopped by a signal to rank 1 ("), reasons.get(0));
      assertEquals(143, begun.launcher.exitValue());
      assertFalse(Files.readString(run.resolve("args.txt")).contains("--devices"));
    }
  }

  @Test
  void anErrorOfAllIsPrintedOnce() throws Exception {
    Process process =
        MpiRanks.program(2, Main.class, "train", "--data-path", parent.resolve("no").toString())
            .redirectErrorStream(true)
            .start();
    List<String> errors =
        process.inputReader().lines().filter(line -> line.contains("error: ")).toList();
    assertEquals(1, errors.size(), "" + errors);
    assertTrue(errors.get(0).startsWith("error: no folder or archive "), errors.get(0));
    assertEquals(2, process.waitFor());
  }
}
