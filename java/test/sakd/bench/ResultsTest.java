package sakd.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
  @TempDir private Path folder;

  @Test
  void whatFailsDoesNotStopTheOthers() throws IOException {
    Path file = folder.resolve("results.md");
    List<String> shown = new ArrayList<>();
    Results results = new Results(file, shown::add, Double.POSITIVE_INFINITY);
    IllegalStateException wrong = new IllegalStateException("a is wrong");
    results.section("Numbers", "Measured.", "Work", "ms");
    results.row(
        "a",
        () -> {
          throw wrong;
        });
    assertEquals("failed: a (a is wrong)", shown.get(shown.size() - 1), "at once");
    results.row("b", () -> List.of("b", "2"));
    assertSame(wrong, assertThrows(IllegalStateException.class, results::end).getCause());
    assertEquals(
        """

        ## Numbers

        Measured.

        | Work | ms |
        | --- | --- |
        | b | 2 |

        Failed: a (a is wrong).
        """,
        Files.readString(file));
  }
}
