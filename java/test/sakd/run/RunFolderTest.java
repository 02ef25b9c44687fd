package sakd.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;
import sakd.data.HeldOut;
import sakd.io.Mutants;
import sakd.task.LossTerms;
import sakd.task.Task;
import sakd.testing.Heard;
import sakd.train.Listener;

class RunFolderTest {
  private static final PrintWriter NOWHERE = new PrintWriter(Writer.nullWriter());
  private static final RunFolder.Console QUIET =
      new RunFolder.Console(NOWHERE, NOWHERE, RunFolder.Printed.STEPS);

  private static final SummaryColumns COLUMNS = new SummaryColumns(Task.CLASSIFICATION);

  @TempDir Path folder;

  private static Listener.EpochSummary epoch(String phase, int epoch, double seconds) {
    return Heard.epoch(phase, epoch, 3, 0.1, Heard.loss(0, 0, 0, 0), 0.5, 0.25, 1, 100, seconds);
  }

  private RunFolder create(Path where, String... args) {
    return RunFolder.create(where, COLUMNS, List.of(args), QUIET);
  }

  private RunFolder open(StringWriter out) {
    PrintWriter both = new PrintWriter(out);
    return RunFolder.open(
        folder, COLUMNS, new RunFolder.Console(both, both, RunFolder.Printed.STEPS));
  }

  @Test
  void argumentsComeBackAsGiven() {
    Path with = folder.resolve("with");
    List<String> args = List.of("--lr", "0.1", "--data-path", "a folder");
    try (RunFolder run = RunFolder.create(with, COLUMNS, args, QUIET)) {
      assertEquals(args, RunArguments.of(with));
      RunArguments.write(run.path(), List.of("--lr", "1"));
      assertEquals(List.of("--lr", "1"), RunArguments.of(with));
    }
    Path without = folder.resolve("without");
    create(without).close();
    assertEquals(List.of(), RunArguments.of(without), "a run without options can be resumed");
  }

  @Test
  void aRunIsNotOverwritten() throws IOException {
    create(folder, "--lr", "1").close();
    UserError e = assertThrows(UserError.class, () -> create(folder));
    assertTrue(e.getMessage().contains("--resume " + folder), e.getMessage());
    assertEquals(List.of("--lr", "1"), RunArguments.of(folder));
    // Nor would its checkpoint be taken for one of a new run.
    Files.delete(folder.resolve("args.txt"));
    Files.createDirectory(folder.resolve("teacher"));
    Files.writeString(folder.resolve("teacher/last.safetensors"), "weights");
    e = assertThrows(UserError.class, () -> create(folder));
    assertTrue(e.getMessage().contains("teacher/last.safetensors"), e.getMessage());
  }

  /** A folder of runs may be a run itself; its runs may be at work. */
  @Test
  void otherFoldersInARunAreNoneOfItsBusiness() throws IOException {
    Path inner = folder.resolve("inner");
    create(inner).close();
    Files.writeString(inner.resolve("last.safetensors"), "weights");
    Path half = Files.writeString(inner.resolve("last.safetensors.00000000.tmp"), "half");
    create(folder).close();
    open(new StringWriter()).close();
    assertTrue(Files.exists(half));
  }

  @Test
  void aFolderThatIsTakenGetsANumber() {
    Path name = folder.resolve("runs/now-net");
    assertEquals(name, RunFolder.unused(name));
    assertEquals(folder.resolve("runs/now-net-2"), RunFolder.unused(name));
    assertEquals(folder.resolve("runs/now-net-3"), RunFolder.unused(name));
  }

