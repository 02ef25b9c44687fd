package sakd.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.set.MemoryDataset;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.task.LossTerms;
import sakd.testing.Devices;
import sakd.testing.EventFiles;
import sakd.testing.Heard;
import sakd.testing.ProtobufReader;
import sakd.train.Listener.Start;
import sakd.train.Listener.StepSummary;

class TensorBoardListenerTest {
  private static final int STEPS = 10;
  private static final float[] GRADIENT = {-8, 1, 2, 3, 4, 16, 5, 6, 7, 8, 9, 10};

  @TempDir Path run;

  @Test
  void aFileForEachPhaseFromTheEpochThatWasHeardOfFirst() throws IOException {
    LossTerms labels = Heard.loss(2, 2, 0, 0);
    LossTerms distilled = Heard.loss(3, 1, 0.5, 0.25);
    try (TensorBoardListener listener = new TensorBoardListener(List.of("--T", "4"));
        Ops ops = Devices.reference();
        Parameters parameters = new Parameters(0)) {
      parameters.linear("fc.weight", 2, 3, 2);
      parameters.statistic("bn.running_mean", 0, 3);
      parameters.allocate(ops);
      parameters.get("fc.weight").write(GRADIENT, parameters.get("fc.weight").gradient());
      listener.start(new Start("teacher", run.resolve("teacher"), 1, 2, STEPS, twoImages()));
      listener.step(new StepSummary("teacher", 1, 2, 4, STEPS, labels, 0.5, 100, 0));
      listener.gradients("teacher", 1, parameters, 4);
      listener.epoch(Heard.epoch("teacher", 1, 2, 0.1, labels, 0.5, 0.6, 0.9, 100, 1));
      // A resumed run.
      listener.start(new Start("sakd", run, 3, 4, STEPS, twoImages()));
      listener.firingRates("sakd", 3, Map.of("act1", 0.25));
      listener.epoch(Heard.epoch("sakd", 3, 4, 0.1, distilled, 0.5, 0.7, 0.9, 100, 1));
    }
    Map<String, Long> teacher = steps(EventFiles.read(run.resolve("teacher")));
    assertEquals(1, teacher.get("start"));
    assertEquals(4, teacher.get("loss/mean of the epoch so far"));
    assertEquals(10, teacher.get("loss/total"));
    assertEquals(10, teacher.get("gradients/fc.weight"));
    ProtobufReader gradients = histogram("gradients/fc.weight", run.resolve("teacher"));
    assertEquals(-2, gradients.real64(1), "without the loss scale of 4");
    assertEquals(4, gradients.real64(2));
    assertEquals(1, teacher.get("input 1/dog"));
    assertTrue(!teacher.containsKey("loss/logits") && !teacher.containsKey("gradients/bn"));
    Map<String, Long> sakd = steps(EventFiles.read(run));
    assertEquals(21, sakd.get("start"), "what an older file says of epoch 3 was undone");
    assertEquals(21, sakd.get("settings"));
    assertEquals(30, sakd.get("loss/features"));
    assertEquals(30, sakd.get("firing rate/act1"));
  }

  private static Dataset twoImages() {
    DatasetInfo info =
        new DatasetInfo("two", List.of("cat", "dog"), new float[1], new float[] {1}, false);
    return new MemoryDataset(info, 1, 1, new byte[] {1, 2}, new int[] {0, 1});
  }

  private static ProtobufReader histogram(String tag, Path folder) throws IOException {
    return EventFiles.read(folder).stream()
        .filter(e -> e.has(5))
        .map(e -> e.message(5).message(1))
        .filter(v -> v.text(1).equals(tag))
        .findFirst()
        .orElseThrow()
        .message(5);
  }

  /** The step of every tag, and of the start of the session. */
  private static Map<String, Long> steps(List<ProtobufReader> events) {
    Map<String, Long> steps = new LinkedHashMap<>();
    for (ProtobufReader event : events) {
      if (event.has(7)) {
        steps.put("start", event.integer(2));
      } else if (event.has(5)) {
        steps.put(event.message(5).message(1).text(1), event.integer(2));
      }
    }
    return steps;
  }
}
