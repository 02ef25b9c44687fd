package sakd.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.image.PictureSource;
import sakd.data.set.Datasets;
import sakd.io.ImageFiles;

/** Pictures as a network takes them. */
class ImageSpecTest {
  @TempDir Path folder;

  /** Of a network that takes pixels as they are. */
  private static ImageSpec plain(int channels, int side, int resized) {
    return new ImageSpec(
        side,
        side,
        resized,
        Collections.nCopies(channels, 0f),
        Collections.nCopies(channels, 1 / 255f),
        List.of());
  }

  private Path png(int channels, int height, int width, int... pixels) throws IOException {
    byte[] bytes = new byte[pixels.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) pixels[i];
    }
    Path path = folder.resolve(pixels.length + "-" + channels + ".png");
    return Files.write(path, ImageFiles.png(bytes, channels, height, width));
  }

  @Test
  void aPictureOfTheRightSizeKeepsItsValues() throws IOException {
    int[] ramp = new int[3 * 81];
    float[] expected = new float[ramp.length];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = i;
      expected[i] = i;
    }
    Path path = png(3, 9, 9, ramp);
    assertArrayEquals(expected, plain(3, 9, 10).read(PictureSource.of(path)).pixels(), 1e-3f);
  }

  @Test
  void greyAndColourTurnIntoEachOther() throws IOException {
    Path grey = png(1, 1, 1, 100);
    assertArrayEquals(
        new float[] {100, 100, 100}, plain(3, 1, 1).read(PictureSource.of(grey)).pixels(), 1e-3f);
    assertArrayEquals(
        new float[] {100}, plain(1, 1, 1).read(PictureSource.of(grey)).pixels(), 1e-3f);
    Path colour = png(3, 1, 1, 100, 200, 50);
    // 0.299 * 100 + 0.587 * 200 + 0.114 * 50 = 153
    assertArrayEquals(
        new float[] {153}, plain(1, 1, 1).read(PictureSource.of(colour)).pixels(), 1e-3f);
  }

  /** Values that Pillow 9.4 computes: {@code resize((3, 2), BILINEAR)}, then its left part. */
  @Test
  void scalesAndCropsAsPillowDoes() throws IOException {
    Path path =
        png(
            1, 4, 6, 0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 125, 115, 105, 95, 85,
            75, 65, 55, 45, 35, 25);
    assertArrayEquals(
        new float[] {49, 63, 91, 81}, plain(1, 2, 2).read(PictureSource.of(path)).pixels(), 1e-3f);
  }

  @Test
  void jpegOfAnotherSizeNormalised() throws IOException {
    BufferedImage image = new BufferedImage(20, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 320; i++) {
      image.setRGB(i % 20, i / 20, 0x4080c0);
    }
    Path path = folder.resolve("blue.JPG");
    ImageIO.write(image, "jpg", path.toFile());
    ImageSpec how =
        new ImageSpec(32, 32, 36, List.of(0.1f, 0.2f, 0.3f), List.of(0.5f, 0.25f, 2f), List.of());
    float[] pixels = how.read(PictureSource.of(path)).pixels();
    for (int c = 0; c < 3; c++) {
      float expected = (0x40 * (c + 1) / 255f - how.mean().get(c)) / how.std().get(c);
      assertEquals(expected, pixels[c * 1024 + 500], 0.05f);
    }
  }

  @Test
  void metadataGoThereAndBack() {
    ImageSpec how =
        new ImageSpec(28, 30, 32, List.of(0.286f), List.of(0.353f), List.of("a, \"b\"", "ü"));
    Map<String, String> metadata = new HashMap<>();
    assertNull(ImageSpec.of(metadata, "w"), "files from elsewhere say nothing");
    how.describe(metadata);
    assertEquals(how, ImageSpec.of(metadata, "w"));
    metadata.put("sakd.std", "x");
    assertRefused(() -> ImageSpec.of(metadata, "w"), "sakd.std");
  }

  @Test
  void whatIsNoPictureOrNoInputOfPictures() throws IOException {
    Path text = Files.writeString(folder.resolve("b.png"), "not a picture");
    assertRefused(() -> plain(1, 1, 1).read(PictureSource.of(text)), "b.png");
    assertRefused(
        () -> plain(1, 1, 1).read(PictureSource.of(folder.resolve("c.png"))), "cannot read");
    assertRefused(
        () -> plain(2, 1, 1).read(PictureSource.of(text)), "pictures cannot be turned into");
  }

  private static void assertRefused(Runnable read, String expected) {
    UserError e = assertThrows(UserError.class, read::run);
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }

  /** Whatever way a set came in, a network sees it as its training did. */
  @Test
  void aDataSetIsSeenAsTheTrainingSawIt() throws IOException {
    for (String name : List.of("cat/1.png", "dog/1.png", "dog/2.png")) {
      Path file = folder.resolve("set/val").resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, ImageFiles.png(new byte[3 * 64], 3, 8, 8));
    }
    Dataset set = Datasets.open(null, folder.resolve("set"), false);
    assertEquals(224, set.height());
    List<Float> mean = List.of(0.1f, 0.2f, 0.3f);
    List<Float> std = List.of(0.4f, 0.5f, 0.6f);
    ImageSpec how = new ImageSpec(48, 48, 50, mean, std, List.of("dog", "emu", "cat"));
    Dataset seen = how.applyTo(set);
    assertEquals(how, ImageSpec.of(seen));
    assertEquals(2, seen.label(0));
    assertEquals(0, seen.label(2));
    assertEquals(3 * 48 * 48, seen.shape().bytes());
    ImageSpec others = new ImageSpec(48, 48, 50, mean, std, List.of("cat", "emu"));
    assertThrows(UserError.class, () -> others.applyTo(set));
    // Of what the set cannot be, the caller hears.
    ImageSpec grey = new ImageSpec(28, 28, 28, List.of(0.5f), List.of(1f), List.of("cat", "dog"));
    assertEquals(3, grey.applyTo(set).info().mean().length);
  }
}
