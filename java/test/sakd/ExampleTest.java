package sakd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;
import sakd.cli.CommandLines;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.set.Datasets;
import sakd.data.set.MemoryDataset;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.io.HostTensor;
import sakd.io.ImageFiles;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.train.Listener;

/** SAKD from Java. */
class ExampleTest {
  private static final Sakd TINY =
      Sakd.on("cpu").model("spiking-resnet8").steps(2).batchSize(20).epochs(1);

  @TempDir static Path folder;
  private static Path images;

  @BeforeAll
  static void images() throws IOException {
    images = CommandLines.data(folder);
  }

  @Test
  void trainLoadPredict() throws IOException {
    Path run = folder.resolve("first");
    StringWriter printed = new StringWriter();
    List<Pipeline.Row> rows =
        Sakd.on("cpu")
            .data("mnist", images)
            .model("spiking-resnet8")
            .method(Method.SAKD)
            .steps(2)
            .epochs(1)
            .teacherEpochs(6)
            .batchSize(20)
            .learningRate(0.05)
            .option("--weight-decay", 1e-4)
            .log(new PrintWriter(printed))
            .train(run);

    List<String> names = rows.stream().map(Pipeline.Row::name).toList();
    assertEquals(List.of("teacher (ANN)", "transferred only", "SAKD"), names);
    assertTrue(printed.toString().contains("LIF, T = 2"), printed.toString());

    Dataset testSet = Datasets.open("mnist", images, false);
    try (Classifier network = Sakd.load(run.resolve("best.safetensors"), "cpu")) {
      assertEquals(2, network.about().steps());
      assertEquals(
          rows.get(2).evaluation().scores().value(), network.evaluate(testSet).scores().value());

      Path picture = folder.resolve("seven.png");
      byte[] pixels = pixels(testSet, 7);
      Files.write(picture, ImageFiles.png(pixels, 1, 28, 28));
      Classifier.Guess guess = network.predict(List.of(picture)).get(0);

      float[] logits = network.predict(normalised(pixels, testSet)).logits().toFloats();
      double sum = 0;
      for (float logit : logits) {
        assertTrue(logit <= logits[guess.label()]);
        sum += Math.exp(logit);
      }
      assertEquals(Math.exp(logits[guess.label()]) / sum, guess.probability(), 1e-6);
      assertEquals(Integer.toString(guess.label()), guess.name());
      assertEquals(List.of(), network.predict(List.of()));
    }
  }

  private static byte[] pixels(Dataset set, int index) {
    ByteBuffer pixels = ByteBuffer.allocate(set.shape().bytes());
    set.read(index, null, set.shape(), pixels);
    return pixels.array();
  }

  private static HostTensor normalised(byte[] pixels, Dataset set) {
    float[] values = new float[pixels.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = ((pixels[i] & 0xff) / 255f - set.info().mean()[0]) / set.info().std()[0];
    }
    return HostTensor.ofFloats(values, 1, 1, 28, 28);
  }

  /** A set of the program's own: what is bright in it, the left half or the right. */
  private static Dataset halves(int size) {
    return halves(size, List.of("left", "right"));
  }

  /** With the classes in this order. */
  private static Dataset halves(int size, List<String> classes) {
    int side = 16;
    int left = classes.indexOf("left");
    byte[] pixels = new byte[size * side * side];
    int[] labels = new int[size];
    for (int i = 0; i < pixels.length; i++) {
      int image = i / (side * side);
      labels[image] = image % 2 == 0 ? left : 1 - left;
      pixels[i] = (byte) (i % side * 2 / side == image % 2 ? 200 : image);
    }
    DatasetInfo info =
        new DatasetInfo("halves", classes, new float[] {0.5f}, new float[] {0.25f}, false);
    return new MemoryDataset(info, side, side, pixels, labels);
  }

