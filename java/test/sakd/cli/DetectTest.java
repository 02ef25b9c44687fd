package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.Detector;
import sakd.Sakd;
import sakd.base.Numbers;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Placement;
import sakd.data.Targets;
import sakd.data.set.Datasets;
import sakd.infer.CocoScores;
import sakd.infer.Detection;
import sakd.infer.VocScores;
import sakd.infer.Weights;
import sakd.io.ImageFiles;
import sakd.io.Json;
import sakd.model.DetectionSpec;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Network;
import sakd.model.Networks;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.Devices;

/** Pictures in, boxes out. */
class DetectTest {
  private static final List<String> CLASSES = List.of("background", "circle", "square", "triangle");

  @TempDir static Path folder;
  private static Path weights;
  private static Path pictures;

  @BeforeAll
  static void files() throws IOException {
    weights = folder.resolve("net.safetensors");
    ImageSpec how =
        new ImageSpec(128, 128, 128, List.of(0.5f, 0.4f, 0.3f), List.of(0.2f, 0.3f, 0.4f), CLASSES);
    DetectionSpec spec = (DetectionSpec) Networks.named("retinanet-resnet8");
    ModelFile model = new ModelFile(spec.withPyramidChannels(8), Neuron.RELU, 1, 3, CLASSES.size());
    Parameters parameters = new Parameters(5);
    try (Ops ops = Devices.reference();
        Network network = model.build(parameters)) {
      parameters.allocate(ops);
      // Else an untrained network is sure that there is nothing.
      String scores = "head.classification_head.cls_logits.bias";
      spread(parameters, scores, -4, 1);
      float[] values = parameters.get(scores).get();
      for (int background = 0; background < values.length; background += CLASSES.size()) {
        values[background] = -5;
      }
      parameters.get(scores).set(values);
      spread(parameters, "head.regression_head.bbox_reg.bias", -0.5f, 0.5f);
      Map<String, String> about = new LinkedHashMap<>();
      model.describe(about);
      how.describe(about);
      Weights.save(weights, network.parameters(), name -> true, about);
    }
    pictures = Files.createDirectory(folder.resolve("pictures"));
    picture(pictures.resolve("000000000042.png"), 40, 33);
    picture(pictures.resolve("b.png"), 17, 70);
    picture(pictures.resolve("c.png"), 80, 66); // As large as the first, once scaled.
  }

  private static void spread(Parameters parameters, String name, float low, float high) {
    float[] values = new float[parameters.get(name).size()];
    Random random = new Random(2);
    for (int i = 0; i < values.length; i++) {
      values[i] = low + (high - low) * random.nextFloat();
    }
    parameters.get(name).set(values);
  }

  private static void picture(Path file, int height, int width) throws IOException {
    byte[] pixels = new byte[3 * height * width];
    new Random(height).nextBytes(pixels);
    Files.write(file, ImageFiles.png(pixels, 3, height, width));
  }

  private static CommandLines.Answer run(String command, String... options) {
    return CommandLines.run(
        CommandLines.with(
            List.of(command, "--device", "cpu", "--amp", "off", "--weights", weights.toString()),
            options));
  }

  private static List<Map<?, ?>> results(Path json) throws Exception {
    return ((List<?>) Json.parse(Files.readString(json)))
        .stream().<Map<?, ?>>map(Map.class::cast).toList();
  }

  private static float number(Object value) {
    return ((Number) value).floatValue();
  }

  private static List<Detection> detections(List<Map<?, ?>> results, Object image) {
    List<Detection> found = new ArrayList<>();
    for (Map<?, ?> r : results) {
      if (r.get("image_id").equals(image)) {
        List<?> box = (List<?>) r.get("bbox");
        float left = number(box.get(0));
        float top = number(box.get(1));
        found.add(
            new Detection(
                ((Number) r.get("category_id")).intValue(),
                number(r.get("score")),
                left,
                top,
                left + number(box.get(2)),
                top + number(box.get(3))));
      }
    }
    return found;
  }

