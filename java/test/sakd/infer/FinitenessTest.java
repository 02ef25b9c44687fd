package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.io.WeightFile;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.task.Task;
import sakd.testing.Devices;
import sakd.testing.TinyTraining;
import sakd.train.Listener;
import sakd.train.TrainSettings;
import sakd.train.Trainer;

/** What is not finite is never taken for a class or for weights. */
class FinitenessTest {
  @TempDir Path folder;

  private static String refusal(Runnable work) {
    UserError e = assertThrows(UserError.class, work::run);
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
    return e.getMessage();
  }

  /** Finite weights: all neurons of the last layer fire, and the sum of their weights is not. */
  private static void overflowInTheLastLayer(Parameters parameters) {
    fill(parameters.get("layer2.0.bn2.bias"), 100);
    fill(parameters.get("fc.weight"), 3e38f);
  }

  private static void fill(Parameter p, float value) {
    float[] values = p.get();
    Arrays.fill(values, value);
    p.set(values);
  }

  @Test
  void anEvaluationNamesTheLayerThatOverflows() {
    try (Ops ops = Devices.reference();
        TinyTraining training = new TinyTraining(ops, 1);
        Evaluator evaluator =
            new Evaluator(ops, training.data, 10, DType.F32, Task.CLASSIFICATION)) {
      overflowInTheLastLayer(training.parameters);
      String message =
          refusal(
              () -> evaluator.evaluate(training.student, false, new ClassificationReport(ops, 4)));
      assertTrue(
          message.startsWith(
              "the logits of spots are not finite, first in the activations of fc; "),
          message);
    }
  }

  @Test
  void anEvaluationNamesTheWeightsThatAreNone() {
    try (Ops ops = Devices.reference();
        TinyTraining training = new TinyTraining(ops, 1);
        Evaluator evaluator =
            new Evaluator(ops, training.data, 10, DType.F32, Task.CLASSIFICATION)) {
      training.parameters.get("fc.bias").set(new float[] {0, Float.NaN, 0, 0});
      String message = refusal(() -> evaluator.evaluate(training.student, true));
      assertTrue(message.contains("not finite, first in the weights fc.bias; "), message);
    }
  }

  /** It is the best there was, but it was not recorded as that. */
  @Test
  void aTrainingDoesNotRecordIt() throws IOException {
    try (Ops ops = Devices.reference();
        TinyTraining training = new TinyTraining(ops, 1)) {
      TrainSettings settings = TinyTraining.withoutAverage(2);
      byte[][] before = new byte[2][];
      Listener breaks =
          new Listener() {
            @Override
            public void step(StepSummary s) {}

            @Override
            public void epoch(EpochSummary s) {
              assertEquals(1, s.epoch());
            }

            @Override
            public void gradients(String phase, int epoch, Parameters parameters, double scale) {
              if (epoch == 2) {
                before[0] = read(Trainer.LAST);
                before[1] = read(Trainer.BEST);
                overflowInTheLastLayer(parameters);
              }
            }
          };
      String message = refusal(() -> training.run(folder, settings, false, breaks));
      assertTrue(message.contains("first in the activations of fc"), message);
      assertArrayEquals(before[0], read(Trainer.LAST));
      assertArrayEquals(before[1], read(Trainer.BEST));
    }
  }

  private byte[] read(String file) {
    try {
      return Files.readAllBytes(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e300})
  void aFileOfWeightsIsRefused(double value) {
    Parameters parameters = new Parameters(0);
    parameters.constant("bn1.running_var", 1, 3);
    parameters.constant("fc.bias", 2, 2);
    parameters.allocate(Devices.reference());
    Path path = folder.resolve("w.safetensors");
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("fc.bias", HostTensor.ofFloats(new float[] {1, 1}, 2));
    tensors.put("bn1.running_var", HostTensor.ofDoubles(new double[] {1, value, 1}, 3));
    Safetensors.write(path, Map.of(), tensors);
    String message =
        refusal(() -> Weights.load(WeightFile.read(path), parameters, name -> true, "a net"));
    assertTrue(
        message.startsWith(
            path
                + " holds weights that are not finite, first in bn1.running_var (1 of 3 numbers,"
                + " such as "
                + (float) value
                + ")"),
        message);
    assertEquals(2, parameters.get("fc.bias").get()[0], "nothing is set");
  }

  @Test
  void imagesAreRefused() {
    try (Ops ops = Devices.reference();
        TinyTraining training = new TinyTraining(ops, 1)) {
      float[] pixels = new float[3 * 64];
      pixels[100] = Float.NaN;
      HostTensor images = HostTensor.ofFloats(pixels, 3, 1, 8, 8);
      String message =
          refusal(() -> Predictor.predict(ops, training.student, images, 2, DType.F32));
      assertTrue(message.startsWith("image 1 has a pixel of NaN"), message);
    }
  }
}
