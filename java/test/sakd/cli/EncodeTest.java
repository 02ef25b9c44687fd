package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.data.event.EventFiles;
import sakd.io.WeightFile;

/** Networks that see spikes of still images. */
class EncodeTest {
  @TempDir Path folder;
  private Path data;

  @BeforeEach
  void files() throws IOException {
    data = CommandLines.data(folder);
  }

  private List<String> args(String options) {
    String usual =
        "train --data-path "
            + data
            + " --model spiking-resnet8 --device cpu --amp off --batch-size 20 --lr 0.05 ";
    return List.of((usual + options).split(" "));
  }

  /** Trained, taught by an ANN that sees the images, evaluated and exported as it was trained. */
  @Test
  void aRunFromTeacherToExport() throws IOException {
    Path run = folder.resolve("run");
    String how = "--encode poisson --method sakd --feature-weight 1 --teacher-epochs 1 --epochs 1 ";
    String said = CommandLines.run(args(how + "--output-dir " + run)).ok().err();
    assertTrue(said.contains("spiking-resnet8, LIF, T = 4, poisson encoding, activations"), said);
    Path weights = run.resolve("best.safetensors");
    assertEquals("poisson", WeightFile.read(weights).metadata().get("sakd.encode"));
    Path teacher = run.resolve("teacher/best.safetensors");
    assertFalse(WeightFile.read(teacher).metadata().containsKey("sakd.encode"));
    assertTrue(Files.readString(run.resolve("config.yaml")).contains("\nencode: poisson\n"));
    String card = Files.readString(run.resolve("README.md"));
    assertTrue(card.contains("spikes of pixels in [0, 1] (poisson encoding)"), card);

    // The same spikes, whatever else is in a batch.
    String eval = "eval --data-path " + data + " --device cpu --amp off --weights " + weights;
    String all = CommandLines.run(eval.split(" ")).ok().out();
    assertTrue(all.contains("T = 4, poisson encoding, on 20 images"), all);
    assertEquals(all, CommandLines.run((eval + " --batch-size 3").split(" ")).ok().out());
    CommandLines.assertMistake(
        "makes spikes of pixels (poisson encoding)", List.of((eval + " --mean 0.1").split(" ")));

    Path onnx = folder.resolve("net.onnx");
    String written =
        CommandLines.run("export", "--weights", weights.toString(), "--output", onnx.toString())
            .ok()
            .err();
    assertTrue(written.contains("whose input is the spikes of poisson encoding"), written);

    String config = run.resolve("config.yaml").toString();
    String again = CommandLines.run("train", "--config", config, "--dry-run").ok().out();
    assertTrue(again.contains("T = 4, poisson encoding"), again);
  }

  @Test
  void latencyTrainsAndMistakesAreNamed() throws IOException {
    Path run = folder.resolve("run");
    String said =
        CommandLines.run(args("--encode latency --method direct --epochs 1 --output-dir " + run))
            .ok()
            .err();
    assertTrue(said.contains("T = 4, latency encoding"), said);
    Path weights = run.resolve("best.safetensors");
    assertEquals("latency", WeightFile.read(weights).metadata().get("sakd.encode"));
    CommandLines.assertMistake(
        "--encode latency tells pixels apart by when they spike, and --T is 1",
        args("--encode latency --method direct --T 1"));
    CommandLines.assertMistake("--encode", args("--encode rate"));
    Path events = folder.resolve("events");
    for (String name : List.of("a", "b")) {
      for (int i = 0; i < 4; i++) {
        EventFiles.nmnist(
            events.resolve(name + "/" + i + ".bin"), EventFiles.random(i, 300, 32, 32));
      }
    }
    CommandLines.Answer answer =
        CommandLines.run(
            ("train --method direct --encode poisson --device cpu --data-path " + events)
                .split(" "));
    assertEquals(2, answer.code());
    assertTrue(
        answer.err().contains("--encode poisson is for still images, but event-folder holds"),
        answer.err());
  }
}
