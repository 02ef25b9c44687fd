package sakd.device.cuda;

import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import sakd.device.Kernel;
import sakd.device.KernelArguments;
import sakd.device.KernelParameters;
import sakd.device.WorkSize;

/** A kernel in its device's stream of work. */
final class CudaKernel implements Kernel {
  /** Native memory that every launch of a device fills anew, and JCuda's pointer to it. */
  record Arguments(KernelArguments block, Pointer pointer) {
    static Arguments of(CudaDevice device) {
      KernelArguments block = new KernelArguments(memory -> device.own(memory).address());
      return new Arguments(block, Pointer.to(block.buffer()));
    }
  }

  private final CudaDevice device;
  private final KernelParameters parameters;
  private final CUfunction function;
  private final Arguments arguments;
  private final int largestGroup;

  CudaKernel(
      CudaDevice device, KernelParameters parameters, CUfunction function, Arguments arguments) {
    this.device = device;
    this.parameters = parameters;
    this.function = function;
    this.arguments = arguments;
    int[] most = new int[1];
    CudaErrors.check(
        "asking for the registers of " + parameters,
        JCudaDriver.cuFuncGetAttribute(
            most,
            jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK,
            function));
    this.largestGroup = most[0];
  }

  @Override
  public void launch(long n, Object... values) {
    if (n > 0) {
      start(WorkSize.line(true, device.units(), largestGroup, n), values);
    }
  }

  @Override
  public void launchRows(long rows, long columns, Object... values) {
    if (rows > 0 && columns > 0) {
      start(WorkSize.matrix(true, device.units(), largestGroup, rows, columns), values);
    }
  }

  @Override
  public void launchWarps(long rows, Object... values) {
    if (!device.hasWarps()) {
      throw new IllegalStateException(device.name() + " has no warps of " + WARP);
    }
    if (rows > 0) {
      start(WorkSize.line(true, device.units(), largestGroup, rows * WARP), values);
    }
  }

  private void start(WorkSize size, Object... values) {
    device
        .turn()
        .during(
            () -> {
              parameters.check(values);
              device.context().makeCurrent();
              arguments.block.pack(values);
              int across = (int) (size.globalX() / size.localX());
              int down = (int) (size.globalY() / size.localY());
              int status =
                  JCudaDriver.cuLaunchKernel(
                      function,
                      across,
                      down,
                      1,
                      (int) size.localX(),
                      (int) size.localY(),
                      1,
                      0,
                      device.context().work(),
                      arguments.pointer,
                      null);
              if (status != CUresult.CUDA_SUCCESS) {
                throw CudaErrors.driver(
                    "launching "
                        + parameters
                        + " in "
                        + across
                        + "x"
                        + down
                        + " blocks of "
                        + size.localX()
                        + "x"
                        + size.localY(),
                    status);
              }
            });
  }
}
