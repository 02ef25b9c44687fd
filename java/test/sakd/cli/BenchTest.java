package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.device.cuda.CudaDevice;

class BenchTest {
  @TempDir private Path folder;

  /** Each part measures something: its rows hold numbers above zero, none is left out. */
  @Test
  void everyPartFillsItsTable() throws IOException {
    Path file = folder.resolve("out/cpu.md");
    CommandLines.Answer answer =
        CommandLines.run("bench", "--quick", "--device", "cpu", "--output", file.toString()).ok();
    String text = Files.readString(file);
    assertTrue(answer.out().startsWith(text), "what was shown is what was written");
    List<String> sections = List.of("Batch norm + LIF", "Training steps", "Linear(n, n) + LIF");
    int[] rows = {2, 2, 1};
    for (int i = 0; i < rows.length; i++) {
      String section = text.substring(text.indexOf("## " + sections.get(i)));
      List<String> table =
          section.substring(3).split("\n## ", 2)[0].lines().filter(l -> l.startsWith("|")).toList();
      assertEquals(2 + rows[i], table.size(), section);
      for (String row : table.subList(2, table.size())) {
        List<String> cells = cells(row);
        assertEquals(cells(table.get(0)).size(), cells.size(), row);
        assertTrue(
            cells.stream()
                    .filter(Pattern.compile("\\d+(\\.\\d+)?( %)?").asMatchPredicate())
                    .filter(c -> Double.parseDouble(c.split(" ")[0]) > 0)
                    .count()
                >= 3,
            row);
      }
    }
  }

  /** On a device that records steps, what is left of a step without the host's part is told. */
  @Test
  void stepsOfAGpuAreRecorded() throws IOException {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    Path file = folder.resolve("cuda.md");
    CommandLines.run(
            "bench", "--quick", "--device", "cuda", "--only", "steps", "--output", file.toString())
        .ok();
    List<List<String>> table =
        Files.readAllLines(file).stream()
            .filter(l -> l.startsWith("|"))
            .map(BenchTest::cells)
            .toList();
    int column = table.get(0).indexOf("Host overhead");
    for (List<String> row : table.subList(2, table.size())) {
      assertTrue(row.get(column).matches("-?\\d+\\.\\d %"), row.toString());
    }
    assertEquals(4, table.size());
  }

  private static List<String> cells(String row) {
    return Pattern.compile("\\|").splitAsStream(row).map(String::strip).toList();
  }

  @Test
  void aPartThatThereIsNotIsAMistake() {
    CommandLines.Answer answer = CommandLines.run("bench", "--only", "kernel");
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("kernels"), answer.err());
  }
}
