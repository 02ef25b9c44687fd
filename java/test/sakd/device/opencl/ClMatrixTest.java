package sakd.device.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.device.BinaryCache;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Memory;
import sakd.device.opencl.DirectConv.Tile;

/** Products and convolutions against plain loops in double. */
class ClMatrixTest {
  private static OpenClDevice device;

  /** The same device, with a GPU's order of items. */
  private static OpenClDevice inGrid;

  // Before each rather than all, so that each test is reported as skipped where there is no device.
  @BeforeEach
  void open() {
    if (device == null) {
      device = OnDevice.open();
      OpenClDevice.Info info = device.info();
      inGrid =
          OpenClDevice.open(info.platform(), info.device(), BinaryCache.ofUser("opencl"), true);
    }
  }

  @AfterAll
  static void close() {
    if (device != null) {
      inGrid.close();
      device.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "3,5,7", "33,17,65", "1,10,64", "64,64,64", "130,258,70"})
  void gemm(int m, int n, int k) {
    for (int flags = 0; flags < 8; flags++) {
      boolean ta = (flags & 1) != 0;
      boolean tb = (flags & 2) != 0;
      float beta = (flags & 4) != 0 ? 0.5f : 0;
      float[] a = OnDevice.random(m * k, 1);
      float[] b = OnDevice.random(k * n, 2);
      float[] c = OnDevice.random(m * n, 3);
      double[] expected = new double[m * n];
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = beta * c[i * n + j];
          for (int l = 0; l < k; l++) {
            sum += (double) a[ta ? l * m + i : i * k + l] * b[tb ? j * k + l : l * n + j];
          }
          expected[i * n + j] = sum;
        }
      }
      try (Memory da = OnDevice.put(device, DType.F32, a);
          Memory db = OnDevice.put(device, DType.F32, b);
          Memory dc =
              beta == 0
                  ? OnDevice.nan(device, DType.F32, m * n)
                  : OnDevice.put(device, DType.F32, c)) {
        device.matrix().gemm(ta, tb, m, n, k, da, db, beta, dc);
        OnDevice.assertClose(
            expected, OnDevice.get(device, DType.F32, dc), 1e-5, "ta " + ta + " tb " + tb);
      }
    }
  }

  @Test
  void gemmOfViewsAndItsSizes() {
    int gap = device.alignment() / 4;
    float[] values = OnDevice.random(gap + 12, 4);
    try (Memory a = OnDevice.put(device, DType.F32, values);
        Memory b = OnDevice.put(device, DType.F32, 1, 2, 3);
        Memory c = OnDevice.nan(device, DType.F32, gap + 4)) {
      Memory to = c.view(gap * 4L, 16);
      device.matrix().gemm(false, false, 4, 1, 3, a.view(gap * 4L, 48), b, 0, to);
      double[] expected = new double[4];
      for (int i = 0; i < 4; i++) {
        for (int l = 0; l < 3; l++) {
          expected[i] += values[gap + 3 * i + l] * (l + 1);
        }
      }
      OnDevice.assertClose(expected, OnDevice.get(device, DType.F32, to), 1e-6, "view");
      assertThrows(
          IllegalArgumentException.class,
          () -> device.matrix().gemm(false, false, 4, 2, 3, a, b, 0, c));
    }
  }

  @ParameterizedTest
  @CsvSource({
    // batch, height, width, in, out, kernel, stride, pad
    "2, 5, 7, 1, 3, 1, 1, 0",
    "3, 6, 5, 16, 8, 1, 1, 0",
    "2, 7, 5, 7, 5, 1, 2, 0",
    "3, 5, 6, 3, 16, 3, 1, 1",
    "2, 9, 7, 16, 7, 3, 2, 1",
    "2, 6, 5, 7, 16, 3, 1, 0",
    "2, 11, 9, 3, 8, 7, 2, 3",
    "1, 8, 9, 1, 1, 7, 1, 0",
    "5, 4, 4, 16, 16, 3, 1, 1",
    "2, 5, 5, 4, 4, 1, 1, 1",
    "2, 4, 2, 5, 8, 5, 3, 2",
    "1, 1, 1, 32, 16, 3, 2, 1",
    "2, 3, 40, 16, 16, 3, 1, 1"
  })
  void convolution(
      int batch, int height, int width, int in, int out, int kernel, int stride, int pad) {
    ConvShape shape = new ConvShape(batch, height, width, in, out, kernel, stride, pad);
    // Columns of 4 KiB at most, so that every convolution here goes in several slices.
    try (ClBlast blast = new ClBlast(device)) {
      check(device, new ColumnsConv(device, blast, 4096), shape);
    }
    for (Tile tile : new Tile[] {new Tile(16, 1, 12), new Tile(4, 2, 4), new Tile(1, 4, 3)}) {
      check(device, new DirectConv(device, tile), shape);
      check(inGrid, new DirectConv(inGrid, tile), shape);
    }
  }

  private static void check(OpenClDevice on, Conv way, ConvShape shape) {
    try (way) {
      check(on, way, shape, DType.F32, 1e-5);
      check(on, way, shape, DType.F16, 1e-3);
    }
  }

  /** Found once, kept, and found again if what is kept is damaged. */
  @Test
  void theFastestWayIsMeasuredOnce(@TempDir Path folder) throws IOException {
    try (ClBlast blast = new ClBlast(device)) {
      Supplier<ConvTuning> tuning = () -> new ConvTuning(device, blast, new BinaryCache(folder));
      assertEquals(2, tuning.get().fastest().size());
      Path kept = onlyFile(folder);
      byte[] found = Files.readAllBytes(kept);
      Files.setLastModifiedTime(kept, FileTime.fromMillis(0));
      tuning.get().fastest();
      assertEquals(0, Files.getLastModifiedTime(kept).toMillis(), "measured again");
      Files.write(kept, Arrays.copyOf(found, found.length - 1));
      assertEquals(2, tuning.get().fastest().size());
      assertEquals(found.length, Files.size(onlyFile(folder)), 8);
    }
  }

  private static Path onlyFile(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList().get(0);
    }
  }

  private static void check(
      OpenClDevice device, Conv way, ConvShape s, DType type, double tolerance) {
    int pixels = s.batch() * s.outHeight() * s.outWidth();
    float[] x = OnDevice.random(s.batch() * s.height() * s.width() * s.in(), 1);
    float[] w = OnDevice.random(s.out() * s.kernel() * s.kernel() * s.in(), 2);
    float[] g = OnDevice.random(pixels * s.out(), 3);
    double[] y = new double[g.length];
    double[] gx = new double[x.length];
    double[] gw = new double[w.length];
    loops(s, x, w, g, y, gx, gw);
    try (Memory dx = OnDevice.put(device, type, x);
        Memory dw = OnDevice.put(device, DType.F32, w);
        Memory dg = OnDevice.put(device, type, g);
        Memory toY = OnDevice.nan(device, type, y.length);
        Memory toX = OnDevice.nan(device, type, x.length);
        Memory toW = OnDevice.nan(device, DType.F32, w.length)) {
      way.forward(s, type, dx, dw, toY);
      way.backwardData(s, type, dg, dw, toX);
      way.backwardWeights(s, type, dx, dg, toW);
      String what = s + " " + type;
      OnDevice.assertClose(y, OnDevice.get(device, type, toY), tolerance, "y " + what);
      OnDevice.assertClose(gx, OnDevice.get(device, type, toX), tolerance, "gradX " + what);
      OnDevice.assertClose(gw, OnDevice.get(device, DType.F32, toW), 1e-5, "gradW " + what);
    }
  }

  private static void loops(
      ConvShape s, float[] x, float[] w, float[] g, double[] y, double[] gx, double[] gw) {
    int at = 0;
    for (int n = 0; n < s.batch(); n++) {
      for (int oh = 0; oh < s.outHeight(); oh++) {
        for (int ow = 0; ow < s.outWidth(); ow++) {
          for (int o = 0; o < s.out(); o++, at++) {
            for (int dy = 0; dy < s.kernel(); dy++) {
              for (int dx = 0; dx < s.kernel(); dx++) {
                int h = oh * s.stride() - s.pad() + dy;
                int v = ow * s.stride() - s.pad() + dx;
                if (h < 0 || h >= s.height() || v < 0 || v >= s.width()) {
                  continue;
                }
                for (int c = 0; c < s.in(); c++) {
                  int xi = ((n * s.height() + h) * s.width() + v) * s.in() + c;
                  int wi = ((o * s.kernel() + dy) * s.kernel() + dx) * s.in() + c;
                  y[at] += (double) x[xi] * w[wi];
                  gx[xi] += (double) g[at] * w[wi];
                  gw[wi] += (double) g[at] * x[xi];
                }
              }
            }
          }
        }
      }
    }
  }
}
