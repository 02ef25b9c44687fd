package sakd.bench;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.image.Crop;
import sakd.data.image.PictureDecoder;
import sakd.data.set.Datasets;

/**
 * How many photographs of 500 x 375 pixels one core reads, decodes and brings to 224 by a random
 * resized crop: by the product's own way, and by Java's ImageIO and Graphics2D. Reckoned by the
 * thread's processor time, so that other work on the machine does not count.
 */
public final class JpegBenchmark {
  private static final int PICTURES = 1000;
  private static final int SIDE = 224;
  private static final int ROUNDS = 3;

  private JpegBenchmark() {}

  @FunctionalInterface
  private interface Read {
    void at(int index) throws IOException;
  }

  /** Takes no arguments; writes its pictures to a temporary folder and deletes them. */
  public static void main(String[] args) throws IOException {
    Path root = Files.createTempDirectory("jpeg-benchmark");
    try {
      long bytes = 0;
      for (int i = 0; i < PICTURES; i++) {
        Path file = root.resolve("val/class" + i % 10 + "/" + i + ".jpg");
        Files.createDirectories(file.getParent());
        bytes += write(file, new Random(i));
      }
      System.out.printf(
          Locale.ROOT,
          "%d JPEGs of 500 x 375, %d KB each; libjpeg-turbo: %s%n",
          PICTURES,
          bytes / PICTURES / 1000,
          PictureDecoder.turbo());
      // All of a test part that stands alone; of a training part a tenth would be held out.
      Dataset set = Datasets.open("image-folder", root, false);
      ByteBuffer target = ByteBuffer.allocateDirect(set.shape().bytes());
      List<Path> files;
      try (Stream<Path> walk = Files.walk(root)) {
        files = walk.filter(Files::isRegularFile).sorted().toList();
      }
      for (int round = 0; round < ROUNDS; round++) {
        int epoch = round;
        report(
            "decode and crop to 224",
            i -> set.read(i, new SplitMix64(0, epoch, i), set.shape(), target.clear()));
        report("ImageIO and Graphics2D", i -> imageIo(files.get(i), new SplitMix64(0, epoch, i)));
      }
    } finally {
      try (Stream<Path> walk = Files.walk(root)) {
        for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static void report(String name, Read read) throws IOException {
    var threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    for (int i = 0; i < PICTURES; i++) {
      read.at(i);
    }
    double seconds = (threads.getCurrentThreadCpuTime() - start) * 1e-9;
    System.out.printf(Locale.ROOT, "%-24s %6.0f images/s of one core%n", name, PICTURES / seconds);
  }

  private static void imageIo(Path file, SplitMix64 random) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(Files.readAllBytes(file)));
    Crop box = Crop.random(image.getWidth(), image.getHeight(), random);
    BufferedImage out = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = out.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    int left = (int) box.left();
    int top = (int) box.top();
    int right = left + (int) box.width();
    int bottom = top + (int) box.height();
    g.drawImage(image, 0, 0, SIDE, SIDE, left, top, right, bottom, null);
    g.dispose();
  }

  /** Waves of several lengths with grain: about as many bytes as a photograph takes. */
  private static long write(Path file, Random random) throws IOException {
    BufferedImage image = new BufferedImage(500, 375, BufferedImage.TYPE_INT_RGB);
    double[] f = random.doubles(12).toArray();
    for (int y = 0; y < 375; y++) {
      for (int x = 0; x < 500; x++) {
        double wave = Math.sin(x * 0.05 * f[0] + y * 0.04 * f[1] + 6 * f[2]);
        double fine = Math.sin(x * 0.6 * f[3] - y * 0.5 * f[4]);
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
          double v = 128 + 60 * wave * f[5 + c] + 25 * fine * f[8 + c] + 12 * random.nextGaussian();
          rgb = rgb << 8 | (int) Math.max(0, Math.min(255, v));
        }
        image.setRGB(x, y, rgb);
      }
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ImageWriteParam quality = writer.getDefaultWriteParam();
    quality.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    quality.setCompressionQuality(0.9f);
    try (OutputStream out = Files.newOutputStream(file);
        var to = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(to);
      writer.write(null, new IIOImage(image, null, null), quality);
    } finally {
      writer.dispose();
    }
    return Files.size(file);
  }
}