  /** The command and the library agree, whether pictures come alone or in batches. */
  @Test
  void objectsOfPictures() throws Exception {
    Path json = folder.resolve("found.json");
    run("predict", "--input", pictures + "", "--output", json + "").ok();
    List<Map<?, ?>> results = results(json);
    float middle =
        (float) results.stream().mapToDouble(r -> number(r.get("score"))).average().getAsDouble();
    String out = run("predict", "--input", pictures + "", "--threshold", middle + "").ok().out();
    int printed = 0;
    int total = 0;
    try (Detector detector = Sakd.loadDetector(weights, "cpu")) {
      assertEquals(CLASSES, detector.classNames());
      for (Object id : List.of(42L, "b", "c")) {
        String name = id.equals(42L) ? "000000000042.png" : id + ".png";
        Path file = pictures.resolve(name);
        List<Detector.Detection> alone = detector.predict(List.of(file)).get(0);
        List<Detection> said = detections(results, id);
        assertEquals(alone.size(), said.size());
        BufferedImage picture = ImageIO.read(file.toFile());
        for (int i = 0; i < said.size(); i++) {
          Detector.Detection d = alone.get(i);
          assertEquals(CLASSES.get(d.label()), d.name());
          assertEquals(d.label(), said.get(i).label());
          assertEquals(d.score(), said.get(i).score());
          assertEquals(d.left(), said.get(i).left());
          assertEquals(d.bottom(), said.get(i).bottom(), 1e-4f);
          assertTrue(d.score() > 0.05f && d.left() >= 0 && d.left() <= d.right());
          assertTrue(d.right() <= picture.getWidth() + 1e-3f && d.top() >= 0);
          assertTrue(d.bottom() <= picture.getHeight() + 1e-3f && d.label() > 0);
          if (d.score() >= middle) {
            String line =
                String.format(
                    Locale.ROOT, "  %-20s %.3f  %.1f %.1f", d.name(), d.score(), d.left(), d.top());
            assertTrue(out.contains(line), out + "\nwithout " + line);
            printed++;
          }
        }
        total += said.size();
      }
    }
    assertEquals(total, results.size());
    assertTrue(printed > 0 && printed < total, printed + " of " + total);
    assertEquals(printed, out.lines().filter(l -> l.startsWith("  ")).count(), out);
    assertForms(out, middle);
  }

  /** Objects as JSON and CSV are those that are printed. */
  private static void assertForms(String text, float threshold) {
    String[] options = {
      "--input", pictures + "", "--threshold", threshold + "", "--format", "json"
    };
    StringBuilder json = new StringBuilder();
    StringBuilder csv = new StringBuilder();
    for (Map<?, ?> picture : Results.json(run("predict", options).ok().out())) {
      List<Map<?, ?>> objects = Results.list(picture, "objects");
      json.append(picture.get("image"))
          .append("  ")
          .append(objects.isEmpty() ? "nothing" : Numbers.count(objects.size(), "object"))
          .append('\n');
      objects.forEach(o -> json.append(line(o)));
    }
    assertEquals(text, json.toString());
    options[5] = "csv";
    List<Map<String, String>> rows = Results.csv(run("predict", options).ok().out());
    rows.forEach(row -> csv.append(line(row)));
    assertEquals(
        text.lines().filter(l -> l.startsWith("  ")).map(l -> l + "\n").reduce("", String::concat),
        csv.toString());
  }

  private static String line(Map<?, ?> object) {
    StringBuilder line = new StringBuilder(String.format("  %-20s ", object.get("class")));
    line.append(String.format(Locale.ROOT, "%.3f ", Float.parseFloat(object.get("score") + "")));
    for (String side : List.of("left", "top", "right", "bottom")) {
      line.append(String.format(Locale.ROOT, " %.1f", Float.parseFloat(object.get(side) + "")));
    }
    return line.append('\n').toString();
  }

