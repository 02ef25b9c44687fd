package sakd.device.opencl;

import java.util.stream.IntStream;
import org.jocl.CLException;
import org.jocl.blast.CLBlast;
import org.jocl.blast.CLBlastLayout;
import org.jocl.blast.CLBlastStatusCode;
import org.jocl.blast.CLBlastTranspose;
import sakd.base.UserError;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;

/**
 * Matrix products by CLBlast; convolutions as matrix products of columns (kernels/im2col.cu), a
 * slice of the batch at a time, so that the columns take little memory. A convolution of one pixel
 * in F32 is a matrix product as it is.
 */
final class ClBlastLibrary implements MatrixLibrary {
  static final String NAME = "CLBlast 1.5.2";

  /** Bytes of columns at most, unless one image has more. */
  private static final long COLUMN_BYTES = 64L << 20;

  private final OpenClDevice device;
  private final long columnBytes;
  private Memory columns;
  private Memory floats;

  /**
   * Loads CLBlast for the device.
   *
   * @throws UserError if it has no version for this system
   */
  static ClBlastLibrary open(OpenClDevice device) {
    return open(device, COLUMN_BYTES);
  }

  /** With slices of other sizes, for tests. */
  static ClBlastLibrary open(OpenClDevice device, long columnBytes) {
    try {
      CLBlast.setExceptionsEnabled(true);
    } catch (LinkageError e) {
      throw new UserError(
          "CLBlast cannot be loaded on this system, so "
              + device.name()
              + " has no matrix products; choose another --device ("
              + e.getMessage()
              + ")",
          e);
    }
    if (device.info().isCpu()) {
      ClBlastTuning.forProcessor(device.id());
    }
    return new ClBlastLibrary(device, columnBytes);
  }

  private ClBlastLibrary(OpenClDevice device, long columnBytes) {
    this.device = device;
    this.columnBytes = columnBytes;
  }

  @Override
  public String name() {
    return NAME;
  }

  // ---- convolution ----

  @Override
  public void convForward(
      ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y) {
    int depth = depth(shape);
    for (Slice s : slices(shape, storage)) {
      Matrix a = s.plain ? s.matrix(x, shape.in()) : columnsOf(s, x);
      if (storage == DType.F32) {
        product(false, true, s.rows, shape.out(), depth, a, whole(w), 0, s.matrix(y, shape.out()));
      } else {
        Matrix result = floats(s.rows * shape.out());
        product(false, true, s.rows, shape.out(), depth, a, whole(w), 0, result);
        convert("slice_from_float", s, result.memory, y);
      }
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
    int depth = depth(shape);
    for (Slice s : slices(shape, storage)) {
      Matrix g = gradient(s, gradY);
      if (s.plain) {
        Matrix to = s.matrix(gradX, shape.in());
        product(false, false, s.rows, depth, shape.out(), g, whole(w), 0, to);
      } else {
        Matrix col = columns(s.rows * depth);
        product(false, false, s.rows, depth, shape.out(), g, whole(w), 0, col);
        long pixels = (long) s.images * shape.height() * shape.width();
        window("col2im", s, col.memory, gradX, pixels);
      }
    }
  }

  @Override
  public void convBackwardWeights(
      ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW) {
    int depth = depth(shape);
    for (Slice s : slices(shape, storage)) {
      Matrix a = s.plain ? s.matrix(x, shape.in()) : columnsOf(s, x);
      float beta = s.first == 0 ? 0 : 1;
      Matrix g = gradient(s, gradY);
      product(true, false, shape.out(), depth, s.rows, g, a, beta, whole(gradW));
    }
  }

  private static int depth(ConvShape shape) {
    return shape.kernel() * shape.kernel() * shape.in();
  }

  /** Images {@code first} to {@code first + images}; rows are their output pixels. */
  private record Slice(
      ConvShape shape, DType storage, int first, int images, long rows, boolean plain) {
    /** The slice's rows in activations of the whole batch, F32. */
    Matrix matrix(Memory activations, int channels) {
      return new Matrix(activations, first * (rows / images) * channels);
    }
  }

  /** Part of a memory as a float32 matrix from {@code start}, in elements. */
  private record Matrix(Memory memory, long start) {}

  private Iterable<Slice> slices(ConvShape shape, DType storage) {
    if (!device.supports(storage)) {
      throw new IllegalArgumentException(device.name() + " has no storage " + storage);
    }
    boolean plain =
        storage == DType.F32 && shape.kernel() == 1 && shape.stride() == 1 && shape.pad() == 0;
    long pixels = (long) shape.outHeight() * shape.outWidth();
    long imageBytes = pixels * Math.max(depth(shape), shape.out()) * Float.BYTES;
    int most = plain ? shape.batch() : (int) Math.max(1, columnBytes / imageBytes);
    return () ->
        IntStream.iterate(0, first -> first < shape.batch(), f -> f + most)
            .mapToObj(
                first -> {
                  int images = Math.min(most, shape.batch() - first);
                  return new Slice(shape, storage, first, images, images * pixels, plain);
                })
            .iterator();
  }

  private Matrix columnsOf(Slice s, Memory x) {
    Matrix col = columns(s.rows * depth(s.shape));
    window("im2col", s, x, col.memory, s.rows);
    return col;
  }

  private Matrix gradient(Slice s, Memory gradY) {
    if (s.storage == DType.F32) {
      return s.matrix(gradY, s.shape.out());
    }
    Matrix g = floats(s.rows * s.shape.out());
    convert("slice_to_float", s, gradY, g.memory);
    return g;
  }

  /** Launches im2col or col2im. */
  private void window(String function, Slice s, Memory from, Memory to, long rows) {
    ConvShape shape = s.shape;
    int lanes = lanes(s.storage, shape.in());
    int across = shape.in() / lanes;
    kernel(function, s.storage, lanes)
        .launchRows(
            rows,
            across,
            from,
            to,
            (long) s.first,
            shape.height(),
            shape.width(),
            shape.outHeight(),
            shape.outWidth(),
            shape.kernel(),
            shape.stride(),
            shape.pad(),
            shape.dilation(),
            rows,
            across);
  }

  /** Launches a conversion of the slice's part of y or its gradient. */
  private void convert(String function, Slice s, Memory from, Memory to) {
    int channels = s.shape.out();
    int lanes = lanes(s.storage, channels);
    long n = s.rows * channels / lanes;
    long element = s.first * (s.rows / s.images) * channels;
    kernel(function, s.storage, lanes).launch(n, from, to, element, n);
  }

  private int lanes(DType storage, int channels) {
    int lanes = device.preferredLanes(storage, 1);
    while (channels % lanes != 0) {
      lanes /= 2;
    }
    return lanes;
  }

  private Kernel kernel(String function, DType storage, int lanes) {
    // STORAGE as kernels/portable.h numbers it.
    return device.kernel(KernelSpec.of("im2col.cu", function, storage, lanes));
  }

  // ---- scratch memory: grows to the largest need and stays ----

  private Matrix columns(long elements) {
    columns = atLeast(columns, elements);
    return new Matrix(columns, 0);
  }

  private Matrix floats(long elements) {
    floats = atLeast(floats, elements);
    return new Matrix(floats, 0);
  }

  private Memory atLeast(Memory memory, long elements) {
    long bytes = elements * Float.BYTES;
    if (memory != null && memory.bytes() >= bytes) {
      return memory;
    }
    if (memory != null) {
      memory.close();
    }
    return device.allocate(bytes);
  }

  long scratchBytes() {
    return (columns == null ? 0 : columns.bytes()) + (floats == null ? 0 : floats.bytes());
  }

  // ---- matrix product ----

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
    product(transposeA, transposeB, m, n, k, whole(a), whole(b), beta, whole(c));
  }

