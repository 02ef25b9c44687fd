package sakd.device.cuda;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;
import sakd.device.DType;
import sakd.device.KernelSpec;
import sakd.device.OutOfDeviceMemory;

/**
 * Runs algorithms of one problem on the operands of a call. What the call assigns is overwritten;
 * what it adds to stays as it is, and a copy is used.
 */
final class ConvTrials implements AutoCloseable {
  /** After a first one, which loads the kernels. */
  private static final int TIMED_RUNS = 3;

  /** Items of kernels/convolution.cu's checksum. */
  private static final int SUMS = 1 << 16;

  static final KernelSpec CHECKSUM = KernelSpec.of("convolution.cu", "checksum", DType.F32, 1);

  private final CudaDevice device;
  private final CudnnHandle handle;
  private final ConvProblem problem;
  private final List<String> refusals;
  private final CudaMemory original;
  private final ConvOperands operands;
  private final List<CUevent> events = new ArrayList<>();
  private CudaMemory workspace;

  /**
   * Prepares the trials.
   *
   * @param refusals gets a sentence for every algorithm that fails
   * @throws OutOfDeviceMemory if there is no room for a copy of what is added to
   */
  ConvTrials(
      CudaDevice device,
      CudnnHandle handle,
      ConvProblem problem,
      ConvOperands operands,
      List<String> refusals) {
    this.device = device;
    this.handle = handle;
    this.problem = problem;
    this.refusals = refusals;
    this.original = problem.direction().output(operands);
    this.operands =
        problem.add()
            ? problem.direction().withOutput(operands, device.allocateOwn(original.bytes()))
            : operands;
  }

  /** How long the algorithm takes, the least of a few runs; empty if it cannot run. */
  OptionalDouble milliseconds(ConvAlgorithm algorithm) {
    try {
      reset();
      run(algorithm);
      // The other stream is not to share the device meanwhile.
      device.synchronize();
      record(0);
      for (int i = 1; i <= TIMED_RUNS; i++) {
        run(algorithm);
        record(i);
      }
    } catch (CudaFailure | OutOfDeviceMemory e) {
      refusals.add(e.getMessage());
      return OptionalDouble.empty();
    }
    device.synchronize();
    return IntStream.range(0, TIMED_RUNS).mapToDouble(this::elapsed).min();
  }

  private void run(ConvAlgorithm algorithm) {
    long bytes = Math.max(1, algorithm.workspace());
    if (workspace == null || workspace.bytes() < bytes) {
      freeWorkspace();
      workspace = device.allocateOwn(bytes);
    }
    algorithm.run(handle, operands, workspace);
  }

  private void freeWorkspace() {
    if (workspace != null) {
      workspace.close();
      workspace = null;
    }
  }

  private void record(int event) {
    while (events.size() <= event) {
      events.add(device.context().newEvent(0));
    }
    CudaErrors.check(
        "timing", JCudaDriver.cuEventRecord(events.get(event), device.context().work()));
  }

  private double elapsed(int event) {
    float[] milliseconds = new float[1];
    CudaErrors.check(
        "timing",
        JCudaDriver.cuEventElapsedTime(milliseconds, events.get(event), events.get(event + 1)));
    return milliseconds[0];
  }

  /** Whether two runs give the same bits. */
  boolean repeats(ConvAlgorithm algorithm) {
    boolean same = checksum(algorithm).equals(checksum(algorithm));
    if (!same) {
      refusals.add("a plan that cuDNN calls deterministic gave other bits the second time");
    }
    return same;
  }

  private ByteBuffer checksum(ConvAlgorithm algorithm) {
    reset();
    run(algorithm);
    CudaMemory result = problem.direction().output(operands);
    try (CudaMemory sums = device.allocateOwn(SUMS * Integer.BYTES)) {
      device.kernel(CHECKSUM).launch(SUMS, result, sums, result.bytes(), SUMS);
      ByteBuffer there = ByteBuffer.allocate(SUMS * Integer.BYTES);
      device.download(sums, there);
      return there;
    }
  }

  private void reset() {
    if (problem.add()) {
      device.copy(original, problem.direction().output(operands));
    }
  }

  @Override
  public void close() {
    events.forEach(JCudaDriver::cuEventDestroy);
    freeWorkspace();
    if (problem.add()) {
      problem.direction().output(operands).close();
    }
  }
}
