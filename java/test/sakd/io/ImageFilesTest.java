package sakd.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFilesTest {
  @TempDir Path folder;

  private static byte[] ramp(int size) {
    byte[] pixels = new byte[size];
    for (int i = 0; i < size; i++) {
      pixels[i] = (byte) (i * 255 / (size - 1));
    }
    return pixels;
  }

  @Test
  void pngKeepsEveryValue() throws IOException {
    for (int channels : new int[] {1, 3}) {
      byte[] pixels = ramp(channels * 12 * 9);
      Path path = folder.resolve(channels + ".png");
      Files.write(path, ImageFiles.png(pixels, channels, 12, 9));
      assertArrayEquals(pixels, ImageFiles.read(path, channels, 12, 9));
    }
  }

  @Test
  void greyAndColourTurnIntoEachOther() throws IOException {
    Path grey = folder.resolve("grey.png");
    Files.write(grey, ImageFiles.png(new byte[] {100}, 1, 1, 1));
    assertArrayEquals(new byte[] {100, 100, 100}, ImageFiles.read(grey, 3, 1, 1));
    Path colour = folder.resolve("colour.png");
    Files.write(colour, ImageFiles.png(new byte[] {100, (byte) 200, 50}, 3, 1, 1));
    // 0.299 * 100 + 0.587 * 200 + 0.114 * 50 = 153
    assertArrayEquals(new byte[] {(byte) 153}, ImageFiles.read(colour, 1, 1, 1));
  }

  /** Values that Pillow 9.4 computes: {@code resize((2, 2), BILINEAR, box=(1, 0, 5, 4))}. */
  @Test
  void scalesTheMiddleAsPillowDoes() throws IOException {
    Path path = folder.resolve("wide.png");
    byte[] pixels = {
      0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 125, 115, 105, 95, 85, 75, 65, 55, 45,
      35, 25
    };
    Files.write(path, ImageFiles.png(pixels, 1, 4, 6));
    assertArrayEquals(new byte[] {55, 70, 87, 74}, ImageFiles.read(path, 1, 2, 2));
  }

  @Test
  void jpegAndLargerThanTheFile() throws IOException {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, 0x4080c0);
    }
    Path path = folder.resolve("blue.JPG");
    ImageIO.write(image, "jpg", path.toFile());
    byte[] pixels = ImageFiles.read(path, 3, 32, 32);
    for (int c = 0; c < 3; c++) {
      assertEquals(0x40 * (c + 1), pixels[c * 1024 + 500] & 0xff, 3);
    }
  }

  @Test
  void foldersAndWhatIsNoPicture() throws IOException {
    Files.writeString(folder.resolve("b.png"), "not a picture");
    Files.writeString(folder.resolve("a.jpeg"), "");
    Files.writeString(folder.resolve("notes.txt"), "");
    assertEquals(
        List.of("a.jpeg", "b.png"),
        ImageFiles.in(folder).stream().map(p -> p.getFileName().toString()).toList());
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertRefused(() -> ImageFiles.in(empty), "no picture in");
    assertRefused(() -> ImageFiles.read(folder.resolve("b.png"), 1, 1, 1), "no picture");
    assertRefused(() -> ImageFiles.read(folder.resolve("c.png"), 1, 1, 1), "cannot read");
    assertRefused(() -> ImageFiles.in(folder.resolve("none")), "no such");
  }

  private static void assertRefused(Runnable read, String expected) {
    UserError e = assertThrows(UserError.class, read::run);
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }
}
