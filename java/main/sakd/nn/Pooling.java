package sakd.nn;

import java.util.function.BiConsumer;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/** Layers without parameters: pooling and subsampling over space, and mean over time. */
public final class Pooling {
  private Pooling() {}

  /** [T', N, H, W, C] to [T', N, OH, OW, C]. */
  public static Var max(Tape tape, Var x, Ops.Pool pool) {
    Ops ops = tape.ops();
    Tensor in = x.value();
    int[] shape = {in.dim(0), in.dim(1), pool.out(in.dim(2)), pool.out(in.dim(3)), in.channels()};
    Tensor out = ops.allocate(in.type(), shape);
    Tensor winner = ops.allocate(DType.U8, shape);
    ops.maxPool(pool, in, out, winner);
    tape.drop(x);
    return recordOnlyReader(
            tape, x, out, (g, gx) -> ops.maxPoolBackward(pool, g, winner, gx), winner)
        .mostSpikes(x.mostSpikes());
  }

  /** [T', N, H, W, C] to [T', N, C], float32. x is not dropped: it may be a feature. */
  public static Var average(Tape tape, Var x) {
    Ops ops = tape.ops();
    Tensor in = x.value();
    Tensor out = ops.allocate(DType.F32, in.dim(0), in.dim(1), in.channels());
    ops.averagePool(in, out);
    boolean onePixel = in.dim(2) * in.dim(3) == 1;
    return record(tape, x, out, (g, gx, add) -> ops.averagePoolBackward(g, gx, add))
        .mostSpikes(onePixel ? x.mostSpikes() : 0);
  }

  /** [T', N, H, W, C] to the means of windows [T', N, H / size, W / size, C]; x is dropped. */
  public static Var windows(Tape tape, Var x, int size) {
    Ops ops = tape.ops();
    Tensor in = x.value();
    int[] shape = {in.dim(0), in.dim(1), in.dim(2) / size, in.dim(3) / size, in.channels()};
    Tensor out = ops.allocate(in.type(), shape);
    ops.averageWindows(size, in, out);
    tape.drop(x);
    return recordOnlyReader(tape, x, out, (g, gx) -> ops.averageWindowsBackward(size, g, gx));
  }

  /** [T', N, H, W, C] to [T', N, 1, 1, H W C], float32; x is not dropped. */
  public static Var flatten(Tape tape, Var x) {
    Ops ops = tape.ops();
    Tensor in = x.value();
    int features = in.dim(2) * in.dim(3) * in.channels();
    Tensor out = ops.allocate(DType.F32, in.dim(0), in.dim(1), 1, 1, features);
    ops.convert(in, out);
    return recordOnlyReader(tape, x, out, (g, gx) -> ops.convert(g, gx)).mostSpikes(x.mostSpikes());
  }

  /**
   * Every second pixel, between zeros for the new channels: [T', N, H, W, C] to [T', N, ceil(H/2),
   * ceil(W/2), channels]. x is not dropped: it goes round a block.
   */
  public static Var subsample(Tape tape, Var x, int channels) {
    Ops ops = tape.ops();
    Tensor in = x.value();
    int[] shape = {in.dim(0), in.dim(1), (in.dim(2) + 1) / 2, (in.dim(3) + 1) / 2, channels};
    Tensor out = ops.allocate(in.type(), shape);
    ops.subsample(in, out);
    return record(tape, x, out, (g, gx, add) -> ops.subsampleBackward(g, gx, add))
        .mostSpikes(x.mostSpikes());
  }

  /** [T', ..] to [1, ..]; with T' = 1 there is nothing to do. x is not dropped. */
  public static Var timeMean(Tape tape, Var x) {
    Ops ops = tape.ops();
    Tensor in = x.value();
    if (in.dim(0) == 1) {
      return x;
    }
    int[] shape = in.shape();
    shape[0] = 1;
    Tensor out = ops.allocate(in.type(), shape);
    ops.timeMean(in, out);
    return record(tape, x, out, (g, gx, add) -> ops.timeMeanBackward(g, gx, add));
  }

  /** How a gradient goes back: g of the output to gx of the input, assigned or added. */
  private interface Backward {
    void run(Tensor g, Tensor gx, boolean add);
  }

  private static Var record(Tape tape, Var x, Tensor out, Backward backward) {
    return tape.record(
        out, x.needsGradient(), g -> tape.addGradient(x, (gx, add) -> backward.run(g, gx, add)));
  }

  /** The same for an operation that nobody shares x with, whose gradient is always assigned. */
  private static Var recordOnlyReader(
      Tape tape, Var x, Tensor out, BiConsumer<Tensor, Tensor> backward, Tensor... saved) {
    return tape.record(
        out,
        x.needsGradient(),
        g -> {
          Tensor gx = tape.gradientOf(x);
          backward.accept(g, gx);
          tape.pass(x, gx);
        },
        saved);
  }
}
