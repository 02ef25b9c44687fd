package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.requireChannels;
import static sakd.ops.Requirements.requireSubsample;
import static sakd.ops.Requirements.requireWindows;
import static sakd.ops.Requirements.storage;

import java.util.stream.IntStream;
import sakd.device.DType;
import sakd.device.cpu.Elements;

/** Pooling over space and the mean over time of {@link ReferenceOps}. */
interface ReferencePooling extends PoolOps {
  private static int requirePool(ReferencePool p, Tensor x, Tensor y, Tensor winner) {
    int images = Math.toIntExact(x.size() / p.size());
    require(
        storage(x, y)
            && y.dim(-3) == p.outHeight()
            && y.dim(-2) == p.outWidth()
            && y.size() == (long) images * p.outSize()
            && winner.type() == DType.U8
            && winner.size() == y.size(),
        p.pool(),
        x,
        y,
        winner);
    return images;
  }

  @Override
  default void maxPool(Ops.Pool pool, Tensor x, Tensor y, Tensor winner) {
    ReferencePool p = new ReferencePool(pool, x.dim(-3), x.dim(-2), x.channels());
    int images = requirePool(p, x, y, winner);
    IntStream.range(0, images)
        .parallel()
        .forEach(
            n -> {
              double[] best = new double[p.outSize()];
              byte[] places = new byte[p.outSize()];
              p.forward(read(x, (long) n * p.size(), p.size()), best, places);
              write(y, (long) n * p.outSize(), best);
              Elements.writeBytes(winner.memory(), (long) n * p.outSize(), places);
            });
  }

  @Override
  default void maxPoolBackward(Ops.Pool pool, Tensor gradY, Tensor winner, Tensor gradX) {
    ReferencePool p = new ReferencePool(pool, gradX.dim(-3), gradX.dim(-2), gradX.channels());
    int images = requirePool(p, gradX, gradY, winner);
    IntStream.range(0, images)
        .parallel()
        .forEach(
            n -> {
              long from = (long) n * p.outSize();
              double[] g = read(gradY, from, p.outSize());
              byte[] places = Elements.readBytes(winner.memory(), from, p.outSize());
              write(gradX, (long) n * p.size(), p.backward(g, places));
            });
  }

  @Override
  default void subsample(Tensor x, Tensor y) {
    requireSubsample(x, y);
    double[] from = read(x);
    double[] to = new double[Math.toIntExact(y.size())];
    for (int i = 0; i < to.length; i++) {
      int at = sourceOf(i, x, y);
      to[i] = at < 0 ? 0 : from[at];
    }
    write(y, 0, to);
  }

  @Override
  default void subsampleBackward(Tensor gradY, Tensor gradX, boolean add) {
    requireSubsample(gradX, gradY);
    double[] from = read(gradY);
    double[] to = add ? read(gradX) : new double[Math.toIntExact(gradX.size())];
    for (int i = 0; i < from.length; i++) {
      int at = sourceOf(i, gradX, gradY);
      if (at >= 0) {
        to[at] += from[i];
      }
    }
    write(gradX, 0, to);
  }

  /** Where element {@code i} of y comes from in x, or -1 if it is one of the zeros. */
  private static int sourceOf(int i, Tensor x, Tensor y) {
    int c = i % y.channels() - (y.channels() - x.channels()) / 2;
    int pixel = i / y.channels();
    int ow = pixel % y.dim(-2);
    int oh = pixel / y.dim(-2) % y.dim(-3);
    int image = pixel / y.dim(-2) / y.dim(-3);
    boolean zero = c < 0 || c >= x.channels();
    return zero ? -1 : ((image * x.dim(-3) + 2 * oh) * x.dim(-2) + 2 * ow) * x.channels() + c;
  }

  private static int areaOf(Tensor x, Tensor pooled) {
    int area = Math.toIntExact(x.rows() / pooled.rows());
    require(
        storage(x)
            && floats(pooled, pooled.size())
            && x.channels() == pooled.channels()
            && pooled.size() * area == x.size(),
        x,
        pooled);
    return area;
  }

