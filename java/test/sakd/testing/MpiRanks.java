package sakd.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import sakd.ranks.World;

/** Programs of the tests that {@code mpirun} starts several times. */
public final class MpiRanks {
  /** Prints on the error stream. */
  public static final World.Ending ENDING =
      new World.Ending() {
        @Override
        public void print(String line, int code) {
          System.err.println(line);
        }

        @Override
        public void exit(int code) {
          Runtime.getRuntime().halt(code);
        }
      };

  private MpiRanks() {}

  /** Skips the test where there is no MPI. */
  public static void assumeThere() {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "mpirun"))),
        "no mpirun; Debian: apt-get install openmpi-bin");
  }

  /** What runs the class in so many processes, more than there are processors too. */
  public static ProcessBuilder program(int ranks, Class<?> main, String... arguments) {
    List<String> line = new ArrayList<>(List.of("mpirun", "-np", Integer.toString(ranks)));
    // Ranks are bound to processors otherwise, and those of several tests to the same.
    line.addAll(List.of("--oversubscribe", "--bind-to", "none"));
    // The second compiler would be busy for longer than such programs run.
    line.addAll(
        JavaProcess.command(main, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"));
    line.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT", "1");
    builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    return builder;
  }

  /** What they print when all end well. */
  public static String output(int ranks, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    return JavaProcess.output(program(ranks, main, arguments));
  }

  /** How often a line is in a text. */
  public static void assertLines(int times, String line, String text) {
    assertEquals(times, text.lines().filter(line::equals).count(), text);
  }
}
