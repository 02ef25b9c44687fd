package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.event.FrameSplit;
import sakd.data.image.Crop;
import sakd.data.image.Picture;
import sakd.data.image.Resampler;
import sakd.io.Mutants;

class ImageSetsTest {
  private static final ReadOptions SMALL = new ReadOptions(FrameSplit.COUNT, 16, note -> {});

  @TempDir Path folder;

  @Test
  void classFoldersInTheOrderOfTheirNames() throws IOException {
    for (String file : List.of("train/dog/10.jpg", "train/dog/9.JPEG", "train/cat/a.png")) {
      picture(folder.resolve(file), 40, 30, 0x204060);
    }
    picture(folder.resolve("val/dog/x.jpg"), 30, 60, 0xffffff);
    picture(folder.resolve("val/cat/y.jpg"), 20, 20, 0);
    Dataset train = Datasets.open(null, folder, true, SMALL);
    assertEquals("image-folder", train.name());
    assertEquals(List.of("cat", "dog"), train.classNames());
    assertEquals(3, train.size());
    assertEquals(0, train.label(0));
    assertEquals(1, train.label(2));
    assertEquals(0, train.cropPadding());
    for (int i = 0; i < 3; i++) {
      for (SplitMix64 random : new SplitMix64[] {null, new SplitMix64(1, i)}) {
        byte[] pixels = read(train, i, random);
        assertEquals(3 * 16 * 16, pixels.length);
        assertEquals(0x20, pixels[0], 3);
        assertEquals(0x40, pixels[256], 3);
        assertEquals(0x60, pixels[767], 3);
      }
    }
    assertEquals(2, Datasets.open("image-folder", folder, false, SMALL).size());
    assertRefused(() -> Datasets.open("imagenet", folder.resolve("val/dog"), true), "val/dog");
  }

  @Test
  void nothingToReadIsNamed() throws IOException {
    Path file = picture(folder.resolve("train/dog/10.jpg"), 40, 30, 0x204060);
    byte[] good = Files.readAllBytes(file);
    Dataset train = Datasets.open("image-folder", folder, true, SMALL);
    for (byte[] bad :
        List.of(
            Arrays.copyOf(good, good.length / 2),
            new byte[] {(byte) 0xff, (byte) 0xd8, 1},
            new byte[0])) {
      Files.write(file, bad);
      assertRefused(() -> read(train, 0, null), file.toString());
    }
    Files.delete(file);
    assertRefused(() -> read(train, 0, null), file.toString(), "no such file");
  }

  @Test
  void survivesDamage() throws IOException {
    Path file = picture(folder.resolve("train/dog/noise.jpg"), 40, 30, -1);
    Path png = picture(folder.resolve("train/dog/noise.png"), 20, 10, -1);
    picture(folder.resolve("val/dog/noise.png"), 20, 10, -1);
    Dataset train = Datasets.open("image-folder", folder, true, SMALL);
    Mutants.check(file, 700, 1000, () -> read(train, 0, null));
    Mutants.check(png, 60, 200, () -> read(train, 1, null));
  }

  @Test
  void shardsOfTwoKinds() throws IOException {
    Map<String, byte[]> web = new LinkedHashMap<>();
    byte[] red = encoded(20, 20, 0xff0000, "jpg");
    web.put("000.jpg", red);
    web.put("000.cls", ascii("3"));
    web.put("001.cls", ascii("1\n"));
    web.put("001.jpg", encoded(20, 20, 0x0000ff, "jpg"));
    tar(folder.resolve("web/set-train-000.tar"), web);
    tar(folder.resolve("web/set-val-000.tar"), Map.of("7.jpg", red, "7.cls", ascii("0")));
    Dataset train = Datasets.open(null, folder.resolve("web"), true, SMALL);
    assertEquals(2, train.size());
    assertEquals(4, train.classes());
    assertEquals(3, train.label(0));
    assertEquals(1, train.label(1));
    assertEquals(0xff, read(train, 1, null)[600] & 0xff, 3);
    assertEquals(1, Datasets.open(null, folder.resolve("web"), false, SMALL).size());

    Path alone = folder.resolve("alone");
    tar(alone.resolve("test/0.tar"), web);
    assertEquals(List.of(3, 1), labels(Datasets.open(null, alone, false, SMALL)));

    Path classes = folder.resolve("classes");
    tar(classes.resolve("train/n01440764.tar"), Map.of("a.JPEG", red));
    tar(classes.resolve("train/n01443537.tar"), Map.of("b.JPEG", red));
    Dataset imagenet = Datasets.open(null, classes, true, SMALL);
    assertEquals("imagenet", imagenet.name());
    assertEquals(List.of("n01440764", "n01443537"), imagenet.classNames());
    assertEquals(1, imagenet.label(1));
    Path broken = classes.resolve("train/n01443537.tar");
    Files.write(broken, Arrays.copyOf(Files.readAllBytes(broken), 700));
    assertRefused(() -> Datasets.open(null, classes, true, SMALL), broken.toString());
  }

