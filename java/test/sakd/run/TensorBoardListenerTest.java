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
import sakd.data.HeldOut;
import sakd.data.set.MemoryDataset;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.task.LossTerms;
import sakd.task.Task;
import sakd.testing.Devices;
import sakd.testing.EventFiles;
import sakd.testing.Heard;
import sakd.testing.ProtobufReader;
import sakd.train.Listener.Ended;
import sakd.train.Listener.Start;
import sakd.train.Listener.StepSummary;

class TensorBoardListenerTest {
  private static final int STEPS = 10;
  private static final float[] GRADIENT = {-8, 1, 2, 3, 4, 16, 5, 6, 7, 8, 9, 10};

  private static final Map<String, Object> SETTINGS =
      Map.of("lr", 0.1, "decay-input", true, "model", "resnet8");

  @TempDir Path run;

  @Test
  void aFileForEachPhaseFromTheEpochThatWasHeardOfFirst() throws IOException {
    LossTerms labels = Heard.loss(2, 2, 0, 0);
    LossTerms distilled = Heard.loss(3, 1, 0.5, 0.25);
    try (TensorBoardListener listener = new TensorBoardListener(List.of("--T", "4"), SETTINGS);
        Ops ops = Devices.reference();
        Parameters parameters = new Parameters(0)) {
      parameters.linear("fc.weight", 2, 3, 2);
      parameters.statistic("bn.running_mean", 0, 3);
      parameters.allocate(ops);
      parameters.get("fc.weight").write(GRADIENT, parameters.get("fc.weight").gradient());
      listener.start(new Start("teacher", run.resolve("teacher"), 1, 0, 2, STEPS, twoImages()));
      listener.step(new StepSummary("teacher", 1, 2, 4, STEPS, labels, 0.5, 100, 0));
      listener.gradients("teacher", 1, parameters, 4);
      listener.epoch(Heard.epoch("teacher", 1, 2, 0.1, labels, 0.5, 0.6, 0.9, 100, 1));
      listener.ended(new Ended(Task.CLASSIFICATION, "teacher", 1, 1, HeldOut.TEST, 1, 0.6));
      // A resumed run, which is over before the listener hears of an end.
      listener.start(new Start("sakd", run, 3, 0, 4, STEPS, twoImages()));
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
    Map<String, Object> hparams = new LinkedHashMap<>(SETTINGS);
    hparams.put("phase", "teacher");
    assertEquals(hparams, hparams(run.resolve("teacher")));
    assertEquals(10, teacher.get("_hparams_/session_end_info"));
    int success = 1;
    assertEquals(
        success,
        plugin("_hparams_/session_end_info", run.resolve("teacher")).message(4).integer(1));
    Map<String, Long> sakd = steps(EventFiles.read(run));
    assertEquals(21, sakd.get("start"), "what an older file says of epoch 3 was undone");
    assertEquals(21, sakd.get("settings"));
    assertEquals("sakd", hparams(run).get("phase"));
    assertTrue(!sakd.containsKey("_hparams_/session_end_info"));
    assertEquals(30, sakd.get("loss/features"));
    assertEquals(30, sakd.get("firing rate/act1"));
  }

  private static Dataset twoImages() {
    DatasetInfo info =
        new DatasetInfo("two", List.of("cat", "dog"), new float[1], new float[] {1}, false);
    return new MemoryDataset(info, 1, 1, new byte[] {1, 2}, new int[] {0, 1});
  }

  /** What the plug-in for HPARAMS is told under a tag. */
  private static ProtobufReader plugin(String tag, Path folder) throws IOException {
    ProtobufReader data = tagged(tag, folder).message(9).message(1);
    assertEquals("hparams", data.text(1));
    return data.message(2);
  }

  private static Map<String, Object> hparams(Path folder) throws IOException {
    Map<String, Object> values = new LinkedHashMap<>();
    ProtobufReader info = plugin("_hparams_/session_start_info", folder).message(3);
    for (byte[] bytes : info.all(1, byte[].class)) {
      ProtobufReader entry = new ProtobufReader(bytes);
      ProtobufReader value = entry.message(2);
      values.put(
          entry.text(1),
          value.has(2)
              ? (Object) value.real64(2)
              : value.has(4) ? value.integer(4) == 1 : value.text(3));
    }
    return values;
  }

  private static ProtobufReader histogram(String tag, Path folder) throws IOException {
    return tagged(tag, folder).message(5);
  }

  private static ProtobufReader tagged(String tag, Path folder) throws IOException {
    return EventFiles.read(folder).stream()
        .filter(e -> e.has(5))
        .map(e -> e.message(5).message(1))
        .filter(v -> v.text(1).equals(tag))
        .findFirst()
        .orElseThrow();
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