  @Test
  void picturesWithBoxesHaveTheSizeThatTheNetworkSaw() throws IOException {
    Path drawn = folder.resolve("drawn");
    run("predict", "--input", pictures + "", "--output", drawn + "", "--threshold", "0.1").ok();
    Path plain = folder.resolve("plain");
    run("predict", "--input", pictures + "", "--output", plain + "", "--threshold", "1").ok();
    BufferedImage with = ImageIO.read(drawn.resolve("b.png").toFile());
    BufferedImage without = ImageIO.read(plain.resolve("b.png").toFile());
    // The longer side, at most 128 * 1333 / 800, holds the shorter one back.
    assertEquals(213, with.getWidth());
    assertEquals(51, with.getHeight());
    int differing = 0;
    for (int i = 0; i < 213 * 51; i++) {
      differing += with.getRGB(i % 213, i / 213) != without.getRGB(i % 213, i / 213) ? 1 : 0;
    }
    assertTrue(differing > 100, differing + "");
  }

  @Test
  void evalPrintsTheFiguresOfWhatItWrites() throws Exception {
    Path json = folder.resolve("eval.json");
    String out =
        run("eval", "--dataset", "box-shapes", "--detections", json + "", "--batch-size", "7")
            .ok()
            .out();
    List<Map<?, ?>> results = results(json);
    Dataset set = Datasets.open("box-shapes", null, false);
    CocoScores coco = new CocoScores(CLASSES.size());
    VocScores voc = new VocScores(CLASSES.size());
    for (int i = 0; i < set.size(); i++) {
      Targets.Boxes truth =
          (Targets.Boxes) set.targets(i, Placement.whole(set.shape(i)), set.shape(i));
      List<Detection> found = detections(results, (long) i);
      coco.add(truth.samples().get(0).objects(), found);
      voc.add(truth.samples().get(0).objects(), found);
    }
    Map<?, ?> said =
        Results.json(
                run("eval", "--dataset", "box-shapes", "--format", "json", "--batch-size", "7")
                    .ok()
                    .out())
            .get(0);
    assertEquals(coco.ap50(2), Results.number(Results.list(said, "classes").get(1), "ap50"));
    int figures = 0;
    for (Map.Entry<CocoScores.Figure, Double> f : coco.figures().entrySet()) {
      String value =
          f.getValue() < 0 ? "-" : String.format(Locale.ROOT, "%.2f", 100 * f.getValue());
      String line = String.format(Locale.ROOT, "%-44s %8s", f.getKey().label(), value);
      assertTrue(out.contains(line), out + "\nwithout " + line);
      Object number = said.get(f.getKey().name().toLowerCase(Locale.ROOT));
      assertEquals(f.getValue() < 0 ? null : f.getValue(), number, line);
      figures += f.getValue() > 0 ? 1 : 0;
    }
    assertTrue(figures > 3, out);
    String ofClass =
        String.format(
            Locale.ROOT, "  %-26s %12.2f %12.2f", "square", 100 * coco.ap50(2), 100 * voc.ap(2));
    assertTrue(out.contains(ofClass), out + "\nwithout " + ofClass);
    assertFalse(out.contains("background  "), out);
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    String one = pictures.resolve("b.png") + "";
    assertRefused("--overlay", "predict", "--input", one, "--overlay");
    assertRefused("--per-step", "predict", "--input", one, "--per-step");
    assertRefused("--threshold is 1.5", "predict", "--input", one, "--threshold", "1.5");
    assertRefused("expected a folder", "predict", "--input", one, "--output", one);
    assertRefused(
        "is one of the pictures", "predict", "--input", one, "--output", pictures.toString());
    assertRefused(
        "--confusion-matrix",
        "eval",
        "--dataset",
        "box-shapes",
        "--confusion-matrix",
        folder.resolve("x.csv") + "");
    UserError e = assertThrows(UserError.class, () -> Sakd.load(weights, "cpu").close());
    assertTrue(e.getMessage().contains("Sakd.loadDetector"), e.getMessage());
  }

  private static void assertRefused(String why, String command, String... options) {
    CommandLines.Answer answer = run(command, options);
    assertEquals(2, answer.code(), answer.toString());
    assertTrue(answer.err().contains(why), answer.err());
    assertEquals(1, answer.complaints().size(), answer.err());
  }
}
