package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.model.DetectionSpec;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Networks;
import sakd.ops.Neuron;
import sakd.testing.UntrainedFiles;

/** Each mistake about objects in boxes is one line and exit code 2, before anything is written. */
class DetectMistakesTest {
  @TempDir static Path shared;

  private static void assertRefused(String expected, List<String> train, String... options) {
    List<String> args = new ArrayList<>(train);
    for (String option : options) {
      int at = args.indexOf(option);
      if (option.startsWith("--") && at >= 0) {
        args.subList(at, at + 2).clear();
      }
    }
    args.addAll(Arrays.asList(options));
    CommandLines.assertMistake(expected, args);
    assertFalse(Files.exists(output()), "nothing is written");
  }

  private static Path output() {
    return shared.resolve("none");
  }

  /** A training of a network on a bundled set, for classes if it is null. */
  private static List<String> other(String dataset, String model) {
    List<String> args = new ArrayList<>(List.of("train", "--output-dir", output().toString()));
    args.addAll(List.of("--model", model, "--device", "cpu"));
    if (dataset != null) {
      args.addAll(List.of("--dataset", dataset));
    }
    return args;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--mixup;           0.2;   --mixup is for|these have boxes|leave it out",
        "--cutmix;          1;     --cutmix is for|these have boxes|leave it out",
        "--right-steps;     0.5;   --right-steps is for|these have boxes|leave it out",
        "--entropy;         0.1;   --entropy is for|these have boxes|leave it out",
        "--kd-head;         0.5;   --kd-head is for|these have boxes|leave it out",
        "--kd-map;          1;     --kd-map is for|these have boxes|leave it out",
        "--kd-noise;        0.1;   --kd-noise is for|these have boxes|leave it out",
        "--label-smoothing; 0.1;   --label-smoothing is for|these have boxes|leave it out",
        "--output-stride;   16;    --output-stride is for segmentation|not for spiking-retinanet-",
        "--head;            relu;  --head is relu|spiking, ann",
        "--fpn-channels;    0;     --fpn-channels is 0|1",
        "--fpn-channels;    x;     --fpn-channels is x|whole number",
        "--box-weight;      -1;    --box-weight is -1",
        "--pyramid-weight;  -1;    --pyramid-weight is -1",
        "--scale-jitter;    0.01,2;     --scale-jitter is 0.01,2.0|0.1 to 10",
        "--scale-jitter;    1,11;       --scale-jitter is 1.0,11.0|0.1 to 10",
        "--scale-jitter;    1.25,0.8;   --scale-jitter is 1.25,0.8|a least and a greatest factor",
        "--scale-jitter;    1;          --scale-jitter is 1.0|a least and a greatest factor",
        "--scale-jitter;    0.8,1,1.25; --scale-jitter is 0.8,1.0,1.25|least",
        "--scale-jitter;    NaN,2;      --scale-jitter is NaN|expected a finite number",
        "--base-size;       16;    --base-size is 16|32 to 4096",
        "--image-size;      64;    --image-size is for|box-shapes|expected --base-size",
        "--shortcut;        c;     --shortcut is c|a, b",
      })
  void valuesOfTrain(String flag, String value, String expected) {
    assertRefused(expected, BoxLines.train(output()), flag, value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "spiking-resnet18;      spiking-resnet18, which finds one class a picture"
            + "|box-shapes have objects with boxes|spiking-retinanet-resnet",
        "spiking-fcn-resnet18;  a class for every pixel|have objects with boxes",
        "retinanet-resnet9;     retinanet-resnet9|did you mean retinanet-resnet8?",
      })
  void networksForOtherTargets(String model, String expected) {
    assertRefused(expected, other("box-shapes", model));
  }

  @Test
  void switchesOfOtherTasks() {
    assertRefused(
        "--every-step is for|these have boxes|leave it out",
        BoxLines.train(output()),
        "--every-step");
    assertRefused(
        "--aux is for segmentation networks, not for spiking-retinanet-resnet8|leave it out",
        BoxLines.train(output()),
        "--no-aux");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      nullValues = "-",
      value = {
        "-;      spiking-resnet8;     --fpn-channels;   8;     for detection networks|leave it out",
        "shapes; spiking-fcn-resnet8; --fpn-channels;   8;     for detection networks|leave it out",
        "-;      spiking-resnet8;     --box-weight;     1;     is for detectors|leave it out",
        "shapes; spiking-fcn-resnet8; --box-weight;     1;     is for detectors|leave it out",
        "-;      spiking-resnet8;     --pyramid-weight; 1;     is for detectors|leave it out",
        "shapes; spiking-fcn-resnet8; --pyramid-weight; 1;     is for detectors|leave it out",
        "-;      spiking-resnet8;     --head;           ann;   segmentation and detection|leave it out",
        "-;      spiking-resnet8;     --scale-jitter;   1,1;   objects in boxes|leave it out",
        "shapes; spiking-fcn-resnet8; --scale-jitter;   1,1;   objects in boxes|leave it out",
      })
  void optionsOfDetectionElsewhere(
      String dataset, String model, String flag, String value, String expected) {
    assertRefused(flag + " is for|" + expected, other(dataset, model), flag, value);
  }

  @Test
  void aDetectorForOtherSamples() {
    assertRefused(
        "spiking-retinanet-resnet18, which finds objects with boxes|shapes have masks|spiking-fcn-",
        other("shapes", "spiking-retinanet-resnet18"));
    assertRefused(
        "spiking-retinanet-resnet18, which finds objects with boxes|have one class each|spiking-res",
        other(null, "spiking-retinanet-resnet18"));
  }

  /** A file of an untrained ANN. */
  private static Path weights(String name, String... classes) throws IOException {
    Path file = shared.resolve(name + ".safetensors");
    DetectionSpec spec = (DetectionSpec) Networks.named("retinanet-resnet8");
    ModelFile model = new ModelFile(spec.withPyramidChannels(8), Neuron.RELU, 1, 3, classes.length);
    List<Float> half = List.of(0.5f, 0.5f, 0.5f);
    return UntrainedFiles.safetensors(
        file, model, new ImageSpec(32, 32, 32, half, half, List.of(classes)));
  }

  @Test
  void aTeacherOfOtherClassesOrAnotherWidth() throws IOException {
    Path fewer = weights("fewer", "background", "circle", "square");
    assertRefused(
        "fewer.safetensors was trained on other classes|background, circle, square, triangle",
        BoxLines.train(output(), "--teacher", fewer.toString()));
    Path order = weights("order", "background", "square", "circle", "triangle");
    assertRefused(
        "order.safetensors was trained on other classes",
        BoxLines.train(output(), "--teacher", order.toString()));
    Path fits = weights("fits", "background", "circle", "square", "triangle");
    assertRefused(
        "fits.safetensors|backbone.fpn.",
        BoxLines.train(output(), "--teacher", fits.toString()),
        "--fpn-channels",
        "16");
    CommandLines.assertMistake(
        "fits.safetensors holds|objects with boxes",
        List.of("eval", "--weights", fits.toString(), "--dataset", "shapes", "--device", "cpu"));
  }
}
