package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.ImageFiles;

/** Folders of pictures, from training to eval. */
class ImageFolderTest {
  private static final int SIDE = 40;
  private static final List<String> CLASSES = List.of("bright", "dark", "middle");

  @TempDir Path folder;
  private Path data;

  @BeforeEach
  void pictures() throws IOException {
    data = folder.resolve("pictures");
    for (int k = 0; k < CLASSES.size(); k++) {
      for (int i = 0; i < 8; i++) {
        picture("train/" + CLASSES.get(k) + "/" + i + ".png", new int[] {230, 20, 120}[k] + i);
        picture("val/" + CLASSES.get(k) + "/" + i + ".png", new int[] {235, 15, 125}[k] - i);
      }
    }
  }

  private void picture(String name, int grey) throws IOException {
    byte[] pixels = new byte[3 * SIDE * SIDE];
    Arrays.fill(pixels, (byte) grey);
    Path file = data.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, ImageFiles.png(pixels, 3, SIDE, SIDE));
  }

  private CommandLines.Answer eval(String... others) {
    return CommandLines.run(
        CommandLines.with(
            List.of(
                "eval",
                "--weights",
                folder.resolve("run/best.safetensors").toString(),
                "--data-path",
                data.toString(),
                "--device",
                "cpu",
                "--amp",
                "off"),
            others));
  }

  private static String rates(CommandLines.Answer eval) {
    return eval.out().lines().filter(l -> l.startsWith("mean firing rate")).findFirst().orElse("");
  }

  private static String top1(CommandLines.Answer eval) {
    return eval.out().lines().filter(l -> l.startsWith("top-1 ")).findFirst().orElse("").strip();
  }

  private CommandLines.Answer train(Path run, String method, String... others) {
    return CommandLines.run(
        CommandLines.with(
            List.of(
                "train",
                "--data-path",
                data.toString(),
                "--image-size",
                "32",
                "--mean",
                "0.9,0.8,0.9",
                "--std",
                "0.5,0.5,0.6",
                "--model",
                "spiking-resnet8",
                "--method",
                method,
                "--T",
                "2",
                "--epochs",
                "1",
                "--batch-size",
                "8",
                "--device",
                "cpu",
                "--amp",
                "off",
                "--output-dir",
                run.toString()),
            others));
  }

  @Test
  void evalSeesPicturesAsTheTrainingDid() throws IOException {
    CommandLines.Answer run = train(folder.resolve("run"), "direct").ok();
    String trained = run.out();
    assertTrue(
        run.err().contains("24 training and 24 test images of 3x32x32, 3 classes"), run.err());
    CommandLines.Answer eval = eval().ok();
    CommandLines.Answer told =
        eval("--image-size", "32", "--mean", "0.9,0.8,0.9", "--std", "0.5,0.5,0.6").ok();
    assertEquals(rates(told), rates(eval));
    String row = trained.lines().filter(l -> l.matches("direct +\\d.*%.*")).findFirst().orElse("");
    assertEquals(row.split(" +")[1], top1(eval).split(" +")[1], trained + eval.out());
    // What is said on the command line wins.
    assertNotEquals(rates(eval), rates(eval("--mean", "0.1,0.1,0.1").ok()));
    assertNotEquals(rates(eval), rates(eval("--image-size", "48").ok()));

    // A copy with fewer classes, and of another case: labels follow the names.
    Files.move(data.resolve("val/middle"), data.resolve("val/Middle"));
    deleteAll(data.resolve("train"));
    CommandLines.Answer renamed = eval().ok();
    assertEquals(top1(eval), top1(renamed));
    Files.move(data.resolve("val/Middle"), data.resolve("val/grey"));
    CommandLines.Answer unknown = eval();
    assertEquals(2, unknown.code());
    assertTrue(unknown.err().contains("(grey)"), unknown.err());
    assertEquals(1, unknown.complaints().size(), unknown.err());
  }

  @Test
  void aTeacherOfOtherClassesIsRefused() throws IOException {
    train(folder.resolve("first"), "ann", "--teacher-epochs", "1").ok();
    Path teacher = folder.resolve("first/best.safetensors");
    Path run = folder.resolve("second");
    for (String part : List.of("train/", "val/")) {
      Files.move(data.resolve(part + "bright"), data.resolve(part + "very bright"));
    }
    CommandLines.Answer answer = train(run, "sakd", "--teacher", teacher.toString());
    assertEquals(2, answer.code(), answer.toString());
    assertTrue(answer.err().contains("was trained on other classes"), answer.err());
    assertTrue(answer.err().contains("very bright"), answer.err());
    assertTrue(Files.notExists(run));
  }

  @Test
  void theSizeOfPicturesIsChecked() {
    for (String size : List.of("31", "1025", "-1", "x")) {
      CommandLines.Answer answer = info("--image-size", size);
      assertEquals(2, answer.code());
      assertTrue(answer.err().contains("--image-size"), answer.err());
    }
    CommandLines.Answer fixed =
        CommandLines.run("data", "info", "--image-size", "64"); // The bundled set's are 28x28.
    assertEquals(2, fixed.code());
    assertTrue(fixed.err().contains("--image-size is for pictures of any size"), fixed.err());
    assertTrue(fixed.err().contains("28x28"), fixed.err());
  }

  @Test
  void infoSaysWhichFilesThereAre() throws IOException {
    Files.write(data.resolve("train/dark/more.ppm"), new byte[1]);
    Files.write(data.resolve("train/dark/more.heic"), new byte[1]);
    CommandLines.Answer answer = info("--image-size", "64");
    assertEquals(0, answer.code(), answer.err());
    assertTrue(answer.out().contains("training: 25 samples of 3x64x64, 3 classes"), answer.out());
    assertTrue(answer.out().contains("files of .png (24), .ppm (1)"), answer.out());
    assertTrue(answer.complaints().get(0).startsWith("note: "), answer.err());
    assertTrue(answer.err().contains("left out 1 file (.heic)"), answer.err());
    assertEquals(1, answer.complaints().size(), answer.err());
  }

  private CommandLines.Answer info(String... others) {
    return CommandLines.run(
        CommandLines.with(List.of("data", "info", "--data-path", data.toString()), others));
  }

  private static void deleteAll(Path path) throws IOException {
    try (var all = Files.walk(path)) {
      for (Path file : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
