package sakd.device.cuda;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jcuda.JCudaVersion;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;

/** Finds NVIDIA's driver, libraries and compiler, and says what is missing and how to add it. */
final class CudaLibraries {
  static final String CUBLAS = "libcublas.so.12";
  static final String CUDNN = "libcudnn.so.9";
  static final String NVRTC = "libnvrtc.so.12";

  /** What the loader says of a library that is nowhere. */
  private static final String NO_SUCH_FILE = "No such file or directory";

  private static final String LINK_ERROR = UnsatisfiedLinkError.class.getName() + ":";
  private static final String CUBLAS_13 = "libcublas.so.13";

  /** Of the CUDA that a cuDNN is built for; it loads it by this name. */
  private static final String CUBLAS_LT = "libcublasLt.so.";

  /** What cuDNN's parts need of the system. */
  private static final String ZLIB = "libz.so.1";

  static final String[] CUBLAS_NEEDS = {"libcublasLt.so.12"};
  static final String[] NVRTC_NEEDS = {"libnvrtc-builtins.so.12.6"};

  /** The parts of cuDNN, in an order in which each finds those that it needs. */
  static final String[] CUDNN_NEEDS = {
    "libcudnn_graph.so.9",
    "libcudnn_ops.so.9",
    "libcudnn_heuristic.so.9",
    "libcudnn_engines_precompiled.so.9",
    "libcudnn_engines_runtime_compiled.so.9",
    "libcudnn_cnn.so.9"
  };

  /** Parts that only newer versions have. */
  private static final List<String> CUDNN_HAS =
      List.of("libcudnn_engines_tensor_ir.so.9", "libcudnn_ext.so.9");

  /**
   * What there is.
   *
   * @param devices how many GPUs can be used: none if anything is missing
   * @param gpu whether there is a GPU with a driver
   * @param missing what is missing, or empty
   * @param remedy what adds it, or empty
   * @param compiler what kernels are compiled by; null where something is missing
   */
  record Found(int devices, boolean gpu, String missing, String remedy, CudaCompiler compiler) {}

  private static Found found;

  private CudaLibraries() {}

  /** Looks once: a class whose native part did not load says why only at the first touch. */
  static synchronized Found find() {
    if (found == null) {
      found = look();
    }
    return found;
  }

  private static Found none(String missing, String remedy) {
    return new Found(0, false, missing, remedy, null);
  }

  private static Found look() {
    String driver = NativeLibraries.load("libcuda.so.1");
    if (!driver.isEmpty()) {
      return none(
          "no NVIDIA driver (" + driver + ")",
          "for an NVIDIA GPU, its driver (Debian: apt-get install nvidia-driver)");
    }
    String glue = glue("JCudaDriver", () -> JCudaDriver.setExceptionsEnabled(false));
    if (!glue.isEmpty()) {
      return none("NVIDIA's driver cannot be used: " + glue, "a newer driver");
    }
    int status = JCudaDriver.cuInit(0);
    int[] count = new int[1];
    if (status == CUresult.CUDA_SUCCESS) {
      status = JCudaDriver.cuDeviceGetCount(count);
    }
    if (status != CUresult.CUDA_SUCCESS || count[0] == 0) {
      return none(
          "NVIDIA's driver finds no GPU"
              + (status == CUresult.CUDA_SUCCESS ? "" : ": " + CudaErrors.name(status)),
          "");
    }
    return libraries(count[0]);
  }

  private static Found libraries(int devices) {
    Map<String, String> missing = new LinkedHashMap<>();
    need(missing, CUBLAS, NativeLibraries.load(CUBLAS, CUBLAS_NEEDS));
    missing.putAll(cudnn());
    Optional<CudaCompiler> compiler = compiler(missing);
    if (missing.isEmpty()) {
      need(missing, "JCublas2", glue("JCublas2", () -> JCublas2.setExceptionsEnabled(false)));
      need(missing, "JCudnn", glue("JCudnn", () -> JCudnn.setExceptionsEnabled(false)));
    }
    if (!missing.isEmpty()) {
      boolean cuda13 =
          NativeLibraries.inToolkit(CUBLAS_13) || NativeLibraries.load(CUBLAS_13).isEmpty();
      return new Found(0, true, sentence(missing), remedy(missing, cuda13), null);
    }
    return new Found(devices, true, "", "", compiler.orElseThrow());
  }

