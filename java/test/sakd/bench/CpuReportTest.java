package sakd.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code benchmarks/report.py}: what it makes of measurements, run by run. */
class CpuReportTest {
  @TempDir private Path folder;

  @BeforeEach
  void needsPython() {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":", -1))
            .anyMatch(place -> Files.isExecutable(Path.of(place, "python3"))),
        "no python3");
  }

  /** A step of ours at this rate beside two of PyTorch, of which the faster makes 10 images/s. */
  private void measure(double rate, int expected, String said)
      throws IOException, InterruptedException {
    String lines =
        String.format(
            Locale.ROOT,
            """
            {"peer": "sakd", "device": "cpu", "isa_limit": null, "model": "m", "step_s_lower": 1, \
            "step_s_upper": 2, "step_s": 1.5, "images_per_s": %.1f, "method": "sakd", "dtype": "F32", \
            "T": 4, "batch": 16, "peak_mib": 1, "operations": [{"name": "conv", "ms": 75, "calls": 1, \
            "gflops": 5}, {"name": "neuron", "ms": 24.9, "calls": 1, "gflops": 0}, {"name": "sgd", \
            "ms": 0.1, "calls": 1, "gflops": 0}]}
            {"peer": "pytorch 2", "threads": 2, "cpu_capability": "AVX512", "way": "eager", \
            "step_s": 2, "images_per_s": 8, "method": "sakd", "dtype": "float32", "batch": 16}
            {"peer": "pytorch 2", "threads": 2, "cpu_capability": "AVX512", "way": "compiled", \
            "step_s": 1.6, "images_per_s": 10, "method": "sakd", "dtype": "float32", "batch": 16}
            """,
            rate);
    Path input = Files.writeString(folder.resolve("lines"), lines);
    Process process =
        new ProcessBuilder(
                "python3",
                "benchmarks/report.py",
                input.toString(),
                folder.resolve("results").toString())
            .redirectErrorStream(true)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(expected, process.waitFor(), out);
    assertTrue(out.contains(said), out);
  }

  private String written() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("results"))) {
      return Files.readString(
          files.filter(f -> f.toString().endsWith(".md")).findFirst().orElseThrow());
    }
  }

  @Test
  void ratiosAreToTheFastestWayAndStayBesideLaterOnes() throws Exception {
    measure(20, 0, ".md");
    assertTrue(written().contains("| sakd F32 | 20.0 | 1000 to 2000 | 8.0 |  | 10.0 | 2.00 | 1 |"));
    assertTrue(written().contains("conv 75.0 %, neuron 24.9 %, others 0.1 %."), written());
    measure(18.5, 0, ".md");
    assertTrue(written().contains("| sakd F32 | 20.0 2.00 | 18.5 1.85 |"), written());
  }

  @Test
  void aRatioThatFallsByMoreThanATenthIsAnError() throws Exception {
    measure(20, 0, ".md");
    measure(17.9, 1, "sakd F32: 1.79 times PyTorch, 2.00 in the run before");
    assertTrue(written().contains("| sakd F32 | 20.0 2.00 | 17.9 1.79 |"), written());
  }
}
