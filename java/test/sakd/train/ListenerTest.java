package sakd.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.device.DType;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.testing.Devices;
import sakd.testing.TinyTraining;

/** What a training tells, and when. */
class ListenerTest {
  @TempDir Path folder;

  private final List<String> heard = new ArrayList<>();
  private final List<Double> norms = new ArrayList<>();
  private final List<Double> scales = new ArrayList<>();

  private final Listener recorder =
      new Listener() {
        @Override
        public void start(Start s) {
          heard.add("start at " + s.epoch() + " of " + s.epochs() + ", " + s.steps() + " steps");
        }

        @Override
        public void submitted(String phase, int epoch, int step) {
          heard.add("submitted " + epoch + "." + step);
        }

        @Override
        public void checked(StepSummary s) {
          assertTrue(s.accuracy() >= 0 && s.accuracy() <= 1, s.toString());
          heard.add("checked " + s.epoch() + "." + s.step());
        }

        @Override
        public void step(StepSummary s) {
          heard.add("step " + s.epoch() + "." + s.step());
        }

        @Override
        public void gradients(String phase, int epoch, Parameters parameters, double lossScale) {
          double squares = 0;
          for (Parameter p : parameters.all()) {
            for (float g : p.trained() ? p.read(p.gradient()) : new float[0]) {
              squares += g / lossScale * (g / lossScale);
            }
          }
          norms.add(Math.sqrt(squares));
          scales.add(lossScale);
          heard.add("gradients " + epoch);
        }

        @Override
        public void firingRates(String phase, int epoch, Map<String, Double> rates) {
          assertTrue(rates.values().stream().allMatch(r -> r >= 0 && r < 1), rates.toString());
          assertTrue(rates.values().stream().anyMatch(r -> r > 0), rates.toString());
          heard.add("rates " + epoch);
        }

        @Override
        public void epoch(EpochSummary s) {
          heard.add("epoch " + s.epoch());
        }
      };

  private void train(int epochs, DType storage, boolean resume) {
    try (Ops ops = Devices.reference();
        TinyTraining training = new TinyTraining(ops, 1)) {
      training.run(
          folder,
          TinyTraining.settings(epochs, TrainSettings.Algorithm.SGD, storage),
          resume,
          recorder);
    }
  }

  @Test
  void hearsOfStepsEpochsAndAResumedRun() {
    train(1, DType.F32, false);
    int steps = TinyTraining.IMAGES / TinyTraining.BATCH + 1;
    assertEquals("start at 1 of 1, " + steps + " steps", heard.get(0));
    assertEquals(
        List.of("submitted 1.1", "submitted 1.2", "checked 1.2", "step 1.2", "submitted 1.3"),
        heard.subList(1, 6));
    int end = heard.size();
    assertEquals(
        List.of("submitted 1." + steps, "checked 1." + steps, "gradients 1", "rates 1", "epoch 1"),
        heard.subList(end - 5, end));
    heard.clear();
    train(1, DType.F32, true);
    assertEquals(List.of(), heard, "nothing is left to train");
    train(2, DType.F32, true);
    assertEquals("start at 2 of 2, " + steps + " steps", heard.get(0));
  }

  @Test
  void gradientsComeWithTheLossScaleTheyWereMadeWith() {
    train(1, DType.F32, false);
    train(1, DType.F16, false);
    assertEquals(1, scales.get(0));
    assertTrue(scales.get(1) > 1000, scales.toString());
    assertEquals(1, norms.get(1) / norms.get(0), 0.2, norms.toString());
  }
}
