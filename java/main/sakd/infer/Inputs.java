package sakd.infer;

import java.util.HashMap;
import java.util.Map;
import sakd.data.Batch;
import sakd.data.Dataset;
import sakd.data.Mixing;
import sakd.data.SampleShape;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Brings batches to the device, each size to its own memory, so that a recorded step finds the next
 * batch where it found the last; pixels are cropped, flipped and normalised there.
 */
public final class Inputs implements AutoCloseable {
  private final Ops ops;
  private final Dataset dataset;
  private final Tensor mean;
  private final Tensor std;
  private final Map<Integer, Loaded> bySize = new HashMap<>();

  public Inputs(Ops ops, Dataset dataset) {
    this.ops = ops;
    this.dataset = dataset;
    mean = floats(ops, dataset.info().mean());
    std = floats(ops, dataset.info().std());
  }

  /** A batch on the device, until the next of its size is loaded. */
  public final class Loaded {
    private final Tensor pixels;
    private final Tensor placement;
    private final Tensor labels;
    private final Tensor mix;

    private Loaded(int n, boolean mixed) {
      SampleShape s = dataset.shape();
      pixels = ops.allocate(DType.U8, n, s.frames(), s.channels(), s.height(), s.width());
      placement = ops.allocate(DType.I32, n, 3);
      labels = ops.allocate(DType.I32, n);
      mix = mixed ? ops.allocate(DType.F32, Mixing.Mix.VALUES) : null;
    }

    /** [N] I32. */
    public Tensor labels() {
      return labels;
    }

    /** How images and labels are mixed, as {@link Ops#augment} takes it; null if they are not. */
    public Tensor mix() {
      return mix;
    }

    /**
     * The augmented images [T', N, H, W, C], T' = 1 for still images, to be closed by the caller.
     */
    public Tensor images(DType storage) {
      SampleShape s = dataset.shape();
      Tensor out =
          ops.allocate(storage, s.frames(), pixels.dim(0), s.height(), s.width(), s.channels());
      ops.augment(pixels, placement, mix, mean, std, out);
      return out;
    }

    private void close() {
      pixels.close();
      placement.close();
      labels.close();
      if (mix != null) {
        mix.close();
      }
    }
  }

  /** Uploads a batch; all of them have their samples mixed, or none. */
  public Loaded load(Batch batch) {
    Loaded loaded = bySize.computeIfAbsent(batch.size(), n -> new Loaded(n, batch.mix() != null));
    ops.device().upload(batch.images(), loaded.pixels.memory());
    Transfers.setInts(ops.device(), loaded.placement, batch.placement());
    Transfers.setInts(ops.device(), loaded.labels, batch.labels());
    if (loaded.mix != null) {
      Transfers.setFloats(ops.device(), loaded.mix, batch.mix().values());
    }
    return loaded;
  }

  /** A float32 vector on the device. */
  public static Tensor floats(Ops ops, float[] values) {
    Tensor t = ops.allocate(DType.F32, values.length);
    Transfers.setFloats(ops.device(), t, values);
    return t;
  }

  @Override
  public void close() {
    bySize.values().forEach(Loaded::close);
    mean.close();
    std.close();
  }
}
