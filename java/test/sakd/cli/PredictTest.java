package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.infer.Weights;
import sakd.io.HostTensor;
import sakd.io.ImageFiles;
import sakd.io.Npy;
import sakd.io.Safetensors;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.Devices;
import sakd.testing.UntrainedFiles;

/** Pictures in, classes out. */
class PredictTest {
  private static final int STEPS = 3;
  private static final int SIDE = 12;
  private static final List<String> CLASSES =
      List.of("cat", "dog", "owl", "ant", "bee", "fox, red");

  @TempDir static Path folder;
  private static Path weights;
  private static Path plain;
  private static Path pictures;
  private static Path array;

  @BeforeAll
  static void files() throws IOException {
    weights = folder.resolve("net.safetensors");
    plain = folder.resolve("plain.safetensors");
    ImageSpec how =
        new ImageSpec(
            SIDE, SIDE, SIDE, List.of(0.5f, 0.4f, 0.3f), List.of(0.2f, 0.3f, 0.4f), CLASSES);
    ModelFile model =
        new ModelFile(Networks.named("resnet8"), Neuron.LIF, STEPS, 3, CLASSES.size());
    UntrainedFiles.safetensors(plain, model, null);
    UntrainedFiles.safetensors(weights, model, how);
    pictures = Files.createDirectory(folder.resolve("pictures"));
    array = folder.resolve("images.npy");
    Random random = new Random(2);
    List<Float> all = new ArrayList<>();
    for (String name : List.of("a.png", "b.png")) {
      byte[] pixels = new byte[3 * SIDE * SIDE];
      random.nextBytes(pixels);
      Files.write(pictures.resolve(name), ImageFiles.png(pixels, 3, SIDE, SIDE));
      for (int i = 0; i < pixels.length; i++) {
        int c = i / (SIDE * SIDE);
        all.add(((pixels[i] & 0xff) / 255f - how.mean().get(c)) / how.std().get(c));
      }
    }
    float[] floats = new float[all.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = all.get(i);
    }
    Npy.write(array, HostTensor.ofFloats(floats, 2, 3, SIDE, SIDE));
  }

  private static CommandLines.Answer predict(Path file, String... options) {
    return CommandLines.run(
        CommandLines.with(
            List.of("predict", "--device", "cpu", "--amp", "off", "--weights", file.toString()),
            options));
  }

  @Test
  void picturesGiveWhatTheirArrayGives() {
    Path fromPictures = folder.resolve("pictures.npy");
    Path fromArray = folder.resolve("array.npy");
    String out =
        predict(weights, "--input", pictures.toString(), "--output", fromPictures.toString())
            .ok()
            .out();
    predict(weights, "--input", array.toString(), "--output", fromArray.toString()).ok();
    assertEquals(Npy.read(fromArray), Npy.read(fromPictures));
    List<String> lines = out.lines().toList();
    assertEquals(2, lines.size(), out);
    float[] logits = Npy.read(fromPictures).toFloats();
    for (int i = 0; i < 2; i++) {
      assertTopFive(logits, i, lines.get(i));
    }
  }

  /** The line starts with the likeliest class and its probability, and names five. */
  private static void assertTopFive(float[] logits, int image, String line) {
    int best = 0;
    double total = 0;
    for (int k = 0; k < CLASSES.size(); k++) {
      float logit = logits[image * CLASSES.size() + k];
      best = logit > logits[image * CLASSES.size() + best] ? k : best;
      total += Math.exp(logit);
    }
    double probability = Math.exp(logits[image * CLASSES.size() + best]) / total;
    Path picture = pictures.resolve(image == 0 ? "a.png" : "b.png");
    String start =
        String.format(
            java.util.Locale.ROOT,
            "%s  %s %.2f %%, ",
            picture,
            CLASSES.get(best),
            100 * probability);
    assertTrue(line.startsWith(start), line + "\ninstead of " + start);
    assertEquals(5, line.split(" %", -1).length - 1, line);
  }

