package sakd.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code golden/segmentation.py} and {@code golden/detection.py} wrote of tensors, and the
 * formula of the numbers they began with.
 */
public final class GoldenRows {
  public static final double TOLERANCE = 1e-4;

  private GoldenRows() {}

  /** Sum, norm and evenly spaced entries, each relative to what rounding is relative to. */
  public static void check(String name, double[] expected, float[] actual) {
    double sum = 0;
    double absolute = 0;
    double squares = 0;
    double largest = 0;
    for (float a : actual) {
      sum += a;
      absolute += Math.abs(a);
      squares += (double) a * a;
      largest = Math.max(largest, Math.abs(a));
    }
    close(name + ", sum", expected[0], sum, absolute);
    close(name + ", norm", expected[1], Math.sqrt(squares), expected[1]);
    int shown = expected.length - 2;
    for (int k = 0; k < shown; k++) {
      int at = (int) ((long) k * (actual.length - 1) / (shown - 1));
      close(name + "[" + at + "]", expected[2 + k], actual[at], largest);
    }
  }

  private static void close(String what, double expected, double actual, double scale) {
    assertTrue(
        Math.abs(expected - actual) <= TOLERANCE * scale,
        () -> what + " is " + actual + " instead of " + expected + ", on a scale of " + scale);
  }

  /** {@code uniform} of segmentation.py. */
  public static double[] uniform(String name, int n) {
    int seed = (int) 2166136261L;
    for (byte c : name.getBytes(StandardCharsets.US_ASCII)) {
      seed = (seed ^ c) * 16777619;
    }
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      int x = seed + i * (int) 2654435761L;
      x = (x ^ (x >>> 16)) * 0x7feb352d;
      x = (x ^ (x >>> 15)) * 0x846ca68b;
      out[i] = Integer.toUnsignedLong(x ^ (x >>> 16)) * 0x1p-32;
    }
    return out;
  }

  /** The rows of a file of the golden data, by name. */
  public static Map<String, double[]> of(String file) {
    Map<String, double[]> rows = new LinkedHashMap<>();
    for (String line : lines("/golden/" + file + ".txt")) {
      String[] words = line.split(" ");
      rows.put(words[0], Arrays.stream(words).skip(1).mapToDouble(Double::parseDouble).toArray());
    }
    return rows;
  }

  /** Of a resource of the tests. */
  public static List<String> lines(String resource) {
    try (InputStream in = GoldenRows.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
