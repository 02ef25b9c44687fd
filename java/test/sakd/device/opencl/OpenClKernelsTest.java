package sakd.device.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.device.BinaryCache;
import sakd.device.DType;
import sakd.device.KernelSources;
import sakd.device.KernelSpec;
import sakd.device.Memory;

/** Kernels through the driver's compiler, in both shapes of grid. */
class OpenClKernelsTest {
  private static final Pattern KERNEL = Pattern.compile("(?m)^KERNEL\\((\\w+)");
  private static final int STEPS = 4;

  /** As kernels/neuron.cu numbers them: LIF, hard reset to 0, residual added to the input. */
  private static final Map<String, Integer> LIF =
      Map.of(
          "STEPS",
          STEPS,
          "INPUT_STEPS",
          STEPS,
          "NORM",
          0,
          "NEURON",
          2,
          "LEAK",
          1,
          "RESIDUAL",
          1,
          "HARD_RESET",
          1,
          "DECAY_INPUT",
          0,
          "DETACH_RESET",
          0,
          "SURROGATE",
          0);

  private static OpenClDevice open(boolean gpuGrid) {
    OpenClDevice.Info info = OnDevice.first();
    return OpenClDevice.open(info.platform(), info.device(), BinaryCache.ofUser("opencl"), gpuGrid);
  }

  /** Their items are single numbers. */
  private static final Set<String> ONE_LANE = Set.of("channel_divergence.cu");