  @Test
  void everyStepEndsWithTheWholePrediction() {
    String out =
        predict(weights, "--per-step", "--input", pictures.resolve("b.png").toString()).ok().out();
    List<String> lines = out.lines().toList();
    assertEquals(1 + STEPS, lines.size(), out);
    for (int t = 1; t <= STEPS; t++) {
      assertTrue(lines.get(t).startsWith("  step " + t + "  "), out);
    }
    String whole = lines.get(0).substring(lines.get(0).indexOf("  "));
    assertTrue(lines.get(STEPS).endsWith(whole), out);
  }

  @Test
  void aFileThatSaysNothingOfPicturesTakesArrays() {
    CommandLines.Answer refused = predict(plain, "--input", pictures.toString());
    assertEquals(2, refused.code());
    assertTrue(refused.err().contains("give --input as .npy"), refused.err());
    String out = predict(plain, "--input", array.toString()).ok().out();
    assertTrue(out.contains("image 0  class "), out);
    CommandLines.Answer mixed = predict(plain, "--input", array.toString(), pictures.toString());
    assertEquals(2, mixed.code());
    assertTrue(mixed.err().contains("one .npy file"), mixed.err());
  }

  /** As if it had been written down that the shorter side becomes 256, and so on. */
  @Test
  void aTorchvisionFileTakesPictures() throws IOException {
    Path foreign = folder.resolve("foreign.safetensors");
    Path described = folder.resolve("described.safetensors");
    ModelFile model =
        new ModelFile(
            Networks.named("resnet18").withStem(NetworkSpec.Stem.IMAGENET), Neuron.RELU, 1, 3, 7);
    ImageSpec how =
        new ImageSpec(
            224,
            224,
            256,
            List.of(0.485f, 0.456f, 0.406f),
            List.of(0.229f, 0.224f, 0.225f),
            List.of());
    Parameters parameters = new Parameters(5);
    try (Ops ops = Devices.reference();
        Network network = model.build(parameters)) {
      parameters.allocate(ops);
      Map<String, String> about = new LinkedHashMap<>();
      Weights.save(foreign, network.parameters(), name -> true, about);
      model.describe(about);
      how.describe(about);
      Weights.save(described, network.parameters(), name -> true, about);
    }
    byte[] pixels = new byte[3 * 90 * 200];
    new Random(4).nextBytes(pixels);
    Path wide = Files.write(folder.resolve("wide.png"), ImageFiles.png(pixels, 3, 90, 200));
    CommandLines.Answer answer =
        predict(foreign, "--model", "resnet18", "--input", wide.toString());
    assertEquals(0, answer.code(), answer.err());
    assertTrue(answer.out().contains("wide.png  class "), answer.out());
    assertTrue(
        answer.err().contains("shorter side resized to 256, the central 224x224"), answer.err());
    assertEquals(
        List.of("note: ", "weights "),
        answer.err().lines().map(l -> l.replaceFirst("(?<= ).*", "")).toList());
    String expected = predict(described, "--input", wide.toString()).ok().out();
    assertEquals(expected.replace("described.", "foreign."), answer.out());
  }

  /** One that is none among five, in batches of two: a line for each of the others, in order. */
  @Test
  void whatCannotBeReadIsNamedAndTheOthersAreClassified() throws IOException {
    Path bad = Files.writeString(folder.resolve("bad.jpg"), "no picture");
    Path gone = folder.resolve("gone.png");
    Path some = folder.resolve("some.npy");
    String a = pictures.resolve("a.png").toString();
    String b = pictures.resolve("b.png").toString();
    CommandLines.Answer answer =
        predict(
            weights,
            "--batch-size",
            "2",
            "--output",
            some.toString(),
            "--input",
            a,
            bad.toString(),
            b,
            gone.toString(),
            b,
            a);
    assertEquals(2, answer.code(), answer.toString());
    List<String> images =
        answer.out().lines().filter(l -> l.contains(" %")).map(l -> l.split("  ", 2)[0]).toList();
    assertEquals(List.of(a, b, b, a), images);
    List<String> errors = answer.complaints();
    assertEquals(4, errors.size(), answer.err());
    assertTrue(errors.get(0).startsWith("note: " + bad), answer.err());
    assertTrue(errors.get(1).startsWith("note: ") && errors.get(1).contains(gone + ""));
    assertTrue(errors.get(2).equals("logits [4, 6] written to " + some), answer.err());
    assertTrue(errors.get(3).startsWith("error: 2 of 6 images could not be"), answer.err());
    // Its rows are the lines.
    float[] rows = Npy.read(some).toFloats();
    assertEquals(4 * CLASSES.size(), rows.length);
    for (int k = 0; k < CLASSES.size(); k++) {
      assertEquals(rows[k], rows[3 * CLASSES.size() + k], 1e-5f);
      assertEquals(rows[CLASSES.size() + k], rows[2 * CLASSES.size() + k], 1e-5f);
    }
  }

