package sakd.ops;

import static sakd.ops.Reductions.join;
import static sakd.ops.Reductions.list;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.requireChannels;
import static sakd.ops.Requirements.requireSubsample;
import static sakd.ops.Requirements.requireWindows;

import sakd.device.DType;

/** Pooling over space and the mean over time: sizes and launches. */
interface PoolKernels extends PoolOps, KernelFacet {
  @Override
  default void maxPool(Ops.Pool pool, Tensor x, Tensor y, Tensor winner) {
    int h = x.dim(-3);
    int w = x.dim(-2);
    requirePool(pool, x, y, winner);
    int lanes = launcher().lanes(x.channels(), x.type(), 1);
    int columns = x.channels() / lanes;
    launcher()
        .kernel("maxpool.cu", "max_pool_forward", x.type(), lanes)
        .launchRows(
            y.rows(),
            columns,
            x.memory(),
            y.memory(),
            winner.memory(),
            h,
            w,
            y.dim(-3),
            y.dim(-2),
            pool.size(),
            pool.stride(),
            pool.pad(),
            y.rows(),
            columns);
  }

  private static void requirePool(Ops.Pool pool, Tensor x, Tensor y, Tensor winner) {
    require(
        x.rank() >= 3
            && x.rank() == y.rank()
            && y.dim(-3) == pool.out(x.dim(-3))
            && y.dim(-2) == pool.out(x.dim(-2))
            && y.channels() == x.channels()
            && y.product(0, y.rank() - 3) == x.product(0, x.rank() - 3)
            && y.type() == x.type()
            && winner.type() == DType.U8
            && winner.size() == y.size(),
        x,
        y,
        winner);
  }

  @Override
  default void maxPoolBackward(Ops.Pool pool, Tensor gradY, Tensor winner, Tensor gradX) {
    requirePool(pool, gradX, gradY, winner);
    int lanes = launcher().lanes(gradX.channels(), gradX.type(), 1);
    int columns = gradX.channels() / lanes;
    launcher()
        .kernel("maxpool.cu", "max_pool_backward", gradX.type(), lanes)
        .launchRows(
            gradX.rows(),
            columns,
            gradY.memory(),
            winner.memory(),
            gradX.memory(),
            gradX.dim(-3),
            gradX.dim(-2),
            gradY.dim(-3),
            gradY.dim(-2),
            pool.size(),
            pool.stride(),
            pool.pad(),
            gradX.rows(),
            columns);
  }

  @Override
  default void subsample(Tensor x, Tensor y) {
    launchSubsample("subsample_forward", x, y, x, y);
  }

  @Override
  default void subsampleBackward(Tensor gradY, Tensor gradX, boolean add) {
    launchSubsample("subsample_backward", gradX, gradY, gradY, gradX, add ? 1 : 0);
  }

  /** The large side has all pixels, the small one every second; one is read, the other written. */
  private void launchSubsample(
      String function, Tensor large, Tensor small, Tensor from, Tensor to, Object... more) {
    requireSubsample(large, small);
    Object[] arguments =
        list(
            from.memory(),
            to.memory(),
            large.dim(-3),
            large.dim(-2),
            small.dim(-3),
            small.dim(-2),
            from.channels(),
            (small.channels() - large.channels()) / 2,
            to.rows(),
            to.channels());
    launcher()
        .kernel("subsample.cu", function, to.type(), 1)
        .launchRows(to.rows(), to.channels(), join(arguments, more));
  }

  @Override
  default void averagePool(Tensor x, Tensor out) {
    int area = Math.toIntExact(x.rows() / out.rows());
    require(out.type() == DType.F32 && out.size() * area == x.size(), x, out);
    int lanes = launcher().lanes(x.channels(), x.type(), 1);
    int columns = x.channels() / lanes;
    launcher()
        .kernel("pool.cu", "average_pool_forward", x.type(), lanes)
        .launchRows(out.rows(), columns, x.memory(), out.memory(), area, out.rows(), columns);
  }

  @Override
  default void averagePoolBackward(Tensor gradOut, Tensor gradX, boolean add) {
    int area = Math.toIntExact(gradX.rows() / gradOut.rows());
    require(gradOut.type() == DType.F32 && gradOut.size() * area == gradX.size(), gradOut, gradX);
    int lanes = launcher().lanes(gradX.channels(), gradX.type(), 1);
    int columns = gradX.channels() / lanes;
    launcher()
        .kernel("pool.cu", "average_pool_backward", gradX.type(), lanes)
        .launchRows(
            gradX.rows(),
            columns,
            gradOut.memory(),
            gradX.memory(),
            area,
            add ? 1 : 0,
            gradX.rows(),
            columns);
  }

  @Override
  default void averageWindows(int size, Tensor x, Tensor y) {
    launchWindows("window_average_forward", size, x, y, x, y);
  }

  @Override
  default void averageWindowsBackward(int size, Tensor gradY, Tensor gradX) {
    launchWindows("window_average_backward", size, gradX, gradY, gradY, gradX);
  }

  /** The large side has all pixels, the small one windows; one is read, the other written. */
  private void launchWindows(
      String function, int size, Tensor large, Tensor small, Tensor from, Tensor to) {
    requireWindows(size, large, small);
    int lanes = launcher().lanes(to.channels(), to.type(), 1);
    int columns = to.channels() / lanes;
    launcher()
        .kernel("pool.cu", function, to.type(), lanes)
        .launchRows(
            to.rows(),
            columns,
            from.memory(),
            to.memory(),
            large.dim(-3),
            large.dim(-2),
            small.dim(-3),
            small.dim(-2),
            size,
            to.rows(),
            columns);
  }

  @Override
  default void timeMean(Tensor x, Tensor out) {
    int steps = Math.toIntExact(x.size() / out.size());
    require(x.type() == out.type() && x.size() == steps * out.size(), x, out);
    launcher()
        .flat(
            "pool.cu", "time_mean_forward", x.type(), out.size(), x.memory(), out.memory(), steps);
  }

  @Override
  default void timeMeanBackward(Tensor gradOut, Tensor gradX, boolean add) {
    int steps = Math.toIntExact(gradX.size() / gradOut.size());
    require(gradX.type() == gradOut.type() && gradX.size() == steps * gradOut.size(), gradX);
    launcher()
        .flat(
            "pool.cu",
            "time_mean_backward",
            gradX.type(),
            gradOut.size(),
            gradOut.memory(),
            gradX.memory(),
            steps,
            add ? 1 : 0);
  }

  @Override
  default void copyChannels(Tensor from, int fromFirst, Tensor to, int toFirst, int count) {
    requireChannels(from, fromFirst, to, toFirst, count);
    launcher()
        .kernel("channels.cu", "copy_channels", to.type(), 1)
        .launchRows(
            to.rows(),
            count,
            from.memory(),
            to.memory(),
            from.channels(),
            fromFirst,
            to.channels(),
            toFirst,
            to.rows(),
            count);
  }
}