  @Test
  void damagedShardsAreNamed() throws IOException {
    Map<String, byte[]> web = new LinkedHashMap<>();
    web.put("000.jpg", encoded(20, 20, 0xff0000, "jpg"));
    web.put("000.cls", ascii("1"));
    Path shard = folder.resolve("train/0.tar");
    tar(shard, web);
    tar(folder.resolve("val/0.tar"), web);
    Mutants.check(
        shard,
        512, // A header; another begins behind the picture.
        1000,
        () -> {
          Dataset set = Datasets.open("image-folder", folder, true, SMALL);
          for (int i = 0; i < set.size(); i++) {
            read(set, i, null);
          }
        });
  }

  /** The rule of classes is that of folders, and what is hidden is no data. */
  @Test
  void shardsFollowTheRuleOfClasses() throws IOException {
    byte[] red = encoded(20, 20, 0xff0000, "jpg");
    Map<String, byte[]> two = new LinkedHashMap<>();
    two.put("1.jpg", red);
    two.put("._1.jpg", red);
    two.put("__MACOSX/1.jpg", red);
    two.put(".hidden/2.jpg", red);
    two.put("2.webp", red);
    for (String name : List.of("train/a", "train/b", "train/c", "val/c", "val/b")) {
      tar(folder.resolve(name + ".tar"), two);
    }
    Files.write(folder.resolve("train/._a.tar"), new byte[9]);
    Dataset train = Datasets.open(null, folder, true, SMALL);
    assertEquals(6, train.size());
    Dataset test = Datasets.open(null, folder, false, SMALL);
    assertEquals(train.classNames(), test.classNames());
    assertEquals(List.of(1, 1, 2, 2), labels(test));
    // A part may lie in folders, the other in archives.
    Files.delete(folder.resolve("val/c.tar"));
    Files.delete(folder.resolve("val/b.tar"));
    picture(folder.resolve("val/c/1.png"), 9, 9, 0);
    assertEquals(List.of(2), labels(Datasets.open(null, folder, false, SMALL)));
    tar(folder.resolve("val/d.tar"), two);
    assertRefused(() -> Datasets.open(null, folder, false, SMALL), "(d)", "(a, b, c)");
    tar(folder.resolve("train/d.tar"), Map.of());
    assertRefused(() -> Datasets.open(null, folder, true, SMALL), "d.tar", "no picture");

    Path flat = folder.resolve("flat");
    tar(flat.resolve("valley.tar"), two);
    tar(flat.resolve("beach.tar"), two);
    assertEquals(List.of(0, 1), labels(Datasets.open(null, flat, true, SMALL)));
    assertEquals(List.of(0, 1), labels(Datasets.open(null, flat, false, SMALL)));
  }

  private static List<Integer> labels(Dataset set) {
    return IntStream.range(0, set.size()).map(set::label).boxed().toList();
  }

  @Test
  void tinyImageNet() throws IOException {
    Files.writeString(folder.resolve("wnids.txt"), "n02\nn01\n");
    picture(folder.resolve("train/n01/images/n01_0.JPEG"), 64, 64, 0xff);
    picture(folder.resolve("train/n02/images/n02_0.JPEG"), 64, 64, 0xff);
    picture(folder.resolve("val/images/val_0.JPEG"), 64, 64, 0xff);
    Path table = folder.resolve("val/val_annotations.txt");
    Files.writeString(table, "val_0.JPEG\tn02\t0\t0\t62\t62\n");
    Dataset train = Datasets.open(null, folder, true);
    assertEquals("tiny-imagenet", train.name());
    assertEquals(2, train.size());
    assertEquals(64, train.height());
    assertEquals(8, train.cropPadding());
    assertArrayEquals(read(train, 1, null), read(train, 1, new SplitMix64(1)));
    assertEquals(1, Datasets.open(null, folder, false).label(0));
    Files.writeString(table, "val_0.JPEG\tn03\n");
    assertRefused(() -> Datasets.open(null, folder, false), table.toString(), "n03");
  }

