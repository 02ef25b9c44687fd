package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.Sakd;
import sakd.Segmenter;
import sakd.base.UserError;
import sakd.io.HostTensor;
import sakd.io.ImageFiles;
import sakd.io.Npy;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Networks;
import sakd.ops.Neuron;
import sakd.testing.UntrainedFiles;

/** Pictures in, masks out. */
class SegmentTest {
  private static final List<String> CLASSES = List.of("background", "cat", "dog");

  @TempDir static Path folder;
  private static Path weights;
  private static Path pictures;

  @BeforeAll
  static void files() throws IOException {
    weights = folder.resolve("net.safetensors");
    ImageSpec how =
        new ImageSpec(32, 64, 32, List.of(0.5f, 0.4f, 0.3f), List.of(0.2f, 0.3f, 0.4f), CLASSES);
    ModelFile model =
        new ModelFile(Networks.named("fcn-resnet8"), Neuron.RELU, 1, 3, CLASSES.size());
    UntrainedFiles.safetensors(weights, model, how);
    pictures = Files.createDirectory(folder.resolve("pictures"));
    picture(pictures.resolve("a.png"), 40, 33);
    picture(pictures.resolve("b.png"), 17, 70);
    picture(pictures.resolve("c.png"), 33, 40); // As large as a, once padded.
  }

  private static void picture(Path file, int height, int width) throws IOException {
    byte[] pixels = new byte[3 * height * width];
    new Random(height).nextBytes(pixels);
    Files.write(file, ImageFiles.png(pixels, 3, height, width));
  }

  private static CommandLines.Answer predict(String... options) {
    return CommandLines.run(
        CommandLines.with(
            List.of("predict", "--device", "cpu", "--amp", "off", "--weights", weights.toString()),
            options));
  }

  private static byte[] indices(Path png) throws IOException {
    BufferedImage image = ImageIO.read(png.toFile());
    assertEquals(BufferedImage.TYPE_BYTE_INDEXED, image.getType());
    int[] samples =
        image.getRaster().getSamples(0, 0, image.getWidth(), image.getHeight(), 0, (int[]) null);
    byte[] indices = new byte[samples.length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = (byte) samples[i];
    }
    return indices;
  }

  /** The command and the library agree, whether pictures come alone or in batches. */
  @Test
  void masksHaveTheSizeOfTheirPictures() throws IOException {
    Path masks = folder.resolve("masks");
    String out =
        predict("--input", pictures.toString(), "--output", masks.toString(), "--overlay")
            .ok()
            .out();
    List<String> lines = out.lines().filter(l -> l.contains(" %")).toList();
    assertEquals(3, lines.size(), out);
    List<Path> files =
        List.of("a", "b", "c").stream().map(n -> pictures.resolve(n + ".png")).toList();
    boolean several = false;
    try (Segmenter segmenter = Sakd.loadSegmenter(weights, "cpu")) {
      assertEquals(CLASSES, segmenter.classNames());
      for (int i = 0; i < files.size(); i++) {
        Segmenter.Mask mask = segmenter.predict(List.of(files.get(i))).get(0);
        Path png = masks.resolve(files.get(i).getFileName());
        assertArrayEquals(mask.classes(), indices(png));
        Path again = folder.resolve("again.png");
        mask.write(again);
        assertArrayEquals(Files.readAllBytes(png), Files.readAllBytes(again));
        BufferedImage picture = ImageIO.read(files.get(i).toFile());
        assertEquals(picture.getHeight(), mask.height());
        assertEquals(picture.getWidth(), mask.width());
        String overlay = files.get(i).getFileName().toString().replace(".png", "-overlay.png");
        assertOverlay(picture, mask, ImageIO.read(masks.resolve(overlay).toFile()));
        int largest = 0;
        int found = 0;
        for (int k = 0; k < CLASSES.size(); k++) {
          largest = mask.share(k) > mask.share(largest) ? k : largest;
          found += mask.share(k) > 0 ? 1 : 0;
        }
        several |= found > 1;
        String start =
            String.format(
                Locale.ROOT,
                "%s  %s %.2f %%",
                files.get(i),
                CLASSES.get(largest),
                100 * mask.share(largest));
        assertTrue(lines.get(i).startsWith(start), lines.get(i) + "\ninstead of " + start);
        assertEquals(found, lines.get(i).split(" %", -1).length - 1, lines.get(i));
      }
    }
    assertTrue(several, "the network says one class everywhere");
    assertForms(lines);
  }

