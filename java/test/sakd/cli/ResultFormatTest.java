package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.ImageFiles;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Networks;
import sakd.ops.Neuron;
import sakd.testing.UntrainedFiles;

/** Results for programs say what those for people say, and nothing else is on stdout. */
class ResultFormatTest {
  private static final int STEPS = 2;
  private static final int SIDE = 32;
  private static final List<String> CLASSES =
      List.of("cat", "dog", "a \"big\" owl", "ant", "bee", "fox, red", "eel", "yak", "gnu", "emu");

  @TempDir static Path folder;
  private static Path weights;

  /** The same network, of which it is not known what it was trained on. */
  private static Path plain;

  private static Path cifar;
  private static String a;
  private static String b;

  @BeforeAll
  static void files() throws IOException {
    weights = folder.resolve("net.safetensors");
    plain = folder.resolve("plain.safetensors");
    ModelFile model = new ModelFile(Networks.named("resnet8"), Neuron.LIF, STEPS, 3, 10);
    UntrainedFiles.safetensors(plain, model, null);
    UntrainedFiles.safetensors(
        weights,
        model,
        new ImageSpec(SIDE, SIDE, SIDE, List.of(.5f, .4f, .3f), List.of(.2f, .3f, .4f), CLASSES));
    cifar = CommandLines.cifar(folder);
    a = picture("a.png");
    b = picture("b, c.png");
  }

  private static String picture(String name) throws IOException {
    byte[] pixels = new byte[3 * SIDE * SIDE];
    new Random(name.hashCode()).nextBytes(pixels);
    return Files.write(folder.resolve(name), ImageFiles.png(pixels, 3, SIDE, SIDE)).toString();
  }

  private static CommandLines.Answer predict(String... options) {
    return run("predict", weights, options);
  }

  private static String eval(String format) {
    return run("eval", plain, "--data-path", cifar + "", "--format", format).ok().out();
  }

  private static CommandLines.Answer run(String command, Path weights, String... options) {
    return CommandLines.run(
        CommandLines.with(
            List.of(command, "--device", "cpu", "--amp", "off", "--weights", weights + ""),
            options));
  }

  private static String percent(String name, double share) {
    return String.format(Locale.ROOT, "%s %.2f %%", name, 100 * share);
  }

  @Test
  void theClassesOfPictures() {
    String text = predict("--input", a, b).ok().out();
    List<Map<?, ?>> objects = Results.json(predict("--format", "json", "--input", a, b).ok().out());
    String csv = predict("--format", "csv", "--input", a, b).ok().out();
    assertTrue(csv.startsWith("image,rank,label,class,probability\n"), csv);
    List<Map<String, String>> rows = Results.csv(csv);
    assertEquals(2, objects.size());
    assertEquals(10, rows.size());
    for (int i = 0; i < 2; i++) {
      String picture = i == 0 ? a : b;
      assertEquals(picture, objects.get(i).get("image"));
      List<Map<?, ?>> classes = Results.list(objects.get(i), "classes");
      StringBuilder line = new StringBuilder(picture + "  ");
      for (int k = 0; k < 5; k++) {
        Map<?, ?> of = classes.get(k);
        String name = CLASSES.get((int) Results.number(of, "label"));
        assertEquals(name, of.get("class"));
        line.append(k == 0 ? "" : ", ").append(percent(name, Results.number(of, "probability")));
        Map<String, String> row = rows.get(5 * i + k);
        assertEquals(picture, row.get("image"));
        assertEquals(k + 1 + "", row.get("rank"));
        assertEquals(name, row.get("class"));
        assertEquals(of.get("label") + "", row.get("label"));
        assertEquals(Results.number(of, "probability"), Double.parseDouble(row.get("probability")));
      }
      assertEquals(line.toString(), text.lines().toList().get(i));
    }
  }

  @Test
  void everyStepOfThem() {
    Map<?, ?> object =
        Results.json(predict("--per-step", "--format", "json", "--input", a).ok().out()).get(0);
    List<Map<?, ?>> steps = Results.list(object, "steps");
    assertEquals(STEPS, steps.size());
    assertEquals(object.get("classes"), steps.get(STEPS - 1).get("classes"));
    List<Map<String, String>> rows =
        Results.csv(predict("--per-step", "--format", "csv", "--input", a).ok().out());
    assertEquals(5 * STEPS, rows.size());
    for (int i = 0; i < rows.size(); i++) {
      assertEquals(i / 5 + 1 + "", rows.get(i).get("step"));
      Map<?, ?> of = Results.list(steps.get(i / 5), "classes").get(i % 5);
      assertEquals(of.get("class"), rows.get(i).get("class"));
    }
  }

