package sakd.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Command lines on a small folder of pictures with masks, and how the folder is made. */
final class MaskLines {
  static final int TRAINING = 16;
  static final int TEST = 6;
  static final String CLASSES = "ground,bright,dark";

  /** Masks that say nothing: all pixels ignored. */
  static final int IGNORED = 255;

  private static final int SIDE = 14;

  private MaskLines() {}

  /** Pictures of 32x32 to 40x48 pixels with a bright and a dark box, whose frames have no class. */
  static Path data(Path parent) throws IOException {
    Path folder = Files.createDirectories(parent.resolve("boxes"));
    Random random = new Random(5);
    for (int i = 0; i < TRAINING + TEST; i++) {
      Path part = folder.resolve(i < TRAINING ? "train" : "test");
      write(part, i, boxes(32 + random.nextInt(9), 32 + random.nextInt(17), random), random);
    }
    return folder;
  }

  /** The same pictures, all of whose pixels have one label. */
  static Path uniform(Path parent, int label) throws IOException {
    Path folder = Files.createDirectories(parent.resolve("all-" + label));
    Random random = new Random(6);
    for (int i = 0; i < TRAINING + TEST; i++) {
      Path part = folder.resolve(i < TRAINING ? "train" : "test");
      write(part, i, boxes(32, 32, random), random);
      mask(part.resolve("masks"), i, filled(32, 32, label));
    }
    return folder;
  }

  private static int[][] boxes(int height, int width, Random random) {
    int[][] mask = new int[height][width];
    for (int k = 1; k <= 2; k++) {
      int top = random.nextInt(height - SIDE);
      int left = (k - 1) * width / 2 + random.nextInt(width / 2 - SIDE + 1);
      for (int p = 0; p < SIDE * SIDE; p++) {
        int y = p / SIDE;
        int x = p % SIDE;
        boolean frame = y == 0 || x == 0 || y == SIDE - 1 || x == SIDE - 1;
        mask[top + y][left + x] = frame ? IGNORED : k;
      }
    }
    return mask;
  }

  /** A mask of one label. */
  static int[][] filled(int height, int width, int label) {
    int[][] mask = new int[height][width];
    for (int[] row : mask) {
      Arrays.fill(row, label);
    }
    return mask;
  }

  private static void write(Path part, int number, int[][] mask, Random random)
      throws IOException {
    Path pictures = Files.createDirectories(part.resolve("images"));
    int height = mask.length;
    int width = mask[0].length;
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int base = mask[y][x] == 1 ? 210 : mask[y][x] == 2 ? 20 : 110;
        int value = base + random.nextInt(30);
        picture.setRGB(x, y, value << 16 | value << 8 | value);
      }
    }
    ImageIO.write(picture, "png", pictures.resolve(name(number)).toFile());
    mask(part.resolve("masks"), number, mask);
  }

  /** Writes the mask of a picture. */
  static void mask(Path folder, int number, int[][] mask) throws IOException {
    Files.createDirectories(folder);
    BufferedImage image =
        new BufferedImage(mask[0].length, mask.length, BufferedImage.TYPE_BYTE_GRAY);
    for (int y = 0; y < mask.length; y++) {
      for (int x = 0; x < mask[0].length; x++) {
        image.getRaster().setSample(x, y, 0, mask[y][x]);
      }
    }
    ImageIO.write(image, "png", folder.resolve(name(number)).toFile());
  }

  /** Of a picture's file and of its mask's. */
  static String name(int number) {
    return String.format("%02d.png", number);
  }

  /** A training of the smallest network, and what else it is told. */
  static List<String> train(Path data, Path output, String... more) {
    return CommandLines.with(
        List.of(
            "train",
            "--data-path",
            data.toString(),
            "--output-dir",
            output.toString(),
            "--mask-classes",
            CLASSES,
            "--model",
            "spiking-fcn-resnet8",
            "--crop-size",
            "32",
            "--T",
            "2",
            "--batch-size",
            "4",
            "--device",
            "cpu"),
        more);
  }
}
