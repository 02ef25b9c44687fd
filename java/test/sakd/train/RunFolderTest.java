package sakd.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.UserError;

class RunFolderTest {
  private static final PrintWriter QUIET = new PrintWriter(Writer.nullWriter());

  @TempDir Path folder;

  private static Listener.EpochSummary epoch(String phase, int epoch, double seconds) {
    return new Listener.EpochSummary(
        phase, epoch, 3, 0.1, new LossTerms(0, 0, 0, 0), 0.5, 0.25, 1, 100, seconds);
  }

  @Test
  void argumentsComeBackAsGiven() {
    Path with = folder.resolve("with");
    List<String> args = List.of("--lr", "0.1", "--data-path", "a folder");
    RunFolder.create(with, args, QUIET);
    assertEquals(args, RunFolder.args(with));
    Path without = folder.resolve("without");
    RunFolder.create(without, List.of(), QUIET);
    assertEquals(List.of(), RunFolder.args(without), "a run without options can be resumed");
  }

  @Test
  void aRunIsNotOverwritten() {
    RunFolder.create(folder, List.of("--lr", "1"), QUIET);
    UserError e = assertThrows(UserError.class, () -> RunFolder.create(folder, List.of(), QUIET));
    assertTrue(e.getMessage().contains("--resume " + folder), e.getMessage());
    assertEquals(List.of("--lr", "1"), RunFolder.args(folder));
  }

  @Test
  void whateverIsPrintedTheLogHasEveryLine() throws IOException {
    RunFolder run = RunFolder.create(folder, List.of(), QUIET);
    Map<RunFolder.Printed, String> printed = new EnumMap<>(RunFolder.Printed.class);
    for (RunFolder.Printed most : RunFolder.Printed.values()) {
      StringWriter out = new StringWriter();
      RunFolder some = RunFolder.open(folder, new PrintWriter(out)).printing(most);
      some.step(
          new Listener.StepSummary("sakd", 1, 3, 1, 9, new LossTerms(1, 1, 0, 0), 0.5, 100, 0));
      some.say("an epoch");
      some.result("a result");
      printed.put(most, out.toString());
    }
    String step = "sakd epoch 1/3 step 1/9  loss 1.0000  100 images/s\n";
    assertEquals("a result\n", printed.get(RunFolder.Printed.RESULTS));
    assertEquals("an epoch\na result\n", printed.get(RunFolder.Printed.EPOCHS));
    assertEquals(step + "an epoch\na result\n", printed.get(RunFolder.Printed.STEPS));
    assertEquals(
        (step + "an epoch\na result\n").repeat(3), Files.readString(folder.resolve("train.log")));
    assertEquals(folder, run.path());
  }

  @Test
  void anEpochTrainedAgainReplacesItsRowsAndNoOthers() throws IOException {
    RunFolder run = RunFolder.create(folder, List.of(), QUIET);
    run.epoch(epoch("teacher", 1, 7));
    run.epoch(epoch("sakd", 1, 1));
    run.epoch(epoch("sakd", 2, 2));
    run.epoch(epoch("sakd", 3, 4));
    RunFolder.open(folder, QUIET).epoch(epoch("sakd", 2, 0.5));
    List<String> rows = Files.readAllLines(folder.resolve("summary.csv"));
    assertEquals(
        List.of("phase,epoch", "teacher,1", "sakd,1", "sakd,2"),
        rows.stream().map(r -> r.substring(0, r.indexOf(',', r.indexOf(',') + 1))).toList());
    assertEquals(1.5, run.seconds("sakd"), 1e-9);
    assertEquals(7, run.seconds("teacher"), 1e-9);
    assertEquals(0, run.seconds("direct"), 1e-9);
  }

  @Test
  void aLogThatCannotBeWrittenIsTheUsersMistake() throws IOException {
    RunFolder run = RunFolder.create(folder, List.of(), QUIET);
    Files.createDirectory(folder.resolve("train.log"));
    UserError e = assertThrows(UserError.class, () -> run.say("a line"));
    assertTrue(e.getMessage().contains("train.log"), e.getMessage());
    assertTrue(e.getMessage().contains("--resume"), e.getMessage());
  }
}