  /**
   * Loads cuDNN and what it will load by itself: what it then did not find would end the process.
   *
   * @return the first that is missing, by name, with the loader's reason; or nothing
   */
  static Map<String, String> cudnn() {
    String reason = NativeLibraries.load(CUDNN, CUDNN_NEEDS);
    if (!reason.isEmpty()) {
      return Map.of(CUDNN, reason);
    }
    List<String> parts = new ArrayList<>(List.of(CUDNN_NEEDS));
    CUDNN_HAS.stream().filter(part -> NativeLibraries.isBeside(CUDNN, part)).forEach(parts::add);
    for (String part : parts) {
      reason = NativeLibraries.loadBeside(CUDNN, part);
      if (!reason.isEmpty()) {
        return Map.of(part, reason);
      }
    }
    try {
      CudnnLibrary.link();
    } catch (UnsatisfiedLinkError e) {
      return Map.of(CUDNN, e.getMessage());
    }
    long cuda = CudnnLibrary.cudnnGetCudartVersion() / 1000;
    reason = NativeLibraries.load(CUBLAS_LT + cuda);
    return reason.isEmpty()
        ? Map.of()
        : Map.of(CUBLAS_LT + cuda, "cuDNN is that for CUDA " + cuda + "; " + reason);
  }

  private static void need(Map<String, String> missing, String name, String reason) {
    if (!reason.isEmpty()) {
      missing.put(name, reason);
    }
  }

  /** What is missing, by name; with the loader's reason unless it is that there is no such file. */
  static String sentence(Map<String, String> missing) {
    List<String> parts = new ArrayList<>();
    missing.forEach(
        (name, reason) -> {
          boolean absent = reason.startsWith(name) && reason.contains(NO_SUCH_FILE);
          parts.add(absent ? name : name + " (" + reason + ")");
        });
    return "there is an NVIDIA GPU, but not " + String.join(" and not ", parts);
  }

  /**
   * What adds the libraries.
   *
   * @param cuda13 whether CUDA 13's are there
   */
  static String remedy(Map<String, String> missing, boolean cuda13) {
    if (missing.values().stream().anyMatch(reason -> reason.startsWith(ZLIB))) {
      return "install zlib (Debian: apt-get install zlib1g)";
    }
    boolean cudnnMissing =
        missing.keySet().stream()
            .anyMatch(name -> name.startsWith("libcudnn") || name.startsWith(CUBLAS_LT));
    if (cuda13) {
      return "make cuda13, which forwards to the CUDA 13 toolkit"
          + (cudnnMissing ? "; and install cuDNN 9 for CUDA 13" : "");
    }
    return "run Maven with -Pcuda-libs, which brings the CUDA 12.6 libraries (2 GB), or install the"
        + " CUDA 12 toolkit and cuDNN 9";
  }

  /** The compiler named by NVCC, else NVRTC, else the nvcc on the PATH. */
  private static Optional<CudaCompiler> compiler(Map<String, String> missing) {
    String named = System.getenv("NVCC");
    if (named != null && !named.isBlank()) {
      Optional<CudaCompiler> compiler = Nvcc.find(named).map(CudaCompiler.class::cast);
      if (compiler.isEmpty()) {
        missing.put("nvcc", "NVCC names " + named + ", which does not run");
      }
      return compiler;
    }
    CudaCompiler[] library = new CudaCompiler[1];
    String reason = NativeLibraries.load(NVRTC, NVRTC_NEEDS);
    if (reason.isEmpty()) {
      reason = glue("JNvrtc", () -> library[0] = new Nvrtc());
    }
    Optional<CudaCompiler> compiler =
        Optional.ofNullable(library[0]).or(() -> Nvcc.find("nvcc").map(CudaCompiler.class::cast));
    if (compiler.isEmpty()) {
      missing.put(NVRTC + " or nvcc", reason);
    }
    return compiler;
  }

  /** Loads JCuda's part of a library by touching its class; empty, or why it cannot be. */
  static String glue(String name, Runnable touch) {
    try {
      NativeLibraries.unpackGlue(name + "-" + JCudaVersion.get());
      touch.run();
      return "";
    } catch (LinkageError | IOException | CudaFailure e) {
      // JCuda's message holds two stack traces; the head of the last says what the loader said.
      List<String> lines = String.valueOf(e.getMessage()).lines().toList();
      return lines.stream()
          .filter(line -> line.startsWith(LINK_ERROR))
          .reduce((first, second) -> second)
          .map(line -> line.substring(LINK_ERROR.length()))
          .orElse(lines.isEmpty() ? e.toString() : lines.get(0))
          .strip();
    }
  }

  /** Which of the ways the libraries came: read off the files that are loaded. */
  static String origin() {
    if (!NativeLibraries.loaded(CUBLAS_13).isEmpty()) {
      return "CUDA 13 through forwarding libraries";
    }
    Path cublas = NativeLibraries.loaded("libcublas.so").stream().findFirst().orElse(Path.of("?"));
    return cublas.toString().contains("redist.jar")
        ? "redistributable CUDA 12.6 libraries of the profile cuda-libs"
        : "CUDA 12 libraries of " + cublas.getParent();
  }
}