  @Test
  void boxesAreThoseOfTorchvision() {
    double area = 0;
    int wide = 0;
    for (int i = 0; i < 4000; i++) {
      Crop box = Crop.random(500, 375, new SplitMix64(3, i));
      assertTrue(box.left() >= 0 && box.left() + box.width() <= 500, box.toString());
      assertTrue(box.top() >= 0 && box.top() + box.height() <= 375, box.toString());
      double ratio = box.width() / box.height();
      assertTrue(ratio > 0.73 && ratio < 1.36, box.toString());
      area += box.width() * box.height() / (500 * 375);
      wide += ratio > 1 ? 1 : 0;
      assertEquals(box, Crop.random(500, 375, new SplitMix64(3, i)));
    }
    assertTrue(area / 4000 > 0.42 && area / 4000 < 0.55, area / 4000 + " of the area");
    assertTrue(wide > 1800 && wide < 2600, wide + " wide");
    // No part of a line fits: the largest in the middle that is not too flat.
    assertEquals(new Crop(498, 0, 4, 3), Crop.random(1000, 3, new SplitMix64(1)));
    // Resize(256) makes 341 x 256 of it, the crop begins at Python's round(58.5) = 58 and 16.
    Crop center = Crop.center(500, 375, 224, 256);
    assertEquals(58 * 500 / 341.0, center.left(), 1e-9);
    assertEquals(16 * 375 / 256.0, center.top(), 1e-9);
    assertEquals(224 * 375 / 256.0, center.height(), 1e-9);
    assertEquals(1, new Crop(0, 0, 447, 448).reduction(224));
    assertEquals(2, new Crop(0, 0, 448, 900).reduction(224));
    assertEquals(8, new Crop(0, 0, 4000, 3000).reduction(224));
  }

  @Test
  void resamplesAsPilDoes() {
    int[] pixels = new int[8 * 4];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (i % 8 * 30) << 24 | (i / 8 * 60) << 16 | i << 8;
    }
    Picture picture = new Picture(8, 4, pixels);
    ByteBuffer same = ByteBuffer.allocate(3 * 16);
    new Resampler().resample(picture, new Crop(2, 0, 4, 4), 4, same);
    for (int i = 0; i < 16; i++) {
      assertEquals((i % 4 + 2) * 30, same.get(i) & 0xff);
      assertEquals(i / 4 * 60, same.get(16 + i) & 0xff);
    }
    // PIL 9.4: Image.resize((2, 2), BILINEAR, box=(0, 0, 8, 4)) of the same picture.
    ByteBuffer half = ByteBuffer.allocate(3 * 4);
    new Resampler().resample(picture, Crop.whole(8, 4), 2, half);
    assertArrayEquals(PIL_HALF, unsigned(half));
    ByteBuffer large = ByteBuffer.allocate(3 * 36);
    new Resampler().resample(picture, new Crop(1.5, 0.5, 3, 3), 6, large);
    assertArrayEquals(PIL_LARGE, Arrays.copyOf(unsigned(large), 12));
    assertNotEquals(0, large.get(40));
  }

  private static final int[] PIL_HALF = {57, 153, 57, 153, 43, 43, 137, 137, 8, 11, 20, 23};
  private static final int[] PIL_LARGE = {38, 53, 68, 83, 98, 113, 38, 53, 68, 83, 98, 113};

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int[] unsigned(ByteBuffer bytes) {
    int[] values = new int[bytes.capacity()];
    Arrays.setAll(values, i -> bytes.get(i) & 0xff);
    return values;
  }

  private static byte[] read(Dataset set, int index, SplitMix64 random) {
    ByteBuffer out = ByteBuffer.allocate(set.shape().bytes());
    set.read(index, random, set.shape(), out);
    assertEquals(0, out.remaining());
    return out.array();
  }

  private static Path picture(Path file, int width, int height, int rgb) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.write(
        file, encoded(width, height, rgb, file.toString().endsWith("png") ? "png" : "jpg"));
  }

  /** One colour, or noise for -1. */
  private static byte[] encoded(int width, int height, int rgb, String format) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(1);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, rgb < 0 ? random.nextInt(1 << 24) : rgb);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, format, out);
    return out.toByteArray();
  }

  private static void tar(Path file, Map<String, byte[]> files) throws IOException {
    Files.createDirectories(file.getParent());
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> e : files.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(e.getKey());
        entry.setSize(e.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(e.getValue());
        tar.closeArchiveEntry();
      }
    }
  }
}
