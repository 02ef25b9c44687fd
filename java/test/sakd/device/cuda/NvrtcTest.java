package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.jcudnn.JCudnn;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.UserError;
import sakd.device.KernelSources;
import sakd.device.KernelSpec;

/**
 * NVIDIA's libraries without a GPU: NVRTC compiles on any machine. Runs with a CUDA 12 toolkit, or
 * with {@code mvn -Pcuda-libs}.
 */
class NvrtcTest {
  private static Nvrtc nvrtc() {
    String reason = NativeLibraries.load(CudaLibraries.NVRTC, CudaLibraries.NVRTC_NEEDS);
    Assumptions.assumeTrue(reason.isEmpty(), "no NVRTC, run Maven with -Pcuda-libs: " + reason);
    Nvrtc[] made = new Nvrtc[1];
    assertEquals("", CudaLibraries.glue("JNvrtc", () -> made[0] = new Nvrtc()));
    return made[0];
  }

  /** Two specialisations of the neuron, and every other file. */
  private static List<KernelSpec> specs() {
    Map<String, Integer> neuron =
        Map.of("STEPS", 4, "INPUT_STEPS", 4, "NORM", 1, "NEURON", 2, "LEAK", 1, "RESIDUAL", 1);
    Map<String, Integer> more =
        Map.of("HARD_RESET", 1, "DECAY_INPUT", 0, "DETACH_RESET", 0, "SURROGATE", 0, "STREAM", 0);
    List<KernelSpec> specs = new ArrayList<>();
    for (int storage = 0; storage < 3; storage++) {
      Map<String, Integer> defines = new HashMap<>(neuron);
      defines.putAll(more);
      defines.put("STORAGE", storage);
      defines.put("LANES", storage == 0 ? 4 : 8);
      defines.put("LEAK", storage == 1 ? 2 : 1);
      specs.add(KernelSpec.of("cuda/neuron.cu", "neuron_backward", defines));
    }
    List<String> anyLanes =
        List.of(
            "elementwise.cu",
            "pool.cu",
            "maxpool.cu",
            "resize.cu",
            "pixels.cu",
            "boxes.cu",
            "cuda/batchnorm.cu",
            "cuda/distance.cu",
            "cuda/loss.cu",
            "cuda/optimizer.cu");
    for (String file : anyLanes) {
      specs.add(KernelSpec.of(file, "", Map.of("STORAGE", 2, "LANES", 8)));
      specs.add(KernelSpec.of(file, "", Map.of("STORAGE", 1, "LANES", 1)));
    }
    for (String file : List.of("augment.cu", "convolution.cu", "dropout.cu")) {
      specs.add(KernelSpec.of(file, "", Map.of("STORAGE", 2, "LANES", 1)));
    }
    return specs;
  }

  @ParameterizedTest
  @CsvSource({"8, 0", "9, 0", "10, 0"})
  void compilesEveryKernelFile(int major, int minor) {
    Nvrtc nvrtc = nvrtc();
    for (KernelSpec spec : specs()) {
      byte[] image =
          nvrtc.compile(
              spec.file(),
              KernelSources.load(spec.file()),
              CudaModules.options(spec),
              new CudaCompiler.Architecture(major, minor));
      String head = new String(image, 0, 4, java.nio.charset.StandardCharsets.ISO_8859_1);
      // A binary, or the text that the driver compiles for a GPU that NVRTC does not know.
      assertTrue(head.equals("\u007fELF") || head.startsWith("//"), spec + ": " + head);
      assertTrue(image.length > 500, spec + ": " + image.length + " bytes");
    }
  }

  @Test
  void aBrokenSourceIsNamedWithTheCompilersWords() {
    Nvrtc nvrtc = nvrtc();
    UserError e =
        assertThrows(
            UserError.class,
            () ->
                nvrtc.compile(
                    "broken.cu",
                    KernelSources.load("broken.cu"),
                    List.of("-DLANES=4"),
                    new CudaCompiler.Architecture(9, 0)));
    assertTrue(
        e.getMessage().contains("kernels/broken.cu cannot be compiled by NVRTC"), e::toString);
    assertTrue(e.getMessage().contains("for sm_90 with -DLANES=4"), e::toString);
    assertTrue(e.getMessage().contains("undeclared"), e::toString);
  }

  @Test
  void aGpuThatIsTooOldIsSaid() {
    Nvrtc nvrtc = nvrtc();
    UserError e =
        assertThrows(
            UserError.class,
            () -> nvrtc.compile("pool.cu", "", List.of(), new CudaCompiler.Architecture(2, 0)));
    assertTrue(e.getMessage().contains("too old"), e::toString);
  }

  @Test
  void jcudaLoadsTheLibraries() {
    String cublas = NativeLibraries.load(CudaLibraries.CUBLAS, CudaLibraries.CUBLAS_NEEDS);
    Assumptions.assumeTrue(cublas.isEmpty(), "no cuBLAS: " + cublas);
    Map<String, String> missing = CudaLibraries.cudnn();
    Assumptions.assumeTrue(missing.isEmpty(), "no cuDNN: " + missing);
    assertEquals("", CudaLibraries.glue("JCudnn", () -> JCudnn.setExceptionsEnabled(false)));
    assertEquals("", CudaLibraries.glue("JCublas2", () -> JCublas2.setExceptionsEnabled(false)));
    assertTrue(CudnnLibrary.version().startsWith("9."), CudnnLibrary.version());
    assertFalse(CudaLibraries.origin().contains("?"), CudaLibraries.origin());
    Assumptions.assumeTrue(CudaDevice.count() == 0, "there is a GPU");
    // Without a driver it gets as far as looking for one.
    assertEquals(
        cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED, JCublas2.cublasCreate(new cublasHandle()));
  }
}
