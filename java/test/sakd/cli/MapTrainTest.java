package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training with the teacher's map of the class and with noise on logits, and what is refused. */
class MapTrainTest {
  @TempDir static Path shared;
  private static Path data;
  private static Path teacher;

  @BeforeAll
  static void teacher() throws IOException {
    data = CommandLines.data(shared);
    Path run = shared.resolve("teacher");
    CommandLines.run(train(run, "--method ann --teacher-epochs 2")).ok();
    teacher = run.resolve("best.safetensors");
  }

  private static List<String> train(Path output, String options) {
    return CommandLines.with(
        List.of("train", "--data-path", data.toString(), "--output-dir", output.toString()),
        ("--device cpu --T 2 --batch-size 20 "
                + (options.contains("--model") ? "" : "--model spiking-resnet8 ")
                + options)
            .split(" ", -1));
  }

  private static double last(Path run, String column) throws IOException {
    List<String> lines = Files.readAllLines(run.resolve("summary.csv"));
    String[] last = lines.get(lines.size() - 1).split(",", -1);
    return Double.parseDouble(last[List.of(lines.get(0).split(",", -1)).indexOf(column)]);
  }

  /** With what else changes labels, logits and memory. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "sakd;     --kd-map 1 --kd-noise 0.1 --kd-temperature 2 --mixup 0.2",
        "sakd;     --kd-map 2 --feature-weight 0 --checkpoint-activations --grad-accum-steps 2",
        "features; --kd-map 0.5 --no-augment",
        "logits;   --kd-noise 0.5 --kd-head 0.5 --every-step",
      })
  void trains(String method, String options) throws IOException {
    Path run = shared.resolve("run" + options.hashCode());
    String all = "--epochs 2 --method " + method + " " + options + " --teacher " + teacher;
    CommandLines.run(train(run, all)).ok();
    String log = Files.readString(run.resolve("train.log"));
    boolean map = options.contains("--kd-map");
    assertEquals(map, log.contains(", map "), log);
    double sum = last(run, "ce");
    if (map) {
      assertTrue(last(run, "map") > 0, log);
      sum += last(run, "map") * Double.parseDouble(options.split(" ", -1)[1]);
    }
    if (!method.equals("features")) {
      assertTrue(last(run, "logits") > 0, log);
      sum += last(run, "logits");
    }
    if (options.contains("--feature-weight 0")) {
      assertEquals(0, last(run, "features"));
    } else if (!method.equals("logits")) {
      sum += 100 * last(run, "features");
    }
    assertEquals(last(run, "loss"), sum, 1e-3 * sum, "the weighted sum of its terms");
  }

  /** The noise is drawn by seed and batch: the same settings draw the same numbers. */
  @Test
  void settingsGoThroughConfigYaml() throws IOException {
    String options =
        "--method sakd --kd-map 1 --kd-noise 0.3 --workers 0 --teacher " + teacher + " --epochs ";
    Path whole = shared.resolve("whole");
    CommandLines.run(train(whole, options + 2)).ok();
    CommandLines.run(
            "train",
            "--config",
            whole.resolve("config.yaml").toString(),
            "--output-dir",
            shared.resolve("again").toString())
        .ok();
    assertEquals(lossesOf(whole), lossesOf(shared.resolve("again")), "from config.yaml");
    assertTrue(
        Files.readString(whole.resolve("config.yaml")).contains("kd-noise: 0.3"), "it is written");
  }

  private static List<String> lossesOf(Path run) throws IOException {
    return Files.readAllLines(run.resolve("summary.csv")).stream()
        .map(line -> line.substring(0, line.lastIndexOf(',', line.lastIndexOf(',') - 1)))
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--kd-map -1; --kd-map is -1|0 or more",
        "--kd-map x; --kd-map is x|number",
        "--kd-noise -0.1; --kd-noise is -0.1|0 or more",
        "--kd-map 1 --model spiking-resnet19; --kd-map|resnet19 has more layers|leave --kd-map out",
        "--kd-map 1 --model spiking-resnet18 --stem imagenet; resnet18 leaves one of 28x28|larger",
        "--kd-map 1 --teacher-model resnet18; --kd-map|resnet18 is of 4x4|resnet8 of 7x7|one size",
      })
  void isRefused(String options, String expected) {
    CommandLines.assertMistake(expected, train(shared.resolve("none"), options));
  }
}