  /** In their order, whatever batch they would have been in. */
  @Test
  void whatCannotBeReadHasAnObjectWithTheReason() throws IOException {
    String bad = Files.writeString(folder.resolve("bad.jpg"), "no picture").toString();
    CommandLines.Answer answer =
        predict("--format", "json", "--input", a, bad, b, folder.resolve("gone.png") + "");
    assertEquals(2, answer.code());
    assertEquals(3, answer.complaints().size(), answer.err());
    List<Map<?, ?>> objects = Results.json(answer.out());
    List<Boolean> failed = objects.stream().map(o -> o.containsKey("error")).toList();
    assertEquals(List.of(false, true, false, true), failed, answer.out());
    assertEquals(bad, objects.get(1).get("image"));
    String why = (String) objects.get(1).get("error");
    assertTrue(answer.complaints().get(0).equals("note: " + why), why);
    CommandLines.Answer alone = predict("--format", "json", "--input", bad);
    assertEquals(2, alone.code());
    assertEquals(why, Results.json(alone.out()).get(0).get("error"));
    CommandLines.Answer table = predict("--format", "csv", "--input", bad, a);
    assertEquals(2, table.code());
    assertEquals(5, Results.csv(table.out()).size());
  }

  @Test
  void anEvaluation() {
    String text = eval("text");
    List<Map<?, ?>> objects = Results.json(eval("json"));
    assertEquals(1, objects.size());
    Map<?, ?> said = objects.get(0);
    assertEquals(
        List.of(plain.toString(), "spiking-resnet8", "lif", (long) STEPS, "cifar10", 6L),
        List.of("weights", "model", "neuron", "T", "dataset", "images").stream()
            .<Object>map(said::get)
            .toList());
    String top1 =
        String.format(
            Locale.ROOT,
            "top-1 %.2f %% (95 %% interval %.2f to %.2f), top-5 %.2f %%",
            100 * Results.number(said, "top1"),
            100 * Results.number(said, "top1_low"),
            100 * Results.number(said, "top1_high"),
            100 * Results.number(said, "top5"));
    assertTrue(text.contains(top1 + "\n"), text);
    List<Map<?, ?>> steps = Results.list(said, "steps");
    assertEquals(STEPS, steps.size());
    assertEquals(said.get("top1"), steps.get(STEPS - 1).get("top1"));
    String rate =
        String.format(
            Locale.ROOT,
            "mean firing rate %.4f, %.2f M synaptic operations per image",
            Results.number(said, "firing_rate"),
            Results.number(said, "synaptic_operations") / 1e6);
    assertTrue(text.contains(rate + "\n"), text);
    double sum =
        Results.list(said, "layers").stream().mapToDouble(l -> Results.number(l, "ann_macs")).sum();
    assertEquals(Results.number(said, "ann_macs"), sum, 1e-6 * sum);
    List<Map<String, String>> rows = Results.csv(eval("csv"));
    assertEquals(Results.number(said, "top1"), value(rows, "network", "spiking-resnet8", "top1"));
    assertEquals(Results.number(steps.get(0), "top1"), value(rows, "steps", "1", "top1"));
    for (Map<?, ?> neuron : Results.list(said, "neurons")) {
      assertEquals(
          Results.number(neuron, "firing_rate"),
          value(rows, "neurons", (String) neuron.get("name"), "firing_rate"));
    }
  }

  private static double value(
      List<Map<String, String>> rows, String part, String name, String figure) {
    return rows.stream()
        .filter(
            r ->
                r.get("part").equals(part)
                    && r.get("name").equals(name)
                    && r.get("figure").equals(figure))
        .mapToDouble(r -> Double.parseDouble(r.get("value")))
        .reduce((x, y) -> Double.NaN)
        .orElseThrow();
  }

  @Test
  void anUnknownFormIsRefused() {
    CommandLines.assertMistake(
        "--format is jsn|did you mean json",
        List.of("predict", "--weights", weights + "", "--input", a, "--format", "jsn"));
  }
}
