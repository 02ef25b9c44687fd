package sakd.infer;

import sakd.data.Batch;
import sakd.data.Mixing;
import sakd.data.SampleShape;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** A batch on the device, until the next of its form takes its place ({@link BatchUploader}). */
public final class DeviceBatch implements AutoCloseable {
  private final Ops ops;
  private final SampleShape shape;
  private final Normalisation normalisation;
  private final Tensor pixels;
  private final Tensor placement;
  private final Tensor labels;
  private final Tensor mix;
  private int[] hostLabels;

  /** How pixels become numbers: mean and std, each [C], owned by who makes batches. */
  record Normalisation(Tensor mean, Tensor std) {}

  DeviceBatch(Ops ops, SampleShape s, int n, boolean mixed, Normalisation normalisation) {
    this.ops = ops;
    this.shape = s;
    this.normalisation = normalisation;
    pixels = ops.allocate(DType.U8, n, s.frames(), s.channels(), s.height(), s.width());
    placement = ops.allocate(DType.I32, n, 3);
    labels = ops.allocate(DType.I32, n);
    mix = mixed ? ops.allocate(DType.F32, Mixing.Mix.VALUES) : null;
  }

  void upload(Batch batch) {
    ops.device().upload(batch.images(), pixels.memory());
    Transfers.setInts(ops.device(), placement, batch.placement());
    Transfers.setInts(ops.device(), labels, batch.labels());
    hostLabels = batch.labels();
    if (mix != null) {
      Transfers.setFloats(ops.device(), mix, batch.mix().values());
    }
  }

  /** N, the number of samples. */
  public int size() {
    return pixels.dim(0);
  }

  /** The class of each sample, [N] I32. */
  public Tensor labels() {
    return labels;
  }

  /** {@link #labels} in the host's memory. */
  int[] hostLabels() {
    return hostLabels;
  }

  /** How images and labels are mixed, as {@link Ops#augment} takes it; null if they are not. */
  public Tensor mix() {
    return mix;
  }

  /** The augmented images [T', N, H, W, C], T' = 1 for still images, to be closed by the caller. */
  public Tensor images(DType storage) {
    Tensor out =
        ops.allocate(
            storage, shape.frames(), size(), shape.height(), shape.width(), shape.channels());
    ops.augment(pixels, placement, mix, normalisation.mean, normalisation.std, out);
    return out;
  }

  @Override
  public void close() {
    pixels.close();
    placement.close();
    labels.close();
    if (mix != null) {
      mix.close();
    }
  }
}
