package sakd.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code benchmarks/gpu.sh}: what it does with the time, with files and with failures. In the place
 * of the bundle is a script that does what the test tells it to.
 */
class GpuScriptTest {
  private static final Path SCRIPT = Path.of("benchmarks", "gpu.sh").toAbsolutePath();

  @TempDir private Path folder;

  /** What a run answered. */
  private record Answer(int code, String out) {}

  private Answer run(Map<String, String> settings, String... arguments)
      throws IOException, InterruptedException {
    Process process = start(settings, arguments);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Answer(process.waitFor(), out);
  }

  private Process start(Map<String, String> settings, String... arguments) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.concat(Stream.of("sh", SCRIPT.toString()), Stream.of(arguments)).toList());
    builder.directory(folder.toFile()).redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    // Relative: seen from the folder, which is not the repository's.
    environment.putAll(
        Map.of("OUT", "out", "LOADS", "loads", "WORK", "work", "QUICK", "1", "LIMIT", "60"));
    environment.put("PATH", folder.resolve("bin") + ":" + environment.get("PATH"));
    environment.remove("LD_LIBRARY_PATH");
    environment.putAll(settings);
    return builder.start();
  }

  /** A load of call A whose bundle is the script {@code sakd} here. */
  @BeforeEach
  void pack() throws IOException, InterruptedException {
    Path bin = Files.createDirectories(folder.resolve("sakd-linux-x86_64/bin"));
    Path sakd = bin.resolve("sakd");
    Files.writeString(
        sakd,
        """
        #!/bin/sh
        # devices; bench|train ... --output|--output-dir PLACE ...
        set -eu
        here=%s
        echo "$@" >> $here/calls
        command=$1
        if [ "$command" = devices ]; then cat $here/devices; exit 0; fi
        while [ "${1#--output}" = "$1" ]; do shift; done
        if [ "$command" = bench ]; then
          cp $here/table "$2"
          . $here/bench
        else
          mkdir -p "$2/teacher"
          cp $here/train.log "$2/"
          touch "$2/teacher/best.safetensors"
          head -c 20000000 /dev/zero > "$2/best.safetensors"
        fi
        """
            .formatted(folder));
    assertTrue(sakd.toFile().setExecutable(true));
    Files.createDirectories(folder.resolve("loads/A"));
    Files.writeString(folder.resolve("loads/A/version"), "v1\n");
    devices("cuda:0       available a GPU");
    bench("");
    Files.writeString(
        folder.resolve("table"),
        """
        # a machine

        ## Training steps

        | Work | Batch | T | Implementation | Images/s |
        | --- | --- | --- | --- | --- |
        | spiking-resnet8 16x16 sakd | 2 | 4 | SAKD BF16 | 12000.0 |
        | spiking-resnet8 16x16 direct | 2 | 4 | SAKD BF16 | 18000.0 |
        | spiking-resnet8 16x16 ann | 2 | 1 | SAKD BF16 | 60000.0 |
        """);
    Files.createDirectories(folder.resolve("bin"));
    Process tar =
        new ProcessBuilder("tar", "-cJf", "loads/A/bundle.tar.xz", "sakd-linux-x86_64")
            .directory(folder.toFile())
            .start();
    assumeTrue(tar.waitFor() == 0, "xz is missing");
  }

  private void devices(String answer) throws IOException {
    Files.writeString(folder.resolve("devices"), answer + "\n");
  }

  /** What bench does once it has written a row. */
  private void bench(String then) throws IOException {
    Files.writeString(folder.resolve("bench"), then + "\n");
  }

  /** Each task's name and how it ended. */
  private Map<String, String> state() throws IOException {
    Map<String, String> state = new TreeMap<>();
    for (String line : Files.readAllLines(folder.resolve("out/state"))) {
      state.put(line.split(" ")[0], line.split(" ")[1]);
    }
    return state;
  }

  private List<String> calls(String command) throws IOException {
    return Files.readAllLines(folder.resolve("calls")).stream()
        .filter(line -> line.startsWith(command))
        .toList();
  }

  /** How often steps were measured. */
  private long steps() throws IOException {
    return calls("bench").stream().filter(line -> line.contains("--only kernels,steps")).count();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kernel  | 60 | there is no stage 'kernel'; expected native, tests",
        "kernels | 1m | LIMIT is '1m'; expected whole seconds",
        "visit D | 60 | there is no call 'D' of a visit; expected A, B or C",
        "visit B | 60 | call B goes on where A ended, which has not run on this machine",
        "cifar10 | 60 | sakd is not there; expected the unpacked bundle",
        "tests   | 60 | sakd is not there; expected the unpacked bundle",
      })
  void mistakesAreNamed(String arguments, String limit, String expected) throws Exception {
    Answer answer =
        run(Map.of("LIMIT", limit, "SAKD_HOME", "nowhere"), arguments.strip().split(" "));
    assertEquals(2, answer.code, answer.out);
    assertTrue(answer.out.contains(expected), answer.out);
  }

  @Test
  void withoutAGpuAVisitEndsAtOnce() throws Exception {
    devices("cuda         missing   no NVIDIA driver");
    Answer answer = run(Map.of(), "visit", "A");
    assertEquals(1, answer.code, answer.out);
    assertTrue(answer.out.contains("finds no usable cuda"), answer.out);
    assertEquals(Map.of("devices", "failed"), state());
    assertEquals(List.of(), calls("bench"));
  }

  @Test
  void aVisitGoesOnWhereTheLastEnded() throws Exception {
    bench("exit 1");
    assertEquals(0, run(Map.of(), "visit", "A").code);
    assertEquals("failed", state().get("bench-spiking-resnet8"));
    // On the same machine what failed is done again, and what is done is not.
    bench("");
    assertEquals(0, run(Map.of(), "visit", "A").code);
    assertEquals("done", state().get("bench-spiking-resnet8"));
    assertEquals(2, steps());
    // So it is on another, which is handed the state.
    Files.move(folder.resolve("out/state"), folder.resolve("loads/A/state"));
    Answer answer = run(Map.of("WORK", "elsewhere"), "visit", "A");
    assertEquals(0, answer.code, answer.out);
    assertEquals("done", state().get("bench-spiking-resnet8"));
    assertEquals(2, steps());
    assertEquals(answer.out, Files.readString(folder.resolve("out/visit.log")));
  }

  @Test
  void whatIsCutOffLeavesItsRows() throws Exception {
    bench("exec sleep 60");
    // What takes longer than is left is not begun.
    assertEquals(0, run(Map.of("LIMIT", "1"), "visit", "A").code);
    assertFalse(state().containsKey("bench-spiking-resnet8"));
    long start = System.nanoTime();
    assertEquals(0, run(Map.of("LIMIT", "5"), "visit", "A").code);
    assertTrue((System.nanoTime() - start) * 1e-9 < 30);
    assertEquals("unfinished", state().get("bench-spiking-resnet8"));
    assertTrue(Files.readString(folder.resolve("out/tables.md")).contains("| 12000.0 |"));
  }

  /** Whoever takes the machine away during a measurement leaves what there was until then. */
  @Test
  void everythingIsWrittenAsItComes() throws Exception {
    bench("exec sleep 60");
    Process visit = start(Map.of(), "visit", "A");
    try {
      Path running = folder.resolve("out/running.md");
      while (visit.isAlive() && !(Files.exists(running) && Files.size(running) > 0)) {
        Thread.sleep(20);
      }
      assertTrue(Files.readString(running).contains("| 12000.0 |"));
      assertEquals(Map.of("devices", "done", "native", "skipped", "tests", "skipped"), state());
      assertTrue(Files.readString(folder.resolve("out/visit.log")).contains("a GPU"));
    } finally {
      visit.descendants().forEach(ProcessHandle::destroyForcibly);
      visit.destroyForcibly().waitFor();
    }
  }

  /** Epochs follow from the rates that were measured and the time; weights come back in parts. */
  @Test
  void trainingIsAsLongAsTheTimeAllows() throws Exception {
    assertEquals(0, run(Map.of(), "visit", "A").code);
    for (int i = 1; i <= 6; i++) {
      Files.createDirectories(folder.resolve("loads/C"));
      String name = i < 6 ? "data_batch_" + i : "test_batch";
      Files.write(folder.resolve("loads/C/" + name + ".bin"), new byte[3073]);
    }
    Files.writeString(
        folder.resolve("train.log"),
        """
        teacher epoch 24/25  lr 0.1000  loss 1.1  train 80.00 %  test 81.00 % (top-5 98.00 %)  9 images/s  1.5 s
        teacher epoch 25/25  lr 0.1000  loss 1.0  train 90.00 %  test 91.00 % (top-5 99.00 %)  9 images/s  1.5 s

        network                 top-1  firing rate   operations per image   seconds
        teacher (ANN)         91.00 %            -            12.50 M MAC       3.0
        transferred only      10.00 %       0.1219             5.01 M SOP         -

        weights best.safetensors
        """);
    Answer answer = run(Map.of("LIMIT", "320"), "visit", "C");
    assertEquals(0, answer.code, answer.out);
    // (320 - 50) s / (1.35 * 50,000 images * (1/12000 + 1/18000 + 1/60000) s); starting takes some.
    Matcher epochs = Pattern.compile("--epochs 2[0-5] ").matcher(calls("train").get(0));
    assertTrue(epochs.find(), calls("train").get(0));
    String table = Files.readString(folder.resolve("out/cifar10.md"));
    assertTrue(
        table.contains("\n| teacher (ANN) | 25 | 91.00% | - | 12.50 M MAC | 3.0 |\n"), table);
    assertTrue(table.contains("\n| transferred only | - | 10.00% | 0.1219 | 5.01 M SOP | - |\n"));
    assertTrue(calls("train").get(1).contains("--method transfer --teacher "), answer.out);
    assertEquals(4, calls("train").size());
    // A later visit, on another machine, trains what is left for as many epochs, without the rates.
    Files.writeString(
        folder.resolve("work/state"),
        Files.readString(folder.resolve("out/state")).replace("features done", "features failed"));
    Files.delete(folder.resolve("work/tables.md"));
    Files.move(folder.resolve("work/runs"), folder.resolve("elsewhere"));
    assertEquals(0, run(Map.of("LIMIT", "90"), "visit", "C").code);
    assertEquals(5, calls("train").size());
    assertTrue(calls("train").get(4).contains(epochs.group()), "the same");
    assertEquals(15_000_000, Files.size(folder.resolve("out/sakd.safetensors.aa")));
    assertEquals(5_000_000, Files.size(folder.resolve("out/sakd.safetensors.ab")));
  }

  @Test
  void partsOfCifarAreUnpackedAndMissingOnesNamed() throws Exception {
    Path data = Files.createDirectories(folder.resolve("parts"));
    Files.write(data.resolve("data_batch_1.bin"), new byte[3073]);
    Files.write(data.resolve("test_batch.bin"), new byte[2 * 3073]);
    assertEquals(
        0, new ProcessBuilder("xz", "test_batch.bin").directory(data.toFile()).start().waitFor());
    Map<String, String> settings = Map.of("DATA", "parts", "UNPACKED", "whole");
    Answer answer = run(settings, "data");
    assertTrue(
        answer.out.contains(
            "2 of 6 parts; missing: data_batch_2 data_batch_3 data_batch_4 data_batch_5\n"),
        answer.out);
    assertEquals(2 * 3073, Files.size(folder.resolve("whole/test_batch.bin")));
    settings = new TreeMap<>(settings);
    settings.put("SAKD_HOME", "sakd-linux-x86_64");
    answer = run(settings, "cifar10");
    assertEquals(2, answer.code, answer.out);
    assertTrue(answer.out.contains("CIFAR-10 is not complete"), answer.out);
  }
}