  @Test
  void onesOwnData() {
    Path run = folder.resolve("halves");
    // Test samples are numbered as the training's classes are, whatever their own order.
    Dataset test = halves(20, List.of("right", "left"));
    Sakd training = TINY.data(halves(40), test).method(Method.DIRECT).option("--no-augment");
    List<Pipeline.Row> rows = training.train(run);
    assertEquals(20, rows.get(0).evaluation().images());
    assertEquals(
        rows.get(0).evaluation().scores().value(),
        training.train(run).get(0).evaluation().scores().value(),
        "a finished run answers what it did");
    assertThrows(UserError.class, () -> training.epochs(2).train(run), "another run's folder");
    try (Classifier network = Sakd.load(run.resolve("best.safetensors"), "cpu")) {
      assertEquals(List.of("left", "right"), network.classNames());
      assertEquals(
          rows.get(0).evaluation().scores().value(), network.evaluate(halves(20)).scores().value());
      UserError others =
          assertThrows(
              UserError.class, () -> network.evaluate(Datasets.open("mnist", images, false)));
      assertTrue(
          others.getMessage().contains("has classes that the network was not trained on"),
          others.getMessage());
    }
  }

  /** What a listener throws ends the training; the same call goes on with it. */
  @Test
  void aListenerHearsHowItGoesAndMayStopIt() {
    Path run = folder.resolve("heard");
    List<String> heard = new ArrayList<>();
    Sakd training =
        TINY.data(halves(40), halves(20)).method(Method.DIRECT).epochs(2).option("--no-augment");
    Listener stopping =
        new Listener() {
          @Override
          public void checked(StepSummary step) {
            heard.add(step.toString());
          }

          @Override
          public void epoch(EpochSummary epoch) {
            heard.add(epoch.toString());
            throw new CancellationException("enough");
          }
        };
    assertThrows(CancellationException.class, () -> training.listener(stopping).train(run));
    assertTrue(
        heard
            .get(0)
            .matches("direct epoch 1/2 step 2/2, loss [\\d.]+, accuracy [\\d.]+ %, \\d+ images/s"),
        heard.toString());
    assertTrue(
        heard
            .get(1)
            .matches("direct epoch 1/2, loss .* train [\\d.]+ %, test top-1 [\\d.]+ %, .* s"),
        heard.toString());
    List<Integer> epochs = new ArrayList<>();
    Listener going =
        new Listener() {
          @Override
          public void epoch(EpochSummary epoch) {
            epochs.add(epoch.epoch());
          }
        };
    List<Pipeline.Row> rows = training.listener(going).train(run);
    assertEquals(2, epochs.get(epochs.size() - 1));
    assertTrue(
        rows.toString().matches("\\[direct: top-1 [\\d.]+ %, .*of 20 images\\]"), rows.toString());
  }

  @Test
  void testSamplesOfOtherClassesAreRefusedBeforeAnythingIsWritten() {
    Path run = folder.resolve("others");
    Sakd training = TINY.data(halves(8), halves(8, List.of("left", "middle")));
    UserError error = assertThrows(UserError.class, () -> training.train(run));
    assertTrue(error.getMessage().contains("(middle)"), error.getMessage());
    assertFalse(Files.exists(run));
  }

  /** The name is what files keep of it. */
  @Test
  void onesOwnNetworkHasANameOfItsOwn() {
    for (String name : List.of("spiking-resnet18", "tiny")) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> TINY.model(named(name)));
      assertTrue(e.getMessage().startsWith("the network's name is " + name), e.getMessage());
    }
    TINY.model(named("spiking-tiny"));
  }

  private static NetworkSpec named(String name) {
    return new NetworkSpec() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Network build(
          Neuron neuron, int steps, int channels, int classes, Parameters parameters) {
        throw new IllegalStateException("only the name is asked for");
      }
    };
  }

  @Test
  void mistakesNameTheOptionAndWriteNothing() {
    Path run = folder.resolve("none");
    for (Sakd wrong :
        List.of(
            TINY.steps(99),
            TINY.option("--nueron", "lif"),
            TINY.option("--resume", folder),
            TINY.option("--neuron", "lfi"),
            TINY.teacher(folder.resolve("no.safetensors")))) {
      UserError error = assertThrows(UserError.class, () -> wrong.train(run));
      assertTrue(error.getMessage().matches(".*(--T|--neuron|--resume|no.safetensors).*"));
    }
    assertFalse(Files.exists(run));
  }
}
