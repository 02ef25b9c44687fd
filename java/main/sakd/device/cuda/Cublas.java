package sakd.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;
import sakd.device.DType;

/** Matrix products by cuBLAS, in the device's stream of work. */
final class Cublas implements AutoCloseable {
  /** What NVIDIA advises for Hopper; of its own choice cuBLAS would allocate while recording. */
  private static final long WORKSPACE_BYTES = 32L << 20;

  /**
   * A matrix in memory.
   *
   * @param type of its elements
   * @param transposed whether its rows are stored as columns
   */
  record Operand(CudaMemory memory, DType type, boolean transposed) {}

  private final cublasHandle handle = new cublasHandle();
  private final CudaMemory workspace;

  /** alpha and beta: read when a product is submitted. */
  private final ByteBuffer factors =
      ByteBuffer.allocateDirect(2 * Float.BYTES).order(ByteOrder.nativeOrder());

  private final Pointer alpha = Pointer.to(factors);
  private final Pointer beta = alpha.withByteOffset(Float.BYTES);

  Cublas(CudaDevice device) {
    workspace = device.allocateOwn(WORKSPACE_BYTES);
    CudaErrors.checkCublas("opening", JCublas2.cublasCreate(handle));
    CudaErrors.checkCublas(
        "taking a stream",
        JCublas2.cublasSetStream(handle, new cudaStream_t(device.context().work())));
    CudaErrors.checkCublas(
        "taking a workspace",
        JCublas2.cublasSetWorkspace(handle, workspace.pointer(), WORKSPACE_BYTES));
    // Float32 is float32: no TF32.
    CudaErrors.checkCublas(
        "setting its precision",
        JCublas2.cublasSetMathMode(handle, cublasMath.CUBLAS_DEFAULT_MATH));
    factors.putFloat(0, 1);
  }

  String version() {
    int[] version = new int[1];
    CudaErrors.checkCublas("asking for the version", JCublas2.cublasGetVersion(handle, version));
    return version[0] / 10000 + "." + version[0] / 100 % 100 + "." + version[0] % 100;
  }

  /**
   * c = op(a) op(b) + beta c, row-major, in float32 arithmetic; op(a) is [m, k], op(b) is [k, n].
   */
  void gemm(String operation, int m, int n, int k, Operand a, Operand b, float scale, Operand c) {
    require(operation, a, (long) m * k);
    require(operation, b, (long) k * n);
    require(operation, c, (long) m * n);
    factors.putFloat(Float.BYTES, scale);
    // Column-major, what is stored is the transposed: c' = op(b)' op(a)'.
    int status =
        JCublas2.cublasGemmEx_new(
            handle,
            transpose(b),
            transpose(a),
            n,
            m,
            k,
            alpha,
            b.memory.pointer(),
            type(b.type),
            b.transposed ? k : n,
            a.memory.pointer(),
            type(a.type),
            a.transposed ? m : k,
            beta,
            c.memory.pointer(),
            type(c.type),
            n,
            cublasComputeType.CUBLAS_COMPUTE_32F,
            cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
    if (status != 0) {
      CudaErrors.checkCublas(
          operation + " as [" + m + ", " + k + "] x [" + k + ", " + n + "] of " + a.type, status);
    }
  }

  private static void require(String operation, Operand matrix, long elements) {
    if (elements * matrix.type.size > matrix.memory.bytes()) {
      throw new IllegalArgumentException(
          operation
              + ": a matrix of "
              + elements
              + " elements of "
              + matrix.type
              + " does not fit memory of "
              + matrix.memory.bytes()
              + " bytes");
    }
  }

  private static int transpose(Operand matrix) {
    return matrix.transposed ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }

  private static int type(DType type) {
    return switch (type) {
      case F32 -> cudaDataType.CUDA_R_32F;
      case F16 -> cudaDataType.CUDA_R_16F;
      case BF16 -> cudaDataType.CUDA_R_16BF;
      default -> throw new IllegalArgumentException("no matrix product in " + type);
    };
  }

  @Override
  public void close() {
    JCublas2.cublasDestroy(handle);
    workspace.close();
  }
}
