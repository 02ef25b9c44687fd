package sakd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;
import sakd.cli.CommandLines;
import sakd.io.ImageFiles;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.ops.Neuron;
import sakd.testing.UntrainedFiles;

/**
 * The examples in {@code java/examples} compile, run, and stand in the documentation as they are.
 */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of("java/examples");
  private static final Path PAGE = Path.of("java/docs/java.md");

  @TempDir static Path folder;

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
    }
  }

  @BeforeAll
  static void compile() throws IOException {
    List<String> args =
        Stream.concat(
                Stream.of(
                    "-Xlint:all,-processing,-path",
                    "-Werror",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-d",
                    folder.toString()),
                sources().stream().map(Path::toString))
            .toList();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int status =
        ToolProvider.getSystemJavaCompiler().run(null, null, errors, args.toArray(String[]::new));
    assertEquals(0, status, () -> errors.toString(StandardCharsets.UTF_8));
  }

  /** What an example prints; stand-ins for a GPU, which are slow, are not for its device. */
  private static String run(String name, Object... args) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                folder + File.pathSeparator + System.getProperty("java.class.path"),
                name));
    Stream.of(args).map(Object::toString).forEach(line::add);
    Path errors = folder.resolve(name + ".err");
    ProcessBuilder builder = new ProcessBuilder(line).redirectError(errors.toFile());
    builder.environment().remove("LD_LIBRARY_PATH");
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), () -> out + text(errors));
    return out;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path picture(String name, int side) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    byte[] pixels = new byte[3 * side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i * i);
    }
    return Files.write(folder.resolve(name), ImageFiles.png(pixels, 3, side, side));
  }

  @Test
  void trainAndClassify() throws Exception {
    Path data = CommandLines.data(folder);
    String out = run("TrainAndClassify", data, folder.resolve("run"), picture("digit.png", 28));
    String epoch = "epoch %d/%d, loss [\\d.]+, train [\\d.]+ %%, test top-1 [\\d.]+ %%, top-5";
    assertTrue(out.matches("(?s)teacher " + String.format(epoch, 1, 3) + ".*"), out);
    assertTrue(out.matches("(?s).*\nsakd " + String.format(epoch, 2, 2) + ".*"), out);
    assertTrue(out.matches("(?s).*\nSAKD: top-1 [\\d.]+ %, top-5 [\\d.]+ % of 20 images\n.*"), out);
    String guess = "\\d [\\d.]+ %";
    assertTrue(
        out.matches(
            "(?s).*\n\\d with a probability of [\\d.E-]+\n\\["
                + guess
                + ", "
                + guess
                + ", "
                + guess
                + "\\]\n"),
        out);
  }

  @Test
  void ownNetwork() throws Exception {
    Path own = Files.createDirectories(folder.resolve("own"));
    Path run = own.resolve("run");
    String out = run("OwnNetwork", CommandLines.data(own), run, picture("own.png", 28));
    String row = ": top-1 [\\d.]+ %, top-5 [\\d.]+ % of 20 images\n";
    assertTrue(
        out.matches(
            "teacher \\(ANN\\)"
                + row
                + "transferred only"
                + row
                + "direct"
                + row
                + "SAKD"
                + row
                + "\\d [\\d.]+ %\n"),
        out);
    Path weights = run.resolve("best.safetensors");
    UserError e = assertThrows(UserError.class, () -> Sakd.load(weights, "cpu"));
    assertTrue(
        e.getMessage()
            .contains("is of the network spiking-two-stages, which SAKD does not know; expected"),
        e.getMessage());
    assertFalse(Files.readString(run.resolve("report.html")).contains("Could not be measured"));
  }

  @Test
  void pyTorchWeights() throws Exception {
    NetworkSpec resnet18 = Networks.named("resnet18").withStem(NetworkSpec.Stem.IMAGENET);
    Path weights =
        UntrainedFiles.pth(
            folder.resolve("resnet18.pth"), new ModelFile(resnet18, Neuron.RELU, 1, 3, 1000));
    String out = run("PyTorchWeights", weights);
    assertTrue(out.startsWith("resnet18 for 3 channels and 1000 classes\n"), out);
    assertTrue(out.matches("(?s)[^\n]*\n(class \\d+ [\\d.]+ %\n){5}"), out);
  }

  @Test
  void segmentInThreads() throws Exception {
    ImageSpec grey =
        new ImageSpec(64, 64, 0, List.of(0.5f), List.of(0.2f), List.of("background", "nucleus"));
    Path weights =
        UntrainedFiles.safetensors(
            folder.resolve("cells.safetensors"),
            new ModelFile(Networks.named("spiking-fcn-resnet8"), Neuron.LIF, 2, 1, 2),
            grey);
    for (int i = 0; i < 6; i++) {
      picture("cells/" + i + ".png", 40 + i);
    }
    Path masks = folder.resolve("masks");
    String out = run("SegmentInThreads", weights, folder.resolve("cells"), masks);
    assertEquals(6, out.lines().count(), out);
    assertTrue(out.lines().anyMatch(l -> l.matches("3.png  43x43 pixels: .*%.*")), out);
    assertTrue(Files.exists(masks.resolve("5.png.png")));
  }

  @Test
  void theDocumentationShowsThemAsTheyAre() throws IOException {
    String page = Files.readString(PAGE);
    for (Path source : sources()) {
      String block = "```java\n" + Files.readString(source) + "```\n";
      assertTrue(page.contains(block), () -> PAGE + " does not have " + source + " as it is");
    }
  }
}