  @Test
  void onePictureThatIsNoneIsOneLine() throws IOException {
    Path bad = Files.writeString(folder.resolve("alone.jpg"), "no picture");
    CommandLines.Answer answer = predict(weights, "--input", bad.toString());
    assertEquals(2, answer.code());
    assertTrue(answer.complaints().get(0).startsWith("error: " + bad), answer.err());
    assertEquals(1, answer.complaints().size(), answer.err());
  }

  /** Names of files may hold line breaks, and an image has one line. */
  @Test
  void aLineAPicture() throws IOException {
    Path odd = folder.resolve("two\nlines.png");
    Files.copy(pictures.resolve("a.png"), odd);
    String out = predict(weights, "--input", odd.toString()).ok().out();
    assertTrue(out.contains("two lines.png  "), out);
    assertEquals(1, out.lines().count(), out);
  }

  /** An image that is not finite is one that cannot be read. */
  @Test
  void anArrayWithNumbersThatAreNone() {
    HostTensor images = Npy.read(array);
    float[] pixels = images.toFloats();
    pixels[5] = Float.NaN;
    Path broken = folder.resolve("broken.npy");
    Npy.write(broken, HostTensor.ofFloats(pixels, images.shape()));
    CommandLines.Answer answer = predict(weights, "--input", broken.toString());
    assertEquals(2, answer.code());
    assertTrue(
        answer.complaints().get(0).startsWith("note: image 0 has a pixel of NaN"), answer.err());
    assertTrue(answer.err().contains("error: 1 of 2 images"), answer.err());
    assertTrue(answer.out().startsWith("image 1  ") && !answer.out().contains("image 0  "));
  }

  /** By predict, eval and export, and by train as teacher and as start. */
  @Test
  void weightsThatAreNotFiniteAreRefused() throws IOException {
    Path broken = folder.resolve("nan.safetensors");
    WeightFile file = WeightFile.read(weights);
    Map<String, HostTensor> tensors = new LinkedHashMap<>(file.tensors());
    float[] values = tensors.get("layer2.0.bn1.bias").toFloats();
    values[1] = Float.NaN;
    tensors.put("layer2.0.bn1.bias", HostTensor.ofFloats(values, values.length));
    Safetensors.write(broken, file.metadata(), tensors);
    Path plain = folder.resolve("nan-of-unknown-origin.safetensors");
    Safetensors.write(plain, Map.of(), tensors);
    Path none = folder.resolve("nothing");
    String data = CommandLines.cifar(folder).toString();
    String train =
        "train --model spiking-resnet8 --allow-partial --data-path "
            + data
            + " --output-dir "
            + none;
    for (String line :
        List.of(
            "predict --input " + array + " --weights " + broken,
            "eval --model resnet8 --allow-partial --data-path " + data + " --weights " + plain,
            "export --weights " + broken + " --output " + none + ".pth",
            "export --weights " + broken + " --output " + none + ".onnx",
            train + " --method direct --init " + broken,
            train.replace("spiking-", "") + " --init " + broken,
            train + " --teacher " + plain)) {
      CommandLines.Answer answer = CommandLines.run(line.split(" ", -1));
      assertEquals(2, answer.code(), line + answer);
      assertEquals(1, answer.complaints().size(), answer.err());
      assertTrue(
          answer.err().contains(" holds weights that are not finite, ")
              && answer.err().contains("first in layer2.0.bn1.bias (1 of 32")
              && answer.complaints().get(0).startsWith("error: " + folder),
          line + answer.err());
    }
    try (var files = Files.list(folder)) {
      assertTrue(files.noneMatch(f -> f.getFileName().toString().startsWith("nothing")));
    }
  }
}
