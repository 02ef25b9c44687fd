package sakd.ops;

import static sakd.ops.Requirements.requireResize;

import sakd.device.DType;

/** Resizing of pictures: sizes and launches. */
final class ResizeKernels {
  private static final String FILE = "resize.cu";

  private final KernelOps ops;

  ResizeKernels(KernelOps ops) {
    this.ops = ops;
  }

  void forward(Resize kind, Tensor x, Tensor y) {
    requireResize(x, y);
    int lanes = ops.lanes(y.channels(), y.type(), 1);
    int columns = y.channels() / lanes;
    ops.kernel(FILE, "resize_forward", y.type(), lanes)
        .launchRows(
            y.rows(),
            columns,
            x.memory(),
            y.memory(),
            nearest(kind),
            (float) x.dim(-3) / y.dim(-3),
            (float) x.dim(-2) / y.dim(-2),
            x.dim(-3),
            x.dim(-2),
            y.dim(-3),
            y.dim(-2),
            Math.toIntExact(y.rows()),
            columns);
  }

  void backward(Resize kind, Tensor gradY, Tensor gradX, boolean add) {
    requireResize(gradX, gradY);
    int height = gradX.dim(-3);
    int width = gradX.dim(-2);
    int outHeight = gradY.dim(-3);
    int outWidth = gradY.dim(-2);
    int channels = gradX.channels();
    int images = Math.toIntExact(gradX.product(0, gradX.rank() - 3));
    long across = (long) outWidth * channels;
    try (Tensor sums = ops.allocate(DType.F32, images, height, outWidth, channels)) {
      int lanes = ops.lanes(across, gradY.type(), 1);
      int columns = Math.toIntExact(across / lanes);
      int rows = Math.multiplyExact(images, height);
      ops.kernel(FILE, "resize_backward_down", gradY.type(), lanes)
          .launchRows(
              rows,
              columns,
              gradY.memory(),
              sums.memory(),
              nearest(kind),
              (float) height / outHeight,
              height,
              outHeight,
              rows,
              columns);
      lanes = ops.lanes(channels, gradX.type(), 1);
      columns = channels / lanes;
      ops.kernel(FILE, "resize_backward_across", gradX.type(), lanes)
          .launchRows(
              gradX.rows(),
              columns,
              sums.memory(),
              gradX.memory(),
              nearest(kind),
              (float) width / outWidth,
              width,
              outWidth,
              add ? 1 : 0,
              Math.toIntExact(gradX.rows()),
              columns);
    }
  }

  private static int nearest(Resize kind) {
    return kind == Resize.NEAREST ? 1 : 0;
  }
}
