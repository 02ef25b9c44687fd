package sakd.device.opencl;

import static sakd.device.opencl.ClBlast.Matrix.whole;

import java.util.stream.IntStream;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;
import sakd.device.opencl.ClBlast.Matrix;

/**
 * Convolutions as CLBlast's products of columns (kernels/im2col.cu), a slice of the batch at a
 * time, so that the columns take little memory. A convolution of one pixel in F32 is a matrix
 * product as it is.
 */
final class ColumnsConv implements Conv {
  /** Bytes of columns at most, unless one image has more. */
  static final long COLUMN_BYTES = 64L << 20;

  private final OpenClDevice device;
  private final ClBlast blast;
  private final long columnBytes;
  private final Scratch columns;
  private final Scratch floats;

  /**
   * @param columnBytes of columns at most, unless one image has more
   */
  ColumnsConv(OpenClDevice device, ClBlast blast, long columnBytes) {
    this.device = device;
    this.blast = blast;
    this.columnBytes = columnBytes;
    this.columns = new Scratch(device);
    this.floats = new Scratch(device);
  }

  @Override
  public void forward(ConvShape shape, DType storage, Memory x, Memory w, Memory y) {
    int depth = depth(shape);
    for (Slice s : slices(shape, storage)) {
      Matrix a = s.plain ? s.matrix(x, shape.in()) : columnsOf(s, x);
      if (storage == DType.F32) {
        blast.product(
            false, true, s.rows, shape.out(), depth, a, whole(w), 0, s.matrix(y, shape.out()));
      } else {
        Matrix result = matrix(floats, s.rows * shape.out());
        blast.product(false, true, s.rows, shape.out(), depth, a, whole(w), 0, result);
        convert("slice_from_float", s, result.memory(), y);
      }
    }
  }

  @Override
  public void backwardData(ConvShape shape, DType storage, Memory gradY, Memory w, Memory gradX) {
    int depth = depth(shape);
    for (Slice s : slices(shape, storage)) {
      Matrix g = gradient(s, gradY);
      if (s.plain) {
        Matrix to = s.matrix(gradX, shape.in());
        blast.product(false, false, s.rows, depth, shape.out(), g, whole(w), 0, to);
      } else {
        Matrix col = matrix(columns, s.rows * depth);
        blast.product(false, false, s.rows, depth, shape.out(), g, whole(w), 0, col);
        long pixels = (long) s.images * shape.height() * shape.width();
        window("col2im", s, col.memory(), gradX, pixels);
      }
    }
  }

  @Override
  public void backwardWeights(
      ConvShape shape, DType storage, Memory x, Memory gradY, Memory gradW) {
    int depth = depth(shape);
    for (Slice s : slices(shape, storage)) {
      Matrix a = s.plain ? s.matrix(x, shape.in()) : columnsOf(s, x);
      float beta = s.first == 0 ? 0 : 1;
      Matrix g = gradient(s, gradY);
      blast.product(true, false, shape.out(), depth, s.rows, g, a, beta, whole(gradW));
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

  private Iterable<Slice> slices(ConvShape shape, DType storage) {
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
    Matrix col = matrix(columns, s.rows * depth(s.shape));
    window("im2col", s, x, col.memory(), s.rows);
    return col;
  }

  private Matrix gradient(Slice s, Memory gradY) {
    if (s.storage == DType.F32) {
      return s.matrix(gradY, s.shape.out());
    }
    Matrix g = matrix(floats, s.rows * s.shape.out());
    convert("slice_to_float", s, gradY, g.memory());
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

  private static Matrix matrix(Scratch scratch, long elements) {
    return whole(scratch.atLeast(elements));
  }

  @Override
  public long scratchBytes() {
    return columns.bytes() + floats.bytes();
  }

  @Override
  public void close() {
    columns.close();
    floats.close();
  }
}