  private static Matrix whole(Memory memory) {
    return new Matrix(memory, 0);
  }

  private void product(
      boolean transposeA,
      boolean transposeB,
      long m,
      long n,
      long k,
      Matrix a,
      Matrix b,
      float beta,
      Matrix c) {
    ClMemory left = checked(a, m * k);
    ClMemory right = checked(b, k * n);
    ClMemory result = checked(c, m * n);
    String what = "matrix product of " + m + " x " + k + " by " + k + " x " + n;
    try {
      int status =
          CLBlast.CLBlastSgemm(
              CLBlastLayout.CLBlastLayoutRowMajor,
              transpose(transposeA),
              transpose(transposeB),
              m,
              n,
              k,
              1.0f,
              left.buffer(),
              left.offset() / Float.BYTES + a.start,
              transposeA ? m : k,
              right.buffer(),
              right.offset() / Float.BYTES + b.start,
              transposeB ? k : n,
              beta,
              result.buffer(),
              result.offset() / Float.BYTES + c.start,
              n,
              device.queue(),
              null);
      if (status != CLBlastStatusCode.CLBlastSuccess) {
        throw new CLException(CLBlastStatusCode.stringFor(status), status);
      }
    } catch (CLException e) {
      throw ClErrors.failure(what + " by CLBlast", e);
    }
  }

  private ClMemory checked(Matrix matrix, long elements) {
    if ((matrix.start + elements) * Float.BYTES > matrix.memory.bytes()) {
      throw new IllegalArgumentException(
          "a matrix of "
              + elements
              + " floats does not fit memory of "
              + matrix.memory.bytes()
              + " bytes");
    }
    return device.own(matrix.memory);
  }

  private static int transpose(boolean yes) {
    return yes ? CLBlastTranspose.CLBlastTransposeYes : CLBlastTranspose.CLBlastTransposeNo;
  }

  @Override
  public void close() {
    if (columns != null) {
      columns.close();
      columns = null;
    }
    if (floats != null) {
      floats.close();
      floats = null;
    }
    // CLBlast keeps programs by the address of their context, which a later device may get again.
    CLBlast.CLBlastClearCache();
  }
}
