package sakd.device.cuda;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;

/** NVIDIA's compiler as a library. */
final class Nvrtc implements CudaCompiler {
  private final String version;
  private final int[] architectures;

  /** The library has to be loaded. */
  Nvrtc() {
    int[] major = new int[1];
    int[] minor = new int[1];
    check("asking for the version", JNvrtc.nvrtcVersion(major, minor));
    this.version = "NVRTC " + major[0] + "." + minor[0];
    int[] count = new int[1];
    check("asking for architectures", JNvrtc.nvrtcGetNumSupportedArchs(count));
    this.architectures = new int[count[0]];
    check("asking for architectures", JNvrtc.nvrtcGetSupportedArchs(architectures));
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public byte[] compile(String file, String source, List<String> options, Architecture target) {
    // A GPU newer than this compiler takes the intermediate code of the newest that it knows.
    boolean known = Arrays.stream(architectures).anyMatch(a -> a == target.number());
    String architecture =
        known
            ? target.toString()
            : "compute_"
                + Arrays.stream(architectures)
                    .filter(a -> a < target.number())
                    .max()
                    .orElseThrow(
                        () -> refused(file, options, target, "this GPU is too old for " + version));
    String[] all =
        Stream.concat(options.stream(), Stream.of("--gpu-architecture=" + architecture))
            .toArray(String[]::new);
    nvrtcProgram program = new nvrtcProgram();
    check("reading " + file, JNvrtc.nvrtcCreateProgram(program, source, file, 0, null, null));
    try {
      int status = JNvrtc.nvrtcCompileProgram(program, all.length, all);
      if (status != nvrtcResult.NVRTC_SUCCESS) {
        String[] log = new String[1];
        JNvrtc.nvrtcGetProgramLog(program, log);
        String text = log[0] == null ? "" : log[0].replace('\0', ' ').strip();
        throw refused(
            file, options, target, text.isEmpty() ? JNvrtc.nvrtcGetErrorString(status) : text);
      }
      return known ? binary(program, file) : text(program, file);
    } finally {
      JNvrtc.nvrtcDestroyProgram(program);
    }
  }

  private static byte[] binary(nvrtcProgram program, String file) {
    long[] size = new long[1];
    check("compiling " + file, JNvrtc.nvrtcGetCUBINSize(program, size));
    byte[] image = new byte[Math.toIntExact(size[0])];
    check("compiling " + file, JNvrtc.nvrtcGetCUBIN(program, image));
    return image;
  }

  private static byte[] text(nvrtcProgram program, String file) {
    String[] ptx = new String[1];
    check("compiling " + file, JNvrtc.nvrtcGetPTX(program, ptx));
    // The driver reads up to a zero.
    return (ptx[0] + '\0').getBytes(StandardCharsets.US_ASCII);
  }

  private static void check(String operation, int status) {
    if (status != nvrtcResult.NVRTC_SUCCESS) {
      throw new CudaFailure(
          "NVRTC: " + operation + " failed with " + JNvrtc.nvrtcGetErrorString(status));
    }
  }
}
