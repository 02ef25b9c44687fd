package sakd.ops;

import static sakd.ops.Requirements.requireResize;

import sakd.device.DType;

/** Resizing of pictures: sizes and launches. */
interface ResizeKernels extends PoolOps, KernelFacet {
  String FILE = "resize.cu";

  @Override
  default void resize(Resize kind, Tensor x, Tensor y) {
    requireResize(x, y);
    int lanes = launcher().lanes(y.channels(), y.type(), 1);
    int columns = y.channels() / lanes;
    launcher()
        .kernel(FILE, "resize_forward", y.type(), lanes)
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

  @Override
  default void resizeBackward(Resize kind, Tensor gradY, Tensor gradX, boolean add) {
    requireResize(gradX, gradY);
    int height = gradX.dim(-3);
    int width = gradX.dim(-2);
    int outHeight = gradY.dim(-3);
    int outWidth = gradY.dim(-2);
    int channels = gradX.channels();
    int images = Math.toIntExact(gradX.product(0, gradX.rank() - 3));
    int line = Math.multiplyExact(outWidth, channels);
    int lines = Math.multiplyExact(images, height);
    int pixels = Math.toIntExact(gradX.rows());
    try (Tensor sums = allocate(DType.F32, images, height, outWidth, channels)) {
      forEachPart(
          line,
          gradY.type(),
          (lanes, first, columns) ->
              launcher()
                  .kernel(FILE, "resize_backward_down", gradY.type(), lanes)
                  .launchRows(
                      lines,
                      columns,
                      gradY.memory(),
                      sums.memory(),
                      nearest(kind),
                      (float) height / outHeight,
                      height,
                      outHeight,
                      line,
                      first,
                      lines,
                      columns));
      forEachPart(
          channels,
          gradX.type(),
          (lanes, first, columns) ->
              launcher()
                  .kernel(FILE, "resize_backward_across", gradX.type(), lanes)
                  .launchRows(
                      pixels,
                      columns,
                      sums.memory(),
                      gradX.memory(),
                      nearest(kind),
                      (float) width / outWidth,
                      width,
                      outWidth,
                      add ? 1 : 0,
                      channels,
                      first,
                      pixels,
                      columns));
    }
  }

  /**
   * Works on {@code columns} of {@code lanes} numbers each, from number {@code first} of a line.
   */
  interface Part {
    void launch(int lanes, int first, int columns);
  }

  /**
   * A line of numbers in vectors: those that divide it, or, where they would be short and need not
   * be aligned, long ones and short ones for the rest.
   */
  private void forEachPart(int line, DType type, Part part) {
    int lanes = launcher().lanes(line, type, 1);
    int most = device().preferredLanes(type, 1);
    if (2 * lanes >= most || line < most || device().hasWarps()) {
      part.launch(lanes, 0, line / lanes);
      return;
    }
    part.launch(most, 0, line / most);
    int rest = line % most;
    lanes = launcher().lanes(rest, type, 1);
    part.launch(lanes, line - rest, rest / lanes);
  }

  private static int nearest(Resize kind) {
    return kind == Resize.NEAREST ? 1 : 0;
  }
}