  static Stream<String> files() throws IOException {
    Path folder = Path.of("kernels");
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".cu"))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyFileCompilesForBothStorages(String file) {
    List<String> functions =
        KERNEL.matcher(KernelSources.load(file)).results().map(m -> m.group(1)).toList();
    assertTrue(!functions.isEmpty(), "no kernels in " + file);
    try (OpenClDevice device = open(false)) {
      for (int storage = 0; storage <= 1; storage++) {
        Map<String, Integer> defines = new TreeMap<>();
        if (file.startsWith("neuron")) {
          defines.putAll(LIF);
          // A learnable leak, for the kernel that only it has.
          defines.putAll(Map.of("NORM", 1, "LEAK", 2, "RESIDUAL", 4));
        }
        if (file.equals("neuron_stretch.cu")) {
          // It says these itself.
          defines.keySet().removeAll(Set.of("INPUT_STEPS", "NORM", "NEURON", "RESIDUAL"));
        }
        defines.putAll(Map.of("STORAGE", storage, "LANES", ONE_LANE.contains(file) ? 1 : 8));
        for (String function : functions) {
          device.kernel(KernelSpec.of(file, function, defines));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false, 1", "false, 8", "true, 1", "true, 4"})
  void neuronIsExactlyTheEquations(boolean gpuGrid, int lanes) {
    int rows = 37;
    int channels = 24;
    int step = rows * channels;
    float[] x = OnDevice.random(STEPS * step, 1);
    float[] r = OnDevice.random(STEPS * step, 2);
    float[] g = OnDevice.random(STEPS * step, 3);
    float[] spikes = new float[x.length];
    float[] grad = new float[x.length];
    for (int i = 0; i < step; i++) {
      lif(x, r, g, i, step, spikes, grad);
    }
    Map<String, Integer> defines = new TreeMap<>(LIF);
    defines.putAll(Map.of("STORAGE", 0, "LANES", lanes));
    try (OpenClDevice device = open(gpuGrid);
        Memory dx = OnDevice.put(device, DType.F32, x);
        Memory dr = OnDevice.put(device, DType.F32, r);
        Memory dg = OnDevice.put(device, DType.F32, g);
        Memory out = OnDevice.nan(device, DType.F32, x.length);
        Memory gx = OnDevice.nan(device, DType.F32, x.length);
        Memory gr = OnDevice.nan(device, DType.F32, x.length)) {
      int columns = channels / lanes;
      device
          .kernel(KernelSpec.of("neuron.cu", "neuron_forward", defines))
          .launchRows(
              rows, columns, dx, null, dr, null, out, null, 0.5f, 1f, 0f, (long) rows, columns);
      device
          .kernel(KernelSpec.of("neuron.cu", "neuron_backward", defines))
          .launchRows(
              rows,
              columns,
              dx,
              null,
              dr,
              null,
              dg,
              null,
              gx,
              gr,
              0.5f,
              1f,
              0f,
              1f,
              (long) rows,
              columns);
      // All values are multiples of small powers of two, so nothing is rounded.
      assertArrayEquals(spikes, OnDevice.get(device, DType.F32, out));
      assertArrayEquals(grad, OnDevice.get(device, DType.F32, gx));
      assertArrayEquals(grad, OnDevice.get(device, DType.F32, gr));
    }
  }

  /** One element through time: tau 2, threshold 1, triangle surrogate of width 1. */
  private static void lif(
      float[] x, float[] r, float[] g, int i, int step, float[] spikes, float[] grad) {
    float[] h = new float[STEPS];
    float v = 0;
    for (int t = 0; t < STEPS; t++) {
      int at = t * step + i;
      h[t] = v * 0.5f + (x[at] + r[at]);
      spikes[at] = h[t] >= 1 ? 1 : 0;
      v = h[t] >= 1 ? 0 : h[t];
    }
    float gv = 0;
    for (int t = STEPS - 1; t >= 0; t--) {
      int at = t * step + i;
      float surrogate = Math.max(0, 1 - Math.abs(h[t] - 1));
      float gh = g[at] * surrogate + gv * (1 - spikes[at] - h[t] * surrogate);
      grad[at] = gh;
      gv = gh * 0.5f;
    }
  }

  @ParameterizedTest
  @CsvSource({"false, 8, F32", "false, 1, F16", "true, 4, F32", "true, 1, F16"})
  void batchNormStatistics(boolean gpuGrid, int lanes, DType type) {
    int rows = 1003;
    int channels = 24;
    int chunks = 7;
    int perChunk = (rows + chunks - 1) / chunks;
    float[] x = OnDevice.random(rows * channels, 5);
    double[] affine = new double[4 * channels];
    for (int c = 0; c < channels; c++) {
      double mean = 0;
      double squares = 0;
      for (int row = 0; row < rows; row++) {
        mean += x[row * channels + c] / (double) rows;
      }
      for (int row = 0; row < rows; row++) {
        squares += Math.pow(x[row * channels + c] - mean, 2);
      }
      affine[c] = mean;
      affine[channels + c] = 1 / Math.sqrt(squares / rows + 1e-5);
      affine[2 * channels + c] = 3 * affine[channels + c];
      affine[3 * channels + c] = -1;
    }
    float[] gamma = new float[channels];
    Arrays.fill(gamma, 3);
    float[] beta = new float[channels];
    Arrays.fill(beta, -1);
    Map<String, Integer> defines = Map.of("STORAGE", type == DType.F16 ? 1 : 0, "LANES", lanes);
    try (OpenClDevice device = open(gpuGrid);
        Memory dx = OnDevice.put(device, type, x);
        Memory partial = OnDevice.nan(device, DType.F32, chunks * 2 * channels);
        Memory dg = OnDevice.put(device, DType.F32, gamma);
        Memory db = OnDevice.put(device, DType.F32, beta);
        Memory mean = OnDevice.put(device, DType.F32, new float[channels]);
        Memory var = OnDevice.put(device, DType.F32, new float[channels]);
        Memory out = OnDevice.nan(device, DType.F32, 4 * channels)) {
      device
          .kernel(KernelSpec.of("batchnorm.cu", "statistics", defines))
          .launchRows(
              chunks,
              channels / lanes,
              dx,
              partial,
              (long) rows,
              perChunk,
              chunks,
              channels / lanes);
      device
          .kernel(KernelSpec.of("batchnorm.cu", "statistics_merge", defines))
          .launch(
              channels,
              partial,
              dg,
              db,
              mean,
              var,
              out,
              1e-5f,
              0.1f,
              (long) rows,
              1,
              perChunk,
              chunks,
              channels);
      OnDevice.assertClose(affine, OnDevice.get(device, DType.F32, out), 1e-5, "affine");
    }
  }

  @Test
  void binariesAreKeptAndDamageIsRepaired(@TempDir Path folder) throws IOException {
    OpenClDevice.Info info = OnDevice.first();
    BinaryCache cache = new BinaryCache(folder.resolve("new"));
    KernelSpec spec = KernelSpec.of("elementwise.cu", "fill", Map.of("LANES", 2));
    int[] compiled = {1, 0, 1, 0};
    for (int run = 0; run < compiled.length; run++) {
      try (OpenClDevice device = OpenClDevice.open(info.platform(), info.device(), cache, false);
          Memory memory = OnDevice.nan(device, DType.F32, 6)) {
        device.kernel(spec).launch(3, memory, 2f, 3L);
        assertArrayEquals(new float[] {2, 2, 2, 2, 2, 2}, OnDevice.get(device, DType.F32, memory));
        assertEquals(compiled[run], device.programs().compiled(), "run " + run);
        if (run == 1) {
          Path file = cache.file(device.programs().cacheKey(spec));
          byte[] bytes = Files.readAllBytes(file);
          Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        }
        assertNotEquals(
            device.programs().cacheKey(spec),
            device
                .programs()
                .cacheKey(KernelSpec.of("elementwise.cu", "fill", Map.of("LANES", 1))));
      }
    }
    try (Stream<Path> files = Files.list(folder.resolve("new"))) {
      assertEquals(1, files.count(), "nothing half written is left");
    }
  }
}
