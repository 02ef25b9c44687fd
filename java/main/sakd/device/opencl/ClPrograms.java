package sakd.device.opencl;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_program;
import sakd.base.UserError;
import sakd.device.BinaryCache;
import sakd.device.KernelSources;
import sakd.device.KernelSpec;

/**
 * Compiles kernel files, each once for every set of definitions, and keeps the binaries on disk.
 */
final class ClPrograms implements AutoCloseable {
  private final cl_context context;
  private final cl_device_id device;
  private final String target;
  private final BinaryCache cache;
  private final boolean roundedDivision;
  private final Map<KernelSpec.Unit, cl_program> programs = new HashMap<>();
  private int compiled;

  /**
   * @param target names processor and driver: a binary is good for no other
   */
  ClPrograms(cl_context context, cl_device_id device, String target, BinaryCache cache) {
    this.context = context;
    this.device = device;
    this.target = target;
    this.cache = cache;
    this.roundedDivision =
        (ClInfo.deviceNumber(device, CL.CL_DEVICE_SINGLE_FP_CONFIG)
                & CL.CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT)
            != 0;
  }

  /** How many programs were compiled from source rather than read from disk. */
  int compiled() {
    return compiled;
  }

  cl_kernel kernel(KernelSpec spec) {
    KernelSpec.Unit key = spec.unit();
    cl_program program = programs.get(key);
    if (program == null) {
      program = build(spec);
      programs.put(key, program);
    }
    try {
      return CL.clCreateKernel(program, spec.function(), null);
    } catch (CLException e) {
      throw ClErrors.failure("finding kernel " + spec.function() + " in kernels/" + spec.file(), e);
    }
  }

  private String options(KernelSpec spec) {
    // Division and square root as IEEE 754 has them, like the other devices; OpenCL's own are less
    // exact.
    return "-cl-std=CL1.2"
        + (roundedDivision ? " -cl-fp32-correctly-rounded-divide-sqrt " : " ")
        + String.join(" ", spec.options());
  }

  /** The name of the entry on disk. */
  String cacheKey(KernelSpec spec) {
    return KernelSources.sha256(KernelSources.load(spec), options(spec), target);
  }

  private cl_program build(KernelSpec spec) {
    String key = cacheKey(spec);
    Optional<byte[]> binary = cache.read(key);
    if (binary.isPresent()) {
      Optional<cl_program> program = fromBinary(binary.get(), options(spec));
      if (program.isPresent()) {
        return program.get();
      }
    }
    cl_program program = fromSource(spec);
    compiled++;
    cache.write(key, binary(program));
    return program;
  }

  private Optional<cl_program> fromBinary(byte[] binary, String options) {
    cl_program program = null;
    try {
      program =
          CL.clCreateProgramWithBinary(
              context,
              1,
              new cl_device_id[] {device},
              new long[] {binary.length},
              new byte[][] {binary},
              null,
              null);
      CL.clBuildProgram(program, 1, new cl_device_id[] {device}, options, null, null);
      return Optional.of(program);
    } catch (CLException e) {
      // A driver may refuse its own binary after an update that kept the version: compile again.
      if (program != null) {
        CL.clReleaseProgram(program);
      }
      return Optional.empty();
    }
  }

  private cl_program fromSource(KernelSpec spec) {
    cl_program program =
        CL.clCreateProgramWithSource(
            context, 1, new String[] {KernelSources.load(spec)}, null, null);
    try {
      CL.clBuildProgram(program, 1, new cl_device_id[] {device}, options(spec), null, null);
      return program;
    } catch (CLException e) {
      String log = log(program);
      CL.clReleaseProgram(program);
      throw new UserError(
          "kernels/"
              + spec.file()
              + " cannot be compiled by "
              + target
              + " with "
              + options(spec)
              + ":\n"
              + (log.isEmpty() ? e.getMessage() : log),
          e);
    }
  }

  private String log(cl_program program) {
    long[] size = new long[1];
    CL.clGetProgramBuildInfo(program, device, CL.CL_PROGRAM_BUILD_LOG, 0, null, size);
    byte[] text = new byte[(int) size[0]];
    CL.clGetProgramBuildInfo(
        program, device, CL.CL_PROGRAM_BUILD_LOG, text.length, Pointer.to(text), null);
    return new String(text, StandardCharsets.UTF_8).replace('\0', ' ').trim();
  }

  private static byte[] binary(cl_program program) {
    long[] size = new long[1];
    CL.clGetProgramInfo(program, CL.CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null);
    byte[] bytes = new byte[(int) size[0]];
    CL.clGetProgramInfo(
        program,
        CL.CL_PROGRAM_BINARIES,
        Sizeof.POINTER,
        Pointer.to(new Pointer[] {Pointer.to(bytes)}),
        null);
    return bytes;
  }

  @Override
  public void close() {
    programs.values().forEach(CL::clReleaseProgram);
    programs.clear();
  }
}