  @Override
  default void averagePool(Tensor x, Tensor out) {
    int area = areaOf(x, out);
    int channels = x.channels();
    RowBlocks.forEach(
        out.rows(),
        (long) channels * area,
        (first, count) -> {
          double[] values = read(x, first * area * channels, count * area * channels);
          double[] mean = new double[count * channels];
          for (int i = 0; i < values.length; i++) {
            mean[i / channels / area * channels + i % channels] += values[i] / area;
          }
          write(out, first * channels, mean);
        });
  }

  @Override
  default void averagePoolBackward(Tensor gradOut, Tensor gradX, boolean add) {
    int area = areaOf(gradX, gradOut);
    int channels = gradX.channels();
    RowBlocks.forEach(
        gradOut.rows(),
        (long) channels * area,
        (first, count) -> {
          double[] g = read(gradOut, first * channels, count * channels);
          long at = first * area * channels;
          int n = count * area * channels;
          double[] spread = add ? read(gradX, at, n) : new double[n];
          for (int i = 0; i < n; i++) {
            spread[i] += g[i / channels / area * channels + i % channels] / area;
          }
          write(gradX, at, spread);
        });
  }

  @Override
  default void averageWindows(int size, Tensor x, Tensor y) {
    requireWindows(size, x, y);
    double[] from = read(x);
    double[] to = new double[Math.toIntExact(y.size())];
    for (int i = 0; i < from.length; i++) {
      int at = windowOf(i, size, x, y);
      if (at >= 0) {
        to[at] += from[i] / (size * size);
      }
    }
    write(y, 0, to);
  }

  @Override
  default void averageWindowsBackward(int size, Tensor gradY, Tensor gradX) {
    requireWindows(size, gradX, gradY);
    double[] from = read(gradY);
    double[] to = new double[Math.toIntExact(gradX.size())];
    for (int i = 0; i < to.length; i++) {
      int at = windowOf(i, size, gradX, gradY);
      to[i] = at < 0 ? 0 : from[at] / (size * size);
    }
    write(gradX, 0, to);
  }

  /** The element of y whose window has element {@code i} of x, or -1 if none has. */
  private static int windowOf(int i, int size, Tensor x, Tensor y) {
    int pixel = i / x.channels();
    int ow = pixel % x.dim(-2) / size;
    int oh = pixel / x.dim(-2) % x.dim(-3) / size;
    int image = pixel / x.dim(-2) / x.dim(-3);
    return oh >= y.dim(-3) || ow >= y.dim(-2)
        ? -1
        : ((image * y.dim(-3) + oh) * y.dim(-2) + ow) * x.channels() + i % x.channels();
  }

  private static int stepsOf(Tensor x, Tensor mean) {
    int steps = x.dim(0);
    require(storage(x, mean) && x.size() == steps * mean.size(), x, mean);
    return steps;
  }

  @Override
  default void timeMean(Tensor x, Tensor out) {
    int steps = stepsOf(x, out);
    RowBlocks.forEach(
        out.size(),
        steps,
        (first, count) -> {
          double[] mean = new double[count];
          for (int t = 0; t < steps; t++) {
            double[] values = read(x, t * out.size() + first, count);
            for (int i = 0; i < count; i++) {
              mean[i] += values[i] / steps;
            }
          }
          write(out, first, mean);
        });
  }

  @Override
  default void timeMeanBackward(Tensor gradOut, Tensor gradX, boolean add) {
    int steps = stepsOf(gradX, gradOut);
    RowBlocks.forEach(
        gradOut.size(),
        steps,
        (first, count) -> {
          double[] g = read(gradOut, first, count);
          for (int t = 0; t < steps; t++) {
            long at = t * gradOut.size() + first;
            double[] spread = add ? read(gradX, at, count) : new double[count];
            for (int i = 0; i < count; i++) {
              spread[i] += g[i] / steps;
            }
            write(gradX, at, spread);
          }
        });
  }

  @Override
  default void copyChannels(Tensor from, int fromFirst, Tensor to, int toFirst, int count) {
    requireChannels(from, fromFirst, to, toFirst, count);
    for (long row = 0; row < to.rows(); row++) {
      double[] some = read(from, row * from.channels() + fromFirst, count);
      write(to, row * to.channels() + toFirst, some);
    }
  }
}
