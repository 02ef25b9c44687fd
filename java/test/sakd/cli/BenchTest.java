package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    assertEquals(text, answer.out(), "what was shown is what was written");
    assertEquals("written to " + file, answer.err().lines().reduce("", (a, b) -> b));
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
      assertTrue(row.get(column + 1).matches("[1-9]\\d+"), row.toString());
      assertTrue(row.get(column).matches("-?\\d+\\.\\d %"), row.toString());
    }
    assertEquals(4, table.size());
  }

  /** NCCL has a cost with nobody to add up with. */
  @Test
  void sumsOfAGpuAlone() throws IOException {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    Path file = folder.resolve("cuda.md");
    CommandLines.run(
            "bench", "--quick", "--device", "cuda", "--only", "comm", "--output", file.toString())
        .ok();
    assertEquals(
        List.of("4096 1 float32", "65536 1 float32", "4096 1 bf16", "65536 1 bf16"),
        rows(file).stream().map(row -> String.join(" ", row.subList(1, 4))).toList());
  }

  private static List<String> cells(String row) {
    return Pattern.compile("\\|").splitAsStream(row).map(String::strip).toList();
  }

  @Test
  void whatIsAskedForIsMeasured() throws IOException {
    Path file = folder.resolve("cpu.md");
    run("--only kernels,steps --T 4 --sizes 4K,8192 --nets resnet8 --methods ann,transfer", file)
        .ok();
    assertEquals(
        List.of(
            "4 4096 SAKD",
            "4 8192 SAKD",
            "spiking-resnet8 16x16 ann 2 1",
            "spiking-resnet8 16x16 transfer 2 4"),
        rows(file).stream().map(row -> String.join(" ", row.subList(1, 4))).toList());
  }

  /** Whoever stops bench has the rows until then. */
  @Test
  void theFileIsWholeAfterEveryRow() throws IOException {
    Path file = folder.resolve("cpu.md");
    CommandLines.killAt(
        "| 1 | 4096",
        ("bench --quick --device cpu --only kernels --T 1,4 --sizes 4K --output " + file)
            .split(" "));
    assertEquals(List.of("1"), rows(file).stream().map(row -> row.get(1)).toList());
  }

  @Test
  void whatThereIsNoTimeForIsNamed() throws IOException {
    Path file = folder.resolve("cpu.md");
    run("--only kernels,steps --T 4 --sizes 4K --methods sakd --seconds 1e-9", file).ok();
    assertEquals(List.of(), rows(file));
    String text = Files.readString(file);
    assertTrue(
        text.endsWith(
            "Not measured: batch norm + LIF at T = 4 of 4096 element-steps; spiking-resnet8 16x16"
                + " sakd, T = 4.\n"),
        text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--only kernel                      | kernels",
        "--T 33                             | --T is 33; expected 1 to 32",
        "--T 4,x                            | a whole number",
        "--sizes 64X                        | from 4K to 64G",
        "--sizes 1K                         | from 4K to 64G",
        "--sizes 99999G                     | from 4K to 64G",
        "--nets spiking-resnet17            | did you mean spiking-resnet19?",
        "--methods sakt                     | did you mean sakd?",
        "--seconds 0                        | --seconds is 0; expected more than 0",
        "--only kernels --nets resnet8      | --nets is for steps, which --only leaves out",
        "--only linear,steps --sizes 1M     | --sizes is for kernels",
        "--only linear --T 4                | --T is for kernels or steps",
        "--only kernels --methods direct    | --methods is for steps",
        "--only comm                        | this one is alone; expected two or more",
      })
  void mistakesAreNamed(String options, String expected) {
    CommandLines.Answer answer =
        CommandLines.run(("bench --quick --device cpu " + options).split(" "));
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains(expected), answer.err());
    assertEquals("", answer.out());
  }

  private static CommandLines.Answer run(String options, Path file) {
    return CommandLines.run(
        ("bench --quick --device cpu " + options + " --output " + file).split(" "));
  }

  /** The rows of all tables, without their heads. */
  private static List<List<String>> rows(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    return IntStream.range(2, lines.size())
        .filter(i -> lines.get(i).startsWith("|") && lines.get(i - 1).startsWith("|"))
        .filter(i -> !lines.get(i).contains("---"))
        .mapToObj(i -> cells(lines.get(i)))
        .toList();
  }
}
