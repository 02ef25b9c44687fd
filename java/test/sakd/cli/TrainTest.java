package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.io.HostTensor;
import sakd.io.Npy;
import sakd.io.Safetensors;
import sakd.io.SafetensorsFile;
import sakd.run.Summary;
import sakd.testing.EventFiles;
import sakd.testing.ProtobufReader;

/** Whole runs of every method, and what eval and predict make of their files. */
class TrainTest {
  private static final int CLASSES = 10;

  @TempDir static Path shared;
  private static Path data;

  /** A run of SAKD that trains its teacher, which the other runs use. */
  private static Path sakd;

  private static CommandLines.Answer answer;

  @BeforeAll
  static void sakd() throws IOException {
    data = CommandLines.data(shared);
    sakd = shared.resolve("sakd");
    answer = CommandLines.run(train(sakd, "--method sakd --teacher-epochs 8 --lr 0.05")).ok();
  }

  private static List<String> train(Path output, String options) {
    return CommandLines.with(
        List.of("train", "--data-path", data.toString(), "--output-dir", output.toString()),
        ("--device cpu --model spiking-resnet8 --T 2 --batch-size 20 --epochs 2 " + options)
            .split(" ", -1));
  }

  @Test
  void theTeacherLearnsAndTheStudentFollows() throws IOException {
    List<String[]> teacher = rows(sakd, "teacher");
    assertEquals(8, teacher.size());
    assertTrue(cell(teacher, 7, "loss") < 0.7 * cell(teacher, 0, "loss"), answer.out());
    assertTrue(cell(teacher, 7, "train_top1") > 0.5, answer.out());
    List<String[]> student = rows(sakd, "sakd");
    assertTrue(cell(student, 1, "features") < cell(student, 0, "features"), answer.out());
    assertTrue(cell(student, 1, "logits") > 0, answer.out());
    assertRun(sakd, "sakd", List.of());
  }

  @Test
  void theTableNamesEveryNetwork() {
    String table = answer.out();
    List<String> names = table.lines().map(l -> l.split("  ", -1)[0]).toList();
    assertTrue(names.containsAll(List.of("teacher (ANN)", "transferred only", "SAKD")), table);
    assertFalse(names.contains("direct"), "a method was asked for");
  }

  /** TensorBoard's curves are the rows of the summary, at the last step of their epoch. */
  @Test
  void theEventFilesSayWhatTheSummarySays() throws IOException {
    int steps = 3;
    for (String phase : List.of("teacher", "sakd")) {
      boolean spiking = phase.equals("sakd");
      Map<String, float[]> curves = new TreeMap<>();
      Set<String> others = new TreeSet<>();
      for (ProtobufReader event : EventFiles.read(spiking ? sakd : sakd.resolve("teacher"))) {
        if (event.has(5)) {
          ProtobufReader value = event.message(5).message(1);
          if (value.has(2)) {
            curves.computeIfAbsent(value.text(1) + "@" + event.integer(2), k -> new float[1])[0] =
                value.real32(2);
          } else {
            others.add(value.text(1));
          }
        }
      }
      Map<String, String> columns =
          Map.of(
              "loss/total", "loss",
              "loss/cross-entropy", "ce",
              "accuracy/train top-1", "train_top1",
              "accuracy/test top-1", "top1",
              "accuracy/test top-5", "top5",
              "learning rate", "lr");
      List<String[]> rows = rows(sakd, phase);
      for (int e = 0; e < rows.size(); e++) {
        String at = "@" + (e + 1) * steps;
        for (Map.Entry<String, String> column : columns.entrySet()) {
          double expected = cell(rows, e, column.getValue());
          float[] value = curves.get(column.getKey() + at);
          assertEquals(expected, value[0], 1e-5 * expected, column + " of " + phase);
        }
        assertEquals(spiking, curves.containsKey("loss/features" + at));
        assertEquals(spiking, curves.containsKey("firing rate/act1" + at), curves.keySet() + "");
      }
      assertTrue(
          others.containsAll(Set.of("settings", "gradients/conv1.weight", "input 0/0")),
          others.toString());
    }
  }

  @Test
  void theTeachersFileIsAnAnn() throws IOException {
    SafetensorsFile file = Safetensors.read(sakd.resolve("teacher/best.safetensors"));
    assertEquals(resnet8(), new TreeSet<>(file.tensors().keySet()));
    assertEquals("relu", file.metadata().get("sakd.neuron"));
    CommandLines.Answer eval = eval(sakd.resolve("teacher/best.safetensors"));
    assertTrue(eval.out().contains("multiply-accumulates"), eval.out());
    assertEquals(best(sakd, "teacher"), top1(eval), eval.out());
  }

