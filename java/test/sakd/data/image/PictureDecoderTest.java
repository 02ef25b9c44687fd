package sakd.data.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;
import sakd.io.Mutants;

class PictureDecoderTest {
  private static final int GREY_0x63 = 0x636363;

  @TempDir Path folder;

  /** The pixels, red, green and blue in the lower 24 bits. */
  private static int[] decode(byte[] content) {
    Picture picture = PictureDecoder.decode("x", content, (w, h) -> 1);
    int[] pixels = Arrays.copyOf(picture.pixels(), picture.width() * picture.height());
    return Arrays.stream(pixels).map(p -> p >>> 8).toArray();
  }

  private static byte[] row(int... bytes) {
    byte[] row = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      row[i] = (byte) bytes[i];
    }
    return row;
  }

  private static byte[] png(int width, int type, int depth, byte[] row, Object... chunks) {
    return Pictures.png(width, 1, type, depth, new byte[][] {row}, chunks);
  }

  /** 99 is 99, however it is written: alpha is left out, and of 16 bits the upper 8 are taken. */
  @Test
  void greyIsWhatTheFileSays() throws IOException {
    int[] wanted = {0, GREY_0x63, 0xffffff};
    assertArrayEquals(wanted, decode(png(3, 0, 8, row(0, 99, 255))));
    assertArrayEquals(wanted, decode(png(3, 0, 16, row(0, 255, 99, 0, 255, 3))));
    assertArrayEquals(wanted, decode(png(3, 4, 8, row(0, 7, 99, 0, 255, 255))));
    assertArrayEquals(
        wanted, decode(png(3, 4, 16, row(0, 9, 1, 2, 99, 200, 0, 0, 255, 0, 255, 255))));
    byte[] palette = row(99, 99, 99, 0, 0, 0, 255, 255, 255);
    assertArrayEquals(
        wanted, decode(png(3, 3, 8, row(1, 0, 2), "PLTE", palette, "tRNS", row(0, 9, 255))));
    assertArrayEquals(wanted, decode(png(3, 3, 2, row(0x48), "PLTE", palette)));
    assertArrayEquals(new int[] {0, 0x555555, 0xaaaaaa, 0xffffff}, decode(png(4, 0, 2, row(0x1b))));
    assertArrayEquals(new int[] {0x333333, 0xffffff}, decode(png(2, 0, 4, row(0x3f))));
    assertArrayEquals(
        new int[] {0, 0xffffff, 0}, decode(png(3, 0, 1, row(0x40), "tRNS", row(0, 1))));
    for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
      BufferedImage image = new BufferedImage(3, 1, type);
      WritableRaster raster = image.getRaster();
      int scale = type == BufferedImage.TYPE_BYTE_GRAY ? 1 : 257;
      raster.setPixels(0, 0, 3, 1, new int[] {0, 99 * scale, 255 * scale});
      assertArrayEquals(wanted, decode(written(image, "tif")), "TIFF of type " + type);
      if (scale == 1) {
        assertArrayEquals(wanted, decode(written(image, "gif")));
      }
    }
  }

  @Test
  void coloursAreWhatTheFileSays() {
    int[] wanted = {0x010263, 0xffc800};
    assertArrayEquals(wanted, decode(png(2, 2, 8, row(1, 2, 99, 255, 200, 0))));
    assertArrayEquals(wanted, decode(png(2, 6, 8, row(1, 2, 99, 0, 255, 200, 0, 128))));
    assertArrayEquals(
        wanted, decode(png(2, 2, 16, row(1, 200, 2, 250, 99, 255, 255, 0, 200, 99, 0, 255))));
    assertArrayEquals(
        wanted,
        decode(png(2, 6, 16, row(1, 2, 2, 2, 99, 2, 0, 0, 255, 0, 200, 99, 0, 255, 255, 255))));
  }

  @Test
  void inkOnWhiteIsMultipliedOut() {
    int wanted = 0xa67f2a;
    int[] decoded = decode(Pictures.JPEG_CMYK);
    for (int shift = 0; shift < 24; shift += 8) {
      assertEquals(wanted >> shift & 0xff, decoded[0] >> shift & 0xff, 1, "Leptonica rounds down");
    }
    Picture byJava = ImageIoPictures.decode("x", Pictures.JPEG_CMYK);
    assertEquals(wanted, byJava.pixels()[3] >>> 8, "where Leptonica is missing");
  }

  @Test
  void everyFormatOfPictures() throws IOException {
    int[] wanted = pixels();
    BufferedImage image = new BufferedImage(4, 3, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 4, 3, wanted, 0, 4);
    for (String format : new String[] {"png", "bmp", "tif"}) {
      assertArrayEquals(wanted, decode(written(image, format)), format);
    }
    assertArrayEquals(wanted, decode(Pictures.WEBP));
    assertArrayEquals(wanted, decode(Pictures.WEBP_ALPHA), "alpha is left out");
    assertArrayEquals(wanted, decode(Pictures.WEBP_ANIMATION), "the first picture");
    int[] lossy = decode(Pictures.WEBP_LOSSY);
    assertArrayEquals(new int[] {0x0408a4, 0x2a10a2, 0x630f8d, 0x88188c}, Arrays.copyOf(lossy, 4));
    assertArrayEquals(wanted, decode(ppm()));
  }

  private static int[] pixels() {
    int[] pixels = new int[12];
    Arrays.setAll(pixels, i -> i % 4 * 60 << 16 | i / 4 * 90 << 8 | 200 - i % 4 * 20);
    return pixels;
  }

  private static byte[] ppm() {
    byte[] header = ascii("P6\n# of a test\n4 3\n255\n");
    ByteBuffer out = ByteBuffer.allocate(header.length + 36).put(header);
    for (int rgb : pixels()) {
      out.put((byte) (rgb >> 16)).put((byte) (rgb >> 8)).put((byte) rgb);
    }
    return out.array();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(ISO_8859_1);
  }

  @Test
  void portableFormats() {
    int[] wanted = {0, 0x666666, 0xffffff};
    assertArrayEquals(wanted, decode(ascii("P2 3 1 # grey\n5\n0 2 5")));
    assertArrayEquals(wanted, decode(ascii("P5 3 1 5\n\0\2\5")));
    assertArrayEquals(wanted, decode(ascii("P5 3 1 65535\n\0\0\u0066\u0066\u00ff\u00ff")));
    assertArrayEquals(new int[] {0x010203}, decode(ascii("P3 1 1 255\n1 2 3\n")));
    int[] bits = {0, 0xffffff, 0, 0, 0xffffff, 0xffffff};
    assertArrayEquals(bits, decode(ascii("P1\n3 2\n101\n1 0 0")), "1 is black");
    assertArrayEquals(bits, decode(ascii("P4\n3 2\n\u00a0\u0080")));
    for (String damaged :
        new String[] {
          "P5 3 1 255\n12",
          "P2 3 1 5\n0 2",
          "P2 3 1 5\n0 2 x",
          "P1 2 1\n12",
          "P6 1 1 0\n123",
          "P6 1 1 70000\n123",
          "P5 0 1 255\n",
          "P5 99999999999 9 255\n1",
          "P6 2147483647 2 255\n1"
        }) {
      assertThrows(UserError.class, () -> decode(ascii(damaged)), damaged);
    }
  }

  /** A header alone takes no memory: sizes are judged before anything is allocated. */
  @Test
  void sizesAreCheckedBeforeMemoryIsTaken() throws IOException {
    BufferedImage image = new BufferedImage(4, 3, BufferedImage.TYPE_INT_RGB);
    byte[] tiff = written(image, "tif");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (byte[] bomb :
        new byte[][] {
          Pictures.png(Integer.MAX_VALUE, 1, 0, 8, new byte[][] {row(0)}),
          Pictures.png(60_000, 60_000, 2, 16, new byte[][] {row(0)}),
          Pictures.png(11_000, 11_000, 2, 8, new byte[][] {row(0)}),
          withTags(tiff, 256, Integer.MAX_VALUE),
          withTags(tiff, 256, 2000, 257, 2000, 277, 255),
          withTags(tiff, 279, Integer.MAX_VALUE),
          webp(16_383, 16_383),
          ascii("P6 30000 30000 255\n"),
        }) {
      long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
      assertThrows(UserError.class, () -> decode(bomb));
      long taken = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
      assertTrue(taken < 50_000_000, taken + " bytes");
    }
    // The screen of a GIF is not its picture.
    byte[] gif = written(image, "gif");
    Arrays.fill(gif, 6, 10, (byte) 0xff);
    assertEquals(12, decode(gif).length);
  }

  /** Entries of a TIFF file's directory by their numbers in the standard: all 4 bytes of value. */
  private static byte[] withTags(byte[] tiff, int... tagsAndValues) {
    ByteBuffer words = ByteBuffer.wrap(tiff.clone());
    words.order(tiff[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = words.getInt(4);
    for (int i = 0; i < words.getShort(directory); i++) {
      int entry = directory + 2 + 12 * i;
      for (int k = 0; k < tagsAndValues.length; k += 2) {
        if (words.getShort(entry) == tagsAndValues[k]) {
          words.putShort(entry + 2, (short) 4).putInt(entry + 4, 1);
          words.putInt(entry + 8, tagsAndValues[k + 1]);
        }
      }
    }
    return words.array();
  }

  private static byte[] webp(int width, int height) {
    byte[] file = Pictures.WEBP.clone();
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(21, width - 1 | height - 1 << 14);
    return file;
  }

  @Test
  void survivesDamage() throws IOException {
    BufferedImage noise = new BufferedImage(20, 10, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      noise.setRGB(i % 20, i / 20, random.nextInt(1 << 24));
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String format : new String[] {"png", "bmp", "gif", "tif"}) {
      files.put("noise." + format, written(noise, format));
    }
    files.put("lossless.webp", Pictures.WEBP);
    files.put("lossy.webp", Pictures.WEBP_LOSSY);
    files.put("animation.webp", Pictures.WEBP_ANIMATION);
    files.put("text.ppm", ascii("P3 2 2 255 1 2 3 4 5 6 7 8 9 10 11 12"));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path path = Files.write(folder.resolve(file.getKey()), file.getValue());
      Mutants.check(
          path,
          100,
          1000,
          () -> PictureDecoder.decode(path, Files.readAllBytes(path), (w, h) -> 1));
    }
  }

  /** Before libjpeg sees it, which prints lines of its own. */
  @Test
  void aPictureThatWasCutIsSaid() throws IOException {
    BufferedImage image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(0);
    for (int i = 0; i < 40 * 30; i++) {
      image.setRGB(i % 40, i / 40, random.nextInt());
    }
    byte[] whole = written(image, "jpg");
    int[] pixels = decode(whole);
    for (int length = 10; length < whole.length - 1; length += 97) {
      byte[] cut = Arrays.copyOf(whole, length);
      UserError e = assertThrows(UserError.class, () -> decode(cut));
      assertTrue(e.getMessage().contains("it ends too early"), length + ": " + e.getMessage());
    }
    // What comes after the picture, as cameras append, and filling between segments do no harm.
    assertArrayEquals(pixels, decode(Arrays.copyOf(whole, whole.length + 5)));
    byte[] filled = new byte[whole.length + 2];
    System.arraycopy(whole, 0, filled, 0, 2);
    filled[2] = (byte) 0xff;
    filled[3] = (byte) 0xff;
    System.arraycopy(whole, 2, filled, 4, whole.length - 2);
    assertArrayEquals(pixels, decode(filled));
  }

  @Test
  void whatIsNoPictureIsSaid() {
    Map<String, byte[]> others =
        Map.of(
            "it is an empty file;", new byte[0],
            "it is of another format, its first bytes are 00 00", new byte[40],
            "it is a web page that starts with \"<html>\";", ascii("<html>"),
            "it is a Git LFS pointer", ascii("version https://git-lfs.github.com/spec/v1\noid"),
            "it is a text that starts with \"P7 1\";", ascii("P7 1"));
    others.forEach(
        (said, content) -> {
          UserError e = assertThrows(UserError.class, () -> decode(content));
          assertTrue(e.getMessage().contains(said), e.getMessage());
          assertTrue(e.getMessage().contains("WebP"), e.getMessage());
        });
  }

  private static byte[] written(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, out), format);
    return out.toByteArray();
  }
}