  /** Shares as JSON and CSV are those that are printed. */
  private static void assertForms(List<String> lines) {
    List<String> json = new ArrayList<>();
    for (Map<?, ?> picture :
        Results.json(predict("--input", pictures + "", "--format", "json").ok().out())) {
      json.add(picture.get("image") + "  " + shares(Results.list(picture, "classes")));
    }
    assertEquals(lines, json);
    List<Map<String, String>> rows =
        Results.csv(predict("--input", pictures + "", "--format", "csv").ok().out());
    List<String> csv = new ArrayList<>();
    for (String image : rows.stream().map(r -> r.get("image")).distinct().toList()) {
      csv.add(
          image + "  " + shares(rows.stream().filter(r -> r.get("image").equals(image)).toList()));
    }
    assertEquals(lines, csv);
  }

  private static String shares(List<? extends Map<?, ?>> classes) {
    return classes.stream()
        .map(
            c ->
                String.format(
                    Locale.ROOT,
                    "%s %.2f %%",
                    c.get("class"),
                    100 * Double.parseDouble(c.get("share") + "")))
        .collect(Collectors.joining(", "));
  }

  private static void assertOverlay(
      BufferedImage picture, Segmenter.Mask mask, BufferedImage overlay) {
    for (int y = 0; y < mask.height(); y++) {
      for (int x = 0; x < mask.width(); x++) {
        int green = picture.getRGB(x, y) >> 8 & 0xff;
        int colour = mask.at(y, x) == 2 ? 128 : 0;
        int expected = mask.at(y, x) == 0 ? green : (green + colour + 1) / 2;
        assertEquals(expected, overlay.getRGB(x, y) >> 8 & 0xff);
      }
    }
  }

  @Test
  void whatWouldOverwriteIsRefused() throws IOException {
    Path other = Files.createDirectories(folder.resolve("other"));
    Path twin = other.resolve("A.jpg");
    Files.copy(pictures.resolve("a.png"), twin);
    assertRefused("would both be", "--input", pictures + "", twin + "", "--output", other + "/m");
    assertFalse(Files.exists(other.resolve("m")));
    byte[] before = Files.readAllBytes(pictures.resolve("a.png"));
    assertRefused(
        "is one of the pictures", "--input", pictures + "", "--output", pictures.toString());
    assertArrayEquals(before, Files.readAllBytes(pictures.resolve("a.png")));
    assertRefused("expected a folder", "--input", pictures + "", "--output", twin.toString());
    assertRefused("--overlay", "--input", pictures + "", "--overlay");
    assertRefused("--per-step", "--input", pictures + "", "--per-step");
    UserError e = assertThrows(UserError.class, () -> Sakd.load(weights, "cpu").close());
    assertTrue(e.getMessage().contains("Sakd.loadSegmenter"), e.getMessage());
  }

  private static void assertRefused(String why, String... options) {
    CommandLines.Answer answer = predict(options);
    assertEquals(2, answer.code(), answer.toString());
    assertTrue(answer.err().contains(why), answer.err());
    assertEquals(1, answer.complaints().size(), answer.err());
  }

  @Test
  void anArrayIsTakenAsItIs() throws IOException {
    float[] values = new float[2 * 3 * 9 * 11];
    Random random = new Random(3);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Path array = folder.resolve("images.npy");
    Npy.write(array, HostTensor.ofFloats(values, 2, 3, 9, 11));
    Path masks = folder.resolve("of-array");
    String out = predict("--input", array + "", "--output", masks.toString()).ok().out();
    assertTrue(out.contains("\nimage 1  "), out);
    assertEquals(9 * 11, indices(masks.resolve("image 1.png")).length);
  }

  @Test
  void onePictureOfSeveralThatCannotBeReadIsLeftOut() throws IOException {
    Path bad = Files.writeString(folder.resolve("bad.jpg"), "no picture");
    Path masks = folder.resolve("some");
    CommandLines.Answer answer =
        predict("--input", bad + "", pictures.resolve("b.png") + "", "--output", masks.toString());
    assertEquals(2, answer.code(), answer.toString());
    assertTrue(answer.err().contains("error: 1 of 2 images could not be"), answer.err());
    assertTrue(Files.exists(masks.resolve("b.png")) && !Files.exists(masks.resolve("bad.png")));
  }
}
