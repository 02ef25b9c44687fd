package sakd.train;

import sakd.data.Batch;
import sakd.data.Dataset;
import sakd.data.SampleShape;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Brings batches to the device: pixels are cropped, flipped and normalised there. */
public final class Inputs implements AutoCloseable {
  private final Ops ops;
  private final Dataset dataset;
  private final Tensor mean;
  private final Tensor std;

  public Inputs(Ops ops, Dataset dataset) {
    this.ops = ops;
    this.dataset = dataset;
    mean = floats(ops, dataset.info().mean());
    std = floats(ops, dataset.info().std());
  }

  /**
   * Images [T', N, H, W, C], T' = 1 for still images, and labels [N] I32 of a batch, to be closed
   * by the caller.
   */
  public record Loaded(Tensor images, Tensor labels) implements AutoCloseable {
    @Override
    public void close() {
      images.close();
      labels.close();
    }
  }

  public Loaded load(Batch batch, DType storage) {
    int n = batch.size();
    SampleShape s = dataset.shape();
    Tensor out = ops.allocate(storage, s.frames(), n, s.height(), s.width(), s.channels());
    try (Tensor pixels =
            ops.allocate(DType.U8, n, s.frames(), s.channels(), s.height(), s.width());
        Tensor placement = ints(ops, batch.placement())) {
      ops.device().upload(batch.images(), pixels.memory());
      ops.augment(pixels, placement, mean, std, out);
    }
    return new Loaded(out, ints(ops, batch.labels()));
  }

  /** A float32 vector on the device. */
  public static Tensor floats(Ops ops, float[] values) {
    Tensor t = ops.allocate(DType.F32, values.length);
    Transfers.setFloats(ops.device(), t, values);
    return t;
  }

  private static Tensor ints(Ops ops, int[] values) {
    Tensor t = ops.allocate(DType.I32, values.length);
    Transfers.setInts(ops.device(), t, values);
    return t;
  }

  @Override
  public void close() {
    mean.close();
    std.close();
  }
}
