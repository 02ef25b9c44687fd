package sakd.device.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sakd.testing.JavaProcess;

/** What OpenMP's runtime itself says it was told, in processes of their own. */
class OpenMpTest {
  /** What the runtime prints when it is loaded. */
  private static String settings(Map<String, String> environment, String... before)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(before));
    line.addAll(JavaProcess.command(Opened.class));
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().keySet().removeIf(name -> name.matches("(OMP|GOMP|KMP)_.*"));
    builder.environment().put("OMP_DISPLAY_ENV", "VERBOSE");
    builder.environment().putAll(environment);
    return JavaProcess.output(builder);
  }

  /** Opens the processor and says what it is. */
  static final class Opened {
    public static void main(String[] args) {
      try (CpuDevice device = CpuDevice.open()) {
        System.out.println(device.description());
      }
    }
  }

  private static void assertSet(String text, String variable, String value) {
    assertTrue(text.contains(variable + " = '" + value + "'"), text);
  }

  @Test
  void threadsAreAsManyAsTheProcessorsLeftToTheProcessAndSleepSoon() throws Exception {
    assumeTrue(CpuDevice.hasCompiler(), "no C++ compiler");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/taskset")), "no taskset");
    String text = settings(Map.of(), "taskset", "-c", oneProcessor());
    assertTrue(text.contains(", 1 core"), text);
    assertSet(text, "OMP_NUM_THREADS", "1");
    assertSet(text, "OMP_WAIT_POLICY", "PASSIVE");
    assertSet(text, "GOMP_SPINCOUNT", "1000");
  }

  @Test
  void whatTheUserSetStays() throws Exception {
    assumeTrue(CpuDevice.hasCompiler(), "no C++ compiler");
    String text = settings(Map.of("OMP_WAIT_POLICY", "ACTIVE", "OMP_NUM_THREADS", "3"));
    assertTrue(text.contains(", 3 threads"), text);
    assertSet(text, "OMP_NUM_THREADS", "3");
    assertSet(text, "OMP_WAIT_POLICY", "ACTIVE");
  }

  /** One that this process may use, as {@code taskset} takes it. */
  private static String oneProcessor() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("Cpus_allowed_list:"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip().split("[-,]")[0])
        .findFirst()
        .orElse("0");
  }
}
