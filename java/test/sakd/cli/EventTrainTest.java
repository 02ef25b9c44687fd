package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.data.event.EventFiles;
import sakd.data.event.Events;

/** Training and evaluation on recordings that a network can learn only from when things happen. */
class EventTrainTest {
  @TempDir Path folder;

  @Test
  void whatDiffersInTimeAloneIsLearnt() throws IOException {
    Path data = recordings(folder.resolve("data"));
    Path run = folder.resolve("run");
    String common =
        " --dataset event-folder --data-path " + data + " --frames-by time --device cpu --amp off";
    String settings =
        " --model spiking-resnet8 --T 2 --epochs 8 --batch-size 10 --lr 0.05 --workers 0 --no-augment";
    CommandLines.run(("train --method direct --output-dir " + run + common + settings).split(" "))
        .ok();
    String weights = run.resolve("best.safetensors").toString();
    String out = CommandLines.run(("eval --weights " + weights + common).split(" ")).ok().out();
    Matcher top1 = Pattern.compile("top-1 (\\S+) %").matcher(out);
    assertTrue(top1.find(), out);
    assertEquals(100, Double.parseDouble(top1.group(1)), 10, out);

    // Recordings of a larger sensor are seen through the one of the training.
    EventFiles.nmnist(data.resolve("test/left/61.bin"), EventFiles.random(1, 200, 20, 20));
    EventFiles.nmnist(data.resolve("test/right/62.bin"), EventFiles.random(2, 200, 20, 20));
    var answer = CommandLines.run(("eval --weights " + weights + common).split(" "));
    assertEquals(0, answer.code(), answer.err());
    assertTrue(answer.err().contains("outside the sensor of 16x16"), answer.err());
    Files.delete(data.resolve("test/left/61.bin"));
    Files.delete(data.resolve("test/right/62.bin"));

    // The teacher sees the mean over time, in which the classes are alike; distillation runs.
    String sakd =
        " --method sakd --teacher-epochs 1 --val-share 0.25 --output-dir " + folder.resolve("sakd");
    String status =
        CommandLines.run(
                ("train" + sakd + common + settings.replace("--epochs 8", "--epochs 1")).split(" "))
            .ok()
            .err();
    assertTrue(status.contains("sakd epoch 1/1"), status);
    assertTrue(
        status.contains("30 training, 10 validation and 20 test recordings in 2 frames of 2x"),
        status);
  }

  /** Events on the left and then on the right, or on the right and then on the left. */
  private static Path recordings(Path root) throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 60; i++) {
      boolean leftFirst = i % 2 == 0;
      Events events = new Events();
      for (int k = 0; k < 200; k++) {
        boolean left = k < 100 == leftFirst;
        int x = random.nextInt(8) + (left ? 0 : 8);
        events.add(x, random.nextInt(16), random.nextBoolean(), k * 10L);
      }
      String part = i < 40 ? "train/" : "test/";
      EventFiles.nmnist(root.resolve(part + (leftFirst ? "left/" : "right/") + i + ".bin"), events);
    }
    return root;
  }
}
