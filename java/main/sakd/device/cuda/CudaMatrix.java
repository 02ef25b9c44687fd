package sakd.device.cuda;

import sakd.device.BinaryCache;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;

/**
 * Convolution by cuDNN and matrix product by cuBLAS. In 16-bit storage tensor cores multiply, so
 * the float32 weights are rounded to the storage type first, and their gradient comes back in it; a
 * 1x1 convolution is a matrix product, whose gradient of weights comes in float32.
 */
final class CudaMatrix implements MatrixLibrary {
  private final CudaDevice device;
  private final BinaryCache cache;
  private final Stream main;
  private Stream side;

  /**
   * What work of one stream has for itself, because that of the other may run at the same time.
   *
   * @param scratch weights that come in float32, or the gradient of any, in the storage type
   */
  private record Stream(Cublas cublas, Cudnn cudnn, Scratch scratch) {
    static Stream of(CudaDevice device, BinaryCache cache) {
      device.context().requireNotRecording("the opening of cuBLAS and cuDNN");
      return new Stream(
          new Cublas(device),
          new Cudnn(device, cache),
          new Scratch(device, "the copy of the weights in 16 bits"));
    }

    void close() {
      scratch.close();
      cudnn.close();
      cublas.close();
    }
  }

  CudaMatrix(CudaDevice device, BinaryCache cache) {
    this.device = device;
    this.cache = cache;
    this.main = Stream.of(device, cache);
  }

  /** That of the work submitted now. */
  private Stream stream() {
    if (!device.context().isBeside()) {
      return main;
    }
    if (side == null) {
      side = Stream.of(device, cache);
    }
    return side;
  }

  @Override
  public String name() {
    return "cuDNN " + CudnnLibrary.version() + ", cuBLAS " + main.cublas.version();
  }

  @Override
  public boolean roundsWeights() {
    return true;
  }

  @Override
  public boolean addsGradients() {
    return true;
  }

  @Override
  public void convForward(
      ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y) {
    CudaMemory rounded = toStorage(shape, storage, weights, w);
    if (isProduct(shape)) {
      // y [rows, out] = x [rows, in] w [out, in]'
      stream()
          .cublas
          .gemm(
              "convolution of " + shape,
              rows(shape),
              shape.out(),
              shape.in(),
              operand(x, storage, false),
              operand(rounded, storage, true),
              0,
              operand(y, storage, false));
    } else {
      conv(ConvDirection.FORWARD, shape, storage, x, rounded, y, false);
    }
  }

  @Override
  public void convBackwardData(
      ConvShape shape,
      DType storage,
      Memory gradY,
      DType weights,
      Memory w,
      Memory gradX,
      boolean add) {
    CudaMemory rounded = toStorage(shape, storage, weights, w);
    if (isProduct(shape)) {
      // gx [rows, in] = gy [rows, out] w [out, in]
      stream()
          .cublas
          .gemm(
              "gradient by the input of " + shape,
              rows(shape),
              shape.in(),
              shape.out(),
              operand(gradY, storage, false),
              operand(rounded, storage, false),
              add ? 1 : 0,
              operand(gradX, storage, false));
    } else {
      conv(ConvDirection.DATA, shape, storage, gradX, rounded, gradY, add);
    }
  }

  @Override
  public void convBackwardWeights(
      ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW) {
    if (isProduct(shape)) {
      // gw [out, in] = gy [rows, out]' x [rows, in]
      stream()
          .cublas
          .gemm(
              "gradient by the weights of " + shape,
              shape.out(),
              shape.in(),
              rows(shape),
              operand(gradY, storage, true),
              operand(x, storage, false),
              0,
              operand(gradW, gradients, false));
    } else if (storage == gradients) {
      conv(ConvDirection.WEIGHTS, shape, storage, x, device.own(gradW), gradY, false);
    } else {
      long size = weights(shape);
      require(shape, "gradient of weights", gradW, size, DType.F32);
      CudaMemory gradient = scratch(size, storage);
      conv(ConvDirection.WEIGHTS, shape, storage, x, gradient, gradY, false);
      convert("to_float", storage, size, gradient, gradW);
    }
  }

  @Override
  public void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Memory a,
      Memory b,
      float beta,
      Memory c) {
    device.context().makeCurrent();
    stream()
        .cublas
        .gemm(
            "matrix product",
            m,
            n,
            k,
            operand(a, DType.F32, transposeA),
            operand(b, DType.F32, transposeB),
            beta,
            operand(c, DType.F32, false));
  }

  /** Whether a convolution is a product of matrices, and done as one. */
  static boolean isProduct(ConvShape shape) {
    return shape.kernel() == 1 && shape.stride() == 1 && shape.pad() == 0;
  }

  private static int rows(ConvShape shape) {
    return Math.toIntExact((long) shape.batch() * shape.height() * shape.width());
  }

  private static long weights(ConvShape shape) {
    return (long) shape.out() * shape.kernel() * shape.kernel() * shape.in();
  }

  private Cublas.Operand operand(Memory memory, DType type, boolean transposed) {
    return new Cublas.Operand(device.own(memory), type, transposed);
  }

  private void conv(
      ConvDirection direction,
      ConvShape shape,
      DType storage,
      Memory x,
      CudaMemory w,
      Memory y,
      boolean add) {
    long images = shape.batch();
    require(shape, "x", x, images * shape.height() * shape.width() * shape.in(), storage);
    require(shape, "w", w, weights(shape), storage);
    require(shape, "y", y, images * shape.outHeight() * shape.outWidth() * shape.out(), storage);
    device.context().makeCurrent();
    stream().cudnn.run(direction, shape, storage, device.own(x), w, device.own(y), add);
  }

  private static void require(
      ConvShape shape, String name, Memory memory, long elements, DType type) {
    if (memory.bytes() < elements * type.size) {
      throw new IllegalArgumentException(
          name
              + " of "
              + shape
              + " in "
              + type
              + " has "
              + elements
              + " elements, but the memory "
              + memory.bytes()
              + " bytes");
    }
  }

  private CudaMemory scratch(long size, DType storage) {
    return stream().scratch.atLeast(size * storage.size);
  }

  /** The weights in the storage type: themselves, or a copy that lasts to the next call. */
  private CudaMemory toStorage(ConvShape shape, DType storage, DType weights, Memory w) {
    device.context().makeCurrent();
    if (weights == storage) {
      return device.own(w);
    }
    long size = weights(shape);
    require(shape, "w", w, size, DType.F32);
    CudaMemory copy = scratch(size, storage);
    convert("from_float", storage, size, w, copy);
    return copy;
  }

  private void convert(String function, DType storage, long size, Memory from, Memory to) {
    int lanes = device.preferredLanes(storage, 1);
    while (size % lanes != 0) {
      lanes /= 2;
    }
    device
        .kernel(KernelSpec.of("elementwise.cu", function, storage, lanes))
        .launch(size / lanes, from, to, size / lanes);
  }

  @Override
  public void close() {
    main.close();
    if (side != null) {
      side.close();
    }
  }
}