  @Test
  void evalShowsEveryStepAndWhatWasTakenForWhat() throws IOException {
    Path csv = shared.resolve("confusion.csv");
    String out = eval(sakd.resolve("best.safetensors"), "--confusion-matrix", csv.toString()).out();
    List<String> accuracies =
        List.of(out.replaceAll("(?s).*\ntop-1 ( .*?)\n.*", "$1").strip().split(" +", -1));
    assertEquals(2, accuracies.size(), "T = 2: " + out);
    assertEquals(best(sakd, "sakd"), accuracies.get(1), out);
    assertTrue(out.contains("conv1") && out.contains("SNN SOP") && out.contains("mJ"), out);
    List<String> lines = Files.readAllLines(csv);
    assertEquals(CLASSES + 1, lines.size());
    int images = 0;
    for (String line : lines.subList(1, lines.size())) {
      images += Arrays.stream(line.split(",", -1)).skip(1).mapToInt(Integer::parseInt).sum();
    }
    assertEquals(CommandLines.TEST_IMAGES, images);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--method transfer --neuron if --surrogate atan --opt adamw --no-shuffle",
        "--method logits --neuron plif --surrogate sigmoid --model-ema 0.5 --label-smoothing 0.1",
        "--method features --v-reset none --surrogate rectangle --clip-grad-norm 1"
            + " --lr-warmup-epochs 1 --transform-kernel 1",
        "--method direct --decay-input --detach-reset --lr-scheduler constant --no-augment"
            + " --workers 0 --amp off",
      })
  void everyMethod(String options) throws IOException {
    String method = options.split(" ", -1)[1];
    Path run = shared.resolve(method);
    boolean teacher = !method.equals("direct");
    CommandLines.run(
            train(
                run,
                options
                    + (teacher ? " --teacher " + sakd.resolve("teacher/best.safetensors") : "")))
        .ok();
    assertFalse(Files.exists(run.resolve("teacher")), "it was given");
    List<String[]> rows = rows(run, method);
    assertEquals(2, rows.size());
    assertEquals(method.equals("logits"), cell(rows, 1, "logits") > 0);
    assertEquals(method.equals("features"), cell(rows, 1, "features") > 0);
    assertRun(run, method, options.contains("--amp off") ? List.of("--amp", "off") : List.of());
  }

  /** Each trains, and its loss falls: options beyond the paper, off by default. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--method sakd --every-step --feature-loss normalized --feature-weight-after 1=0.01",
        "--method sakd --kd-head 0.5 --feature-loss kl --kd-temperature-end 1",
        "--method features --feature-loss l1",
        "--method direct --every-step --tet-lambda 0.05",
      })
  void beyondThePaper(String options) throws IOException {
    String method = options.split(" ", -1)[1];
    Path run = shared.resolve("beyond" + options.hashCode());
    String teacher =
        method.equals("direct") ? "" : " --teacher " + sakd.resolve("teacher/best.safetensors");
    CommandLines.run(train(run, options + teacher)).ok();
    List<String[]> rows = rows(run, method);
    assertTrue(cell(rows, 1, "ce") > 0 && Double.isFinite(cell(rows, 1, "loss")));
    boolean all = method.equals("sakd");
    assertEquals(all || method.equals("features"), cell(rows, 1, "features") > 0);
    assertEquals(all, cell(rows, 1, "logits") > 0);
  }

  /** Each has its column, in every phase of its run. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--method direct --self-distill s2w; s2w",
        "--method transfer --self-distill both --prefix-ce 0.3; s2w,w2s,prefix-ce",
        "--method sakd --every-step --self-distill w2s --right-steps 0.5 --entropy 0.1 --mixup 1;"
            + " w2s,right-steps,entropy",
      })
  void lossesBetweenTimeSteps(String options, String terms) throws IOException {
    Path run = shared.resolve("steps" + options.hashCode());
    boolean teacher = !options.contains("direct");
    String weights = teacher ? " --teacher " + sakd.resolve("teacher/best.safetensors") : "";
    CommandLines.run(train(run, options + weights)).ok();
    String header = Files.readAllLines(run.resolve("summary.csv")).get(0);
    assertTrue(header.contains(",loss,ce,logits," + terms + ",features,"), header);
    List<Summary.Row> rows = new Summary(run).rows();
    assertEquals(2, rows.size());
    for (String term : terms.split(",", -1)) {
      assertTrue(rows.get(1).cell(term) > 0, term);
    }
    Summary.Row first = rows.get(0);
    if (options.contains("both")) {
      double sum =
          first.cell("ce") + first.cell("s2w") + first.cell("w2s") + 0.3 * first.cell("prefix-ce");
      assertEquals(sum, first.cell("loss"), 1e-4 * sum);
    }
  }

  @Test
  void colourImagesAndTheImageNetStem() throws IOException {
    Path run = shared.resolve("cifar");
    Path images = CommandLines.cifar(shared);
    List<String> args = train(run, "--method direct --stem imagenet --init");
    args.set(args.indexOf("--data-path") + 1, images.toString());
    // Weights of one epoch start the next run.
    List<String> first = args.subList(0, args.size() - 1);
    CommandLines.run(first).ok();
    Path again = shared.resolve("cifar-again");
    args.set(args.indexOf("--output-dir") + 1, again.toString());
    args.add(run.resolve("best.safetensors").toString());
    args.add("--quiet");
    CommandLines.Answer quiet = CommandLines.run(args).ok();
    String out = quiet.out();
    assertTrue(out.startsWith("network  "), "the table alone: " + out);
    assertEquals("", quiet.err());
    String log = Files.readString(again.resolve("train.log"));
    assertTrue(log.contains("\n" + out) && log.contains("\ndirect epoch 2/2  lr"), log);
    assertFalse(Files.readString(again.resolve("args.txt")).contains("--quiet"));
    Path weights = again.resolve("best.safetensors");
    CommandLines.Answer eval =
        CommandLines.run(
                "eval",
                "--data-path",
                images.toString(),
                "--device",
                "cpu",
                "--weights",
                weights.toString())
            .ok();
    assertTrue(eval.out().contains("on 6 images of cifar10"), eval.out());
    assertEquals(best(again, "direct"), top1(eval), eval.out());
    assertArrayEquals(
        new int[] {16, 3, 7, 7}, Safetensors.read(weights).tensors().get("conv1.weight").shape());
  }

  @Test
  void aRecipeIsSpeltOutInTheRun() throws IOException {
    Path recipe = shared.resolve("recipe");
    Files.writeString(recipe, "--method direct\n--epochs=1\n# a comment\n--lr 0.01\n");
    Path run = shared.resolve("from-recipe");
    List<String> args = train(run, "@" + recipe);
    args.subList(args.indexOf("--epochs"), args.indexOf("--epochs") + 2).clear();
    CommandLines.run(args).ok();
    List<String> kept = Files.readAllLines(run.resolve("args.txt"));
    assertTrue(kept.containsAll(List.of("--method", "direct", "--epochs=1", "0.01")), "" + kept);
    assertEquals("--data-path", kept.get(0));
  }

  /** A step that changes next to nothing shows where an ANN started. */
  @Test
  void anAnnStartsFromTheWeightsGiven() throws IOException {
    Path teacher = sakd.resolve("teacher/best.safetensors");
    Path run = shared.resolve("fine-tuned");
    String out =
        CommandLines.run(train(run, "--method ann --lr 1e-12 --weight-decay 0 --init " + teacher))
            .ok()
            .err();
    assertTrue(out.contains("\nweights 47 tensors from " + teacher), out);
    assertTrue(out.contains("\nmodel   resnet8, ReLU, activations in"), out);
    assertTrue(out.contains("\nmethod  ann: ce 1\n"), out);
    assertTrue(out.contains("\ntrain   SGD, lr 0.000000000001 cosine, weight decay 0,"), out);
    assertTrue(out.contains("\nnote    --method ann does not use --T\n"), out);
    Map<String, HostTensor> before = Safetensors.read(teacher).tensors();
    Map<String, HostTensor> after = Safetensors.read(run.resolve("best.safetensors")).tensors();
    for (String name : List.of("conv1.weight", "layer3.0.bn2.bias", "fc.weight")) {
      assertArrayEquals(before.get(name).toFloats(), after.get(name).toFloats(), 1e-6f, name);
    }
  }

  @Test
  void aLossThatIsNoNumberEndsTheRunInOneLine() throws IOException {
    Path run = shared.resolve("diverged");
    CommandLines.Answer diverged =
        CommandLines.run(train(run, "--method direct --lr 1e30 --opt sgd --amp off"));
    assertEquals(2, diverged.code(), diverged.toString());
    assertEquals(1, diverged.complaints().size(), diverged.err());
    assertTrue(diverged.err().contains(", first in the "), diverged.err());
    assertTrue(diverged.err().contains("--clip-grad-norm"), diverged.err());
  }

  /** The files of a run, and that eval and predict agree with it about best.safetensors. */
  private static void assertRun(Path run, String phase, List<String> amp) throws IOException {
    for (String name : List.of("args.txt", "summary.csv", "train.log", "last.safetensors")) {
      assertTrue(Files.size(run.resolve(name)) > 0, name);
    }
    Path weights = run.resolve("best.safetensors");
    SafetensorsFile file = Safetensors.read(weights);
    Set<String> names = new TreeSet<>(file.tensors().keySet());
    if (file.metadata().get("sakd.neuron").equals("plif")) {
      assertEquals(7, names.stream().filter(n -> n.endsWith(".w")).count());
      names.removeIf(n -> n.endsWith(".w"));
    }
    assertEquals(resnet8(), names);
    CommandLines.Answer eval = eval(weights, amp.toArray(String[]::new));
    assertEquals(best(run, phase), top1(eval), eval.out());
    assertTrue(eval.out().contains("T = 2, on 20 images of mnist"), eval.out());
    assertPredicts(weights, Double.parseDouble(top1(eval(weights, "--amp", "off"))));
  }

  private static CommandLines.Answer eval(Path weights, String... more) {
    return CommandLines.run(
            CommandLines.with(
                List.of(
                    "eval",
                    "--data-path",
                    data.toString(),
                    "--device",
                    "cpu",
                    "--weights",
                    weights.toString()),
                more))
        .ok();
  }

  private static String top1(CommandLines.Answer eval) {
    return eval.out().replaceAll("(?s).*top-1 ([0-9.]+) %.*", "$1");
  }

  /** Logits do not depend on the batch, and their classes are those that eval counts. */
  private static void assertPredicts(Path weights, double top1) throws IOException {
    Path images = shared.resolve("images.npy");
    Npy.write(images, testImages());
    float[] one = predict(weights, images, 1);
    float[] seven = predict(weights, images, 7);
    assertArrayEquals(one, seven, 1e-3f);
    int hits = 0;
    for (int i = 0; i < CommandLines.TEST_IMAGES; i++) {
      int most = 0;
      for (int k = 1; k < CLASSES; k++) {
        if (seven[CLASSES * i + k] > seven[CLASSES * i + most]) {
          most = k;
        }
      }
      hits += most == i % CLASSES ? 1 : 0;
    }
    assertEquals(top1, 100.0 * hits / CommandLines.TEST_IMAGES, 0.01);
  }

  private static float[] predict(Path weights, Path images, int batch) {
    Path logits = shared.resolve("logits.npy");
    CommandLines.run(
            "predict",
            "--weights",
            weights.toString(),
            "--input",
            images.toString(),
            "--output",
            logits.toString(),
            "--device",
            "cpu",
            "--amp",
            "off",
            "--batch-size",
            Integer.toString(batch))
        .ok();
    HostTensor read = Npy.read(logits);
    assertArrayEquals(new int[] {CommandLines.TEST_IMAGES, CLASSES}, read.shape());
    return read.toFloats();
  }

  /** The test images, normalised as MNIST is. */
  private static HostTensor testImages() throws IOException {
    byte[] file = Files.readAllBytes(data.resolve("t10k-images-idx3-ubyte"));
    float[] values = new float[file.length - 16];
    for (int i = 0; i < values.length; i++) {
      values[i] = ((file[16 + i] & 0xff) / 255f - 0.1307f) / 0.3081f;
    }
    return HostTensor.ofFloats(values, CommandLines.TEST_IMAGES, 1, 28, 28);
  }

  private static List<String[]> rows(Path run, String phase) throws IOException {
    return Files.readAllLines(run.resolve("summary.csv")).stream()
        .map(row -> row.split(",", -1))
        .filter(cells -> cells[0].equals(phase))
        .toList();
  }

  private static final List<String> COLUMNS =
      List.of(
          "phase", "epoch", "lr", "loss", "ce", "logits", "features", "train_top1", "top1", "top5");

  private static double cell(List<String[]> rows, int row, String column) {
    return Double.parseDouble(rows.get(row)[COLUMNS.indexOf(column)]);
  }

  /** The best accuracy of a phase, in percent as eval prints it. */
  private static String best(Path run, String phase) throws IOException {
    List<String[]> rows = rows(run, phase);
    double best = 0;
    for (int i = 0; i < rows.size(); i++) {
      best = Math.max(best, cell(rows, i, "top1"));
    }
    return String.format(Locale.ROOT, "%.2f", 100 * best);
  }

  /** PyTorch's names for resnet8. */
  private static Set<String> resnet8() {
    List<String> convs = new ArrayList<>(List.of("conv1"));
    List<String> norms = new ArrayList<>(List.of("bn1"));
    for (int stage = 1; stage <= 3; stage++) {
      String block = "layer" + stage + ".0.";
      convs.addAll(List.of(block + "conv1", block + "conv2"));
      norms.addAll(List.of(block + "bn1", block + "bn2"));
      if (stage > 1) {
        convs.add(block + "downsample.0");
        norms.add(block + "downsample.1");
      }
    }
    Set<String> names = new TreeSet<>(List.of("fc.weight", "fc.bias"));
    convs.forEach(c -> names.add(c + ".weight"));
    for (String norm : norms) {
      for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
        names.add(norm + "." + part);
      }
    }
    return names;
  }
}
