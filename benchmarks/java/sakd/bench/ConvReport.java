package sakd.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;
import sakd.ops.Backend;
import sakd.ops.Ops;

/**
 * The convolutions of a CIFAR ResNet-18 at each of its sizes, of numbers none of which is zero and
 * of spikes: a line of JSON for each pass, with the rate as if every product were made.
 */
@CommandLine.Command(name = "conv", mixinStandardHelpOptions = true)
public final class ConvReport implements Callable<Integer> {
  private static final int[][] SIZES = {{32, 64}, {16, 128}, {8, 256}, {4, 512}};

  @Option(names = "--device", defaultValue = "cpu")
  private String device;

  @Option(names = "--dtype", split = ",", defaultValue = "F32,BF16")
  private DType[] types;

  @Option(names = "--images", defaultValue = "64", description = "of a batch, times T")
  private int images;

  @Option(names = "--density", split = ",", defaultValue = "1,0.2")
  private double[] densities;

  @Option(names = "--samples", defaultValue = "7")
  private int samples;

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new ConvReport()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() {
    try (Ops ops = Backend.open(device)) {
      for (DType type : types) {
        for (double density : densities) {
          for (int[] size : SIZES) {
            ConvShape shape = new ConvShape(images, size[0], size[0], size[1], size[1], 3, 1, 1);
            measure(ops.device(), type, density, shape);
          }
        }
      }
    }
    return 0;
  }

  private void measure(Device on, DType type, double density, ConvShape s) {
    Random random = new Random(1);
    long pixels = (long) s.batch() * s.height() * s.width();
    MatrixLibrary library = on.matrix();
    try (Memory x = filled(on, type, pixels * s.in(), density, random);
        Memory y = filled(on, type, pixels * s.out(), 1, random);
        Memory w = filled(on, DType.F32, 9L * s.in() * s.out(), 1, random);
        Memory gradW = on.allocate(w.bytes())) {
      DType f32 = DType.F32;
      line(
          on,
          s,
          type,
          density,
          "weights",
          () -> library.convBackwardWeights(s, type, x, y, f32, gradW));
      line(on, s, type, density, "forward", () -> library.convForward(s, type, x, f32, w, y));
      line(
          on,
          s,
          type,
          density,
          "data",
          () -> library.convBackwardData(s, type, y, f32, w, x, false));
    }
  }

  private void line(
      Device on, ConvShape s, DType type, double density, String pass, Runnable work) {
    double seconds = new Timing(on, samples).seconds(work);
    System.out.printf(
        Locale.ROOT,
        "{\"peer\": \"sakd\", \"op\": \"convolution\", \"device\": \"%s\", \"pass\": \"%s\", \"dtype\": \"%s\","
            + " \"density\": %.2f, \"size\": %d, \"channels\": %d, \"ms\": %.3f, \"gflops\": %.1f}%n",
        on.name(),
        pass,
        type,
        density,
        s.height(),
        s.in(),
        seconds * 1e3,
        2e-9 * s.macs() / seconds);
  }

  /** Ones where {@code density} is less than 1, else numbers around 0. */
  private static Memory filled(Device on, DType type, long n, double density, Random random) {
    ByteBuffer values =
        ByteBuffer.allocateDirect(Math.toIntExact(n * type.size)).order(ByteOrder.nativeOrder());
    while (values.hasRemaining()) {
      float value = density == 1 ? random.nextFloat() - 0.5f : random.nextFloat() < density ? 1 : 0;
      if (type == DType.F32) {
        values.putFloat(value);
      } else {
        values.putShort((short) (Float.floatToIntBits(value) >>> 16));
      }
    }
    Memory memory = on.allocate(values.capacity());
    on.upload(values.flip(), memory);
    return memory;
  }
}
