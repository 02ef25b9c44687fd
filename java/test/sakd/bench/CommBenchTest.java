package sakd.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import sakd.testing.ThreadRanks;

/** Sums over ranks are checked and timed: by the first rank for all. */
class CommBenchTest {
  @Test
  void everySizeAndTypeHasARow() {
    List<Integer> sizes = List.of(4096, 40_000);
    List<List<String>> shown =
        ThreadRanks.onReference(
            3,
            ops -> {
              List<String> lines = new ArrayList<>();
              Results results = new Results(null, lines::add, Double.POSITIVE_INFINITY);
              try (CommBench bench = new CommBench(ops, 1)) {
                bench.measure(results, sizes);
              }
              results.end();
              return lines;
            });
    List<String[]> rows =
        shown.get(0).stream().filter(l -> l.startsWith("| 4")).map(l -> l.split("[| ]+")).toList();
    assertEquals(
        List.of("4096 float32", "40000 float32", "4096 bf16", "40000 bf16"),
        rows.stream().map(r -> r[1] + " " + r[3]).toList());
    for (String[] row : rows) {
      assertEquals("3", row[2]);
      double milliseconds = Double.parseDouble(row[4]);
      double rate = Double.parseDouble(row[5]);
      assertTrue(milliseconds > 0, Arrays.toString(row));
      assertEquals(Double.parseDouble(row[1]) / milliseconds * 1e-6, rate, 0.02 + 0.02 * rate);
      assertEquals(rate * 4 / 3, Double.parseDouble(row[6]), 0.02);
    }
    assertEquals(shown.get(0), shown.get(1), "all tell the time of the slowest");
  }
}
