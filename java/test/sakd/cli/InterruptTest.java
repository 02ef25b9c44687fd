package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import sakd.ranks.World;
import sakd.testing.JavaProcess;

/** Signals to a process of its own; that a training goes on after them is ResumeTest's. */
class InterruptTest {
  /** A step that takes for ever after it has said which exit code the signal asked for. */
  static final class LongStep {
    public static void main(String[] args) throws InterruptedException {
      try (Interrupt interrupt = new Interrupt(World.ALONE)) {
        interrupt.submitted("teacher", 1, 1);
        System.out.println("ready");
        while (true) {
          try {
            interrupt.submitted("teacher", 1, 2);
          } catch (Interrupt.Stopped e) {
            System.out.println(e.getMessage() + ": " + e.code());
            Thread.sleep(60_000);
          }
          Thread.sleep(1);
        }
      }
    }
  }

  @Test
  void theSecondSignalEndsAtOnceWhatTheFirstOnlyAskedToEnd() throws Exception {
    List<String> line = new ArrayList<>(List.of("env", "--default-signal=INT"));
    line.addAll(JavaProcess.command(LongStep.class));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertEquals("ready", out.readLine());
      signal(process, "-TERM");
      assertEquals("epoch 1 of teacher: 143", out.readLine());
      signal(process, "-INT");
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
      assertEquals(130, process.exitValue());
    } finally {
      process.destroyForcibly();
    }
  }

  private static void signal(Process process, String name) throws Exception {
    new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor();
  }
}