  @Test
  void oneAtATime() {
    Path other = folder.resolve("link");
    try (RunFolder run = create(folder, "--lr", "1")) {
      run.say("mine");
      Files.createSymbolicLink(other, folder);
      for (Path path : List.of(folder, other)) {
        UserError e = assertThrows(UserError.class, () -> RunFolder.open(path, COLUMNS, QUIET));
        assertTrue(e.getMessage().contains("being trained by another process"), e.getMessage());
        e = assertThrows(UserError.class, () -> create(path));
        assertTrue(e.getMessage().contains("being trained by another process"), e.getMessage());
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    open(new StringWriter()).close();
  }

  @Test
  void whateverIsPrintedTheLogHasEveryLine() throws IOException {
    create(folder).close();
    Map<RunFolder.Printed, String> printed = new EnumMap<>(RunFolder.Printed.class);
    for (RunFolder.Printed most : RunFolder.Printed.values()) {
      StringWriter results = new StringWriter();
      StringWriter status = new StringWriter();
      var console = new RunFolder.Console(new PrintWriter(results), new PrintWriter(status), most);
      try (RunFolder some = RunFolder.open(folder, COLUMNS, console)) {
        some.step(
            new Listener.StepSummary("sakd", 1, 3, 1, 9, Heard.loss(1, 1, 0, 0), 0.5, 100, 0));
        some.say("an epoch");
        some.warn("a warning");
        some.result("a result");
        assertEquals(folder, some.path());
      }
      assertEquals("a result\n", results.toString());
      printed.put(most, status.toString());
    }
    String step = "sakd epoch 1/3 step 1/9  loss 1.0000  100 images/s\n";
    assertEquals("a warning\n", printed.get(RunFolder.Printed.RESULTS));
    assertEquals("an epoch\na warning\n", printed.get(RunFolder.Printed.EPOCHS));
    assertEquals(step + "an epoch\na warning\n", printed.get(RunFolder.Printed.STEPS));
    assertEquals(
        (step + "an epoch\na warning\na result\n").repeat(3),
        Files.readString(folder.resolve("train.log")));
  }

  @Test
  void anEpochTrainedAgainReplacesItsRowsAndNoOthers() throws IOException {
    try (RunFolder run = create(folder)) {
      run.epoch(epoch("teacher", 1, 7));
      run.epoch(epoch("sakd", 1, 1));
      run.epoch(epoch("sakd", 2, 2));
      run.epoch(epoch("sakd", 3, 4));
    }
    StringWriter out = new StringWriter();
    try (RunFolder run = open(out)) {
      run.epoch(epoch("sakd", 2, 0.5));
      assertEquals(1.5, run.summary().seconds("sakd"), 1e-9);
      assertEquals(7, run.summary().seconds("teacher"), 1e-9);
      assertEquals(0, run.summary().seconds("direct"), 1e-9);
      assertEquals(2, run.summary().epochs("sakd"));
    }
    List<String> rows = Files.readAllLines(folder.resolve("summary.csv"));
    assertEquals(
        List.of("phase,epoch", "teacher,1", "sakd,1", "sakd,2"),
        rows.stream().map(r -> r.substring(0, r.indexOf(',', r.indexOf(',') + 1))).toList());
    assertFalse(out.toString().contains("note"), out.toString());
  }

  /** Whatever a kill left out or cut off is there again, and nothing is said of it. */
  @Test
  void whatAKillLeftIsPutInOrder() throws IOException {
    try (RunFolder run = create(folder, "--lr", "1")) {
      run.say("a line");
      run.epoch(epoch("sakd", 1, 1));
    }
    Path summary = folder.resolve("summary.csv");
    String whole = Files.readString(summary);
    String log = Files.readString(folder.resolve("train.log"));
    Files.writeString(summary, "sakd,2,0.1,0.", StandardOpenOption.APPEND);
    Files.writeString(folder.resolve("train.log"), "sakd epoch 2/3 st", StandardOpenOption.APPEND);
    Files.createDirectory(folder.resolve("teacher"));
    for (String name : List.of("summary.csv", "teacher/best.safetensors", "args.txt")) {
      Files.writeString(folder.resolve(name + ".0123abcd.tmp"), "half");
    }
    StringWriter out = new StringWriter();
    open(out).close();
    assertEquals("", out.toString());
    assertEquals(whole, Files.readString(summary));
    assertEquals(log + "sakd epoch 2/3 st\n", Files.readString(folder.resolve("train.log")));
    try (var files = Files.walk(folder)) {
      assertEquals(List.of(), files.filter(f -> f.toString().endsWith(".tmp")).toList());
    }
    Files.delete(summary);
    Files.delete(folder.resolve("train.log"));
    open(out).close();
    assertEquals(whole.lines().findFirst().orElseThrow() + "\n", Files.readString(summary));
  }

  @Test
  void rowsThatMakeNoSenseAreTakenOutAndSaidOnce() throws IOException {
    try (RunFolder run = create(folder)) {
      for (int e = 1; e <= 6; e++) {
        run.epoch(epoch("sakd", e, e));
      }
    }
    Path summary = folder.resolve("summary.csv");
    List<String> lines = Files.readAllLines(summary);
    // The header, a digit, a share, a separator and a byte that is no UTF-8.
    byte[] damaged =
        String.join(
                "\n",
                lines.get(0).replace("phase", "pha{e"),
                lines.get(1).replace("1.000", "1.p00"),
                lines.get(2),
                lines.get(3).replace("0.250000", "8.250000"),
                lines.get(4),
                lines.get(5).replaceFirst(",", "-"),
                lines.get(6).replaceFirst("a", "\u00e5"),
                "")
            .getBytes(StandardCharsets.ISO_8859_1);
    Files.write(summary, damaged);
    assertEquals(
        List.of(2, 4), new Summary(folder).rows().stream().map(Summary.Row::epoch).toList());
    StringWriter out = new StringWriter();
    open(out).close();
    assertEquals(1, out.toString().lines().count(), out.toString());
    assertTrue(out.toString().contains("summary.csv: 4 rows made no sense"), out.toString());
    assertEquals(List.of(lines.get(0), lines.get(2), lines.get(4)), Files.readAllLines(summary));
    StringWriter again = new StringWriter();
    open(again).close();
    assertEquals("", again.toString());
  }

  /** A phase without a loss that others have, such as the teacher's, has 0 there. */
  @Test
  void aRunHasColumnsForItsFurtherLossesAndItsValidation() throws IOException {
    SummaryColumns columns =
        new SummaryColumns(Task.CLASSIFICATION, List.of("map", "prefix-ce"), HeldOut.VALIDATION);
    Map<String, Double> terms = new LinkedHashMap<>(Heard.loss(0, 1, 2, 3).terms());
    terms.put("map", 4.0);
    terms.put("prefix-ce", 5.0);
    LossTerms loss = new LossTerms(6, terms);
    try (RunFolder run = RunFolder.create(folder, columns, List.of(), QUIET)) {
      run.epoch(epoch("teacher", 1, 1));
      run.epoch(Heard.epoch("sakd", 1, 3, 0.1, loss, 0.5, 0.25, 1, 100, 1));
    }
    Path file = folder.resolve("summary.csv");
    List<String> lines = Files.readAllLines(file);
    assertTrue(lines.get(0).contains(",loss,ce,logits,map,prefix-ce,features,"), lines.get(0));
    // Scores on validation samples are no scores on test samples.
    assertTrue(lines.get(0).contains(",train_top1,val_top1,val_top5,"), lines.get(0));
    assertEquals(HeldOut.VALIDATION, new Summary(folder).heldOut());
    assertEquals(0.25, new Summary(folder).best("sakd"));
    List<Summary.Row> rows = new Summary(folder).rows();
    assertEquals(0, rows.get(0).cell("map"));
    assertEquals(5, rows.get(1).cell("prefix-ce"));
    assertEquals(3, rows.get(1).cell("features"));
    // The run knows its columns, even if the header is lost.
    Files.write(file, lines.subList(1, 3));
    RunFolder.open(folder, columns, QUIET).close();
    assertEquals(lines, Files.readAllLines(file));
  }

  @Test
  void aLogThatCannotBeWrittenIsTheUsersMistake() throws IOException {
    try (RunFolder run = create(folder)) {
      Files.createDirectory(folder.resolve("train.log"));
      UserError e = assertThrows(UserError.class, () -> run.say("a line"));
      assertTrue(e.getMessage().contains("train.log"), e.getMessage());
      assertTrue(e.getMessage().contains("--resume"), e.getMessage());
    }
  }

  /** Whatever became of the rows, what is left of them makes sense and the run goes on. */
  @Test
  void damagedRowsEndNothing() throws IOException {
    try (RunFolder run = create(folder)) {
      for (int e = 1; e <= 3; e++) {
        run.epoch(epoch("teacher", e, 1.5));
        run.epoch(epoch("direct", e, 2));
      }
    }
    Path file = folder.resolve("summary.csv");
    byte[] valid = Files.readAllBytes(file);
    int[] lost = new int[1];
    Mutants.of(valid, valid.length, 0, 1000)
        .forEach(
            mutant -> {
              try {
                Files.write(file, mutant);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
              try (RunFolder run = open(new StringWriter())) {
                Summary rows = run.summary();
                lost[0] += rows.rows().size() < 6 ? 1 : 0;
                assertTrue(rows.best("teacher") <= 1 && rows.seconds("direct") >= 0);
                assertEquals(0, rows.restore(), "it is in order now");
              }
            });
    assertTrue(lost[0] > 250, "only " + lost[0] + " lost a row");
  }
}
