package sakd.data.set;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.event.FrameSplit;

/** Writes small pictures and masks, and reads sets of them. */
final class MaskFiles {
  private MaskFiles() {}

  /** Numbers of up to 16 bits, as grey. */
  static void grey(Path file, int[][] values, boolean wide) throws IOException {
    int kind = wide ? BufferedImage.TYPE_USHORT_GRAY : BufferedImage.TYPE_BYTE_GRAY;
    write(file, new BufferedImage(values[0].length, values.length, kind), values);
  }

  /** Numbers as indices of a palette whose colours say nothing of them, 255 among them. */
  static void palette(Path file, int[][] values) throws IOException {
    byte[] colours = new byte[256];
    for (int i = 0; i < colours.length; i++) {
      colours[i] = (byte) (151 * i + 77);
    }
    IndexColorModel model = new IndexColorModel(8, 256, colours, colours, colours);
    write(
        file,
        new BufferedImage(values[0].length, values.length, BufferedImage.TYPE_BYTE_INDEXED, model),
        values);
  }

  private static void write(Path file, BufferedImage image, int[][] values) throws IOException {
    for (int y = 0; y < values.length; y++) {
      for (int x = 0; x < values[y].length; x++) {
        image.getRaster().setSample(x, y, 0, values[y][x]);
      }
    }
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  /** A colour picture whose pixels show the values of a mask: 40 v + 10 in every colour. */
  static void picture(Path file, int[][] values) throws IOException {
    BufferedImage image =
        new BufferedImage(values[0].length, values.length, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < values.length; y++) {
      for (int x = 0; x < values[y].length; x++) {
        image.setRGB(x, y, (40 * values[y][x] + 10) * 0x010101);
      }
    }
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  /** Blocks of 7 by 5 pixels of values from 0 below a number. */
  static int[][] blocks(int height, int width, int values) {
    int[][] out = new int[height][width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        out[y][x] = (y / 7 + 2 * (x / 5)) % values;
      }
    }
    return out;
  }

  static ReadOptions options(MaskOptions masks, List<String> notes) {
    return new ReadOptions(FrameSplit.COUNT, 224, notes::add).withMasks(masks);
  }

  static MaskOptions classes(String classes) {
    return new MaskOptions(classes, null, null, 0);
  }

  /** A sample as it was read: its pixels and its mask. */
  record Read(byte[] pixels, byte[] mask, Placement placement, SampleShape shape) {}

  /** Reads a sample as training does, or evaluation. */
  static Read read(Dataset set, int index, SplitMix64 random) {
    SampleShape shape = random == null ? set.shape(index) : set.shape();
    ByteBuffer pixels = ByteBuffer.allocate(shape.bytes());
    Placement placement = set.read(index, random, shape, pixels);
    Targets.Masks mask = (Targets.Masks) set.targets(index, placement, shape);
    return new Read(pixels.array(), mask.labels(), placement, shape);
  }

  /** The whole masks of a set, as lists of their values. */
  static List<List<Integer>> masks(Dataset set) {
    List<List<Integer>> all = new ArrayList<>();
    for (int i = 0; i < set.size(); i++) {
      List<Integer> values = new ArrayList<>();
      for (byte label : read(set, i, null).mask) {
        values.add(label & 0xff);
      }
      all.add(values);
    }
    return all;
  }
}
