package sakd.infer;

import java.util.Arrays;
import sakd.data.Batch;
import sakd.data.Mixing;
import sakd.data.SampleShape;
import sakd.data.Targets;
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
  private final Tensor shifts;
  private final Tensor labels;
  private final Tensor boxes;
  private final Tensor mix;
  private final Tensor draw;
  private final Tensor places;
  private Batch batch;

  /** How pixels become numbers: mean and std, each [C], owned by who makes batches. */
  record Normalisation(Tensor mean, Tensor std) {}

  DeviceBatch(Ops ops, Batch first, Normalisation normalisation) {
    SampleShape s = first.shape();
    int n = first.size();
    this.ops = ops;
    this.shape = s;
    this.normalisation = normalisation;
    pixels = ops.allocate(DType.U8, n, s.frames(), s.channels(), s.height(), s.width());
    shifts = ops.allocate(DType.I32, n, 3);
    if (first.targets() instanceof Targets.Boxes objects) {
      labels = ops.allocate(DType.I32, n, objects.most());
      boxes = ops.allocate(DType.F32, n, objects.most(), 4);
    } else {
      labels =
          first.targets() instanceof Targets.Masks
              ? ops.allocate(DType.U8, n, s.height(), s.width())
              : ops.allocate(DType.I32, n);
      boxes = null;
    }
    draw = ops.allocate(DType.I32, 2);
    places = ops.allocate(DType.I32, n);
    mix = first.mix() != null ? ops.allocate(DType.F32, Mixing.Mix.VALUES) : null;
  }

  void upload(Batch next) {
    if (batch == null || !Arrays.equals(batch.places(), next.places())) {
      Transfers.setInts(ops.device(), places, next.places());
    }
    batch = next;
    ops.device().upload(batch.images(), pixels.memory());
    Transfers.setInts(ops.device(), shifts, batch.shifts());
    Targets targets = batch.targets();
    if (targets instanceof Targets.Masks masks) {
      Transfers.setBytes(ops.device(), labels, masks.labels());
    } else if (targets instanceof Targets.Boxes objects) {
      int[] classes = new int[(int) labels.size()];
      Transfers.setFloats(ops.device(), boxes, objects.inBatch(classes));
      Transfers.setInts(ops.device(), labels, classes);
    } else {
      Transfers.setInts(ops.device(), labels, ((Targets.Classes) targets).labels());
    }
    Transfers.setInts(ops.device(), draw, (int) batch.draw(), (int) (batch.draw() >>> 32));
    if (mix != null) {
      Transfers.setFloats(ops.device(), mix, batch.mix().values());
    }
  }

  /** N, the number of samples here. */
  public int size() {
    return pixels.dim(0);
  }

  /**
   * The class of each sample, [N] I32, of each pixel, [N, H, W] U8, or of each object, [N, M] I32,
   * 0 where there is none.
   */
  public Tensor labels() {
    return labels;
  }

  /** Where the objects lie, [N, M, 4], as {@link Targets.Boxes#inBatch}; null if there are none. */
  public Tensor boxes() {
    return boxes;
  }

  /** What {@link #labels} are, in the host's memory. */
  public Targets targets() {
    return batch.targets();
  }

  /** Where the samples stand in the whole batch, I32 [N], for {@link Ops#dropout}. */
  public Tensor places() {
    return places;
  }

  /** What sorts a sample after those of earlier batches and of earlier places in its own. */
  long orderOf(int sample) {
    return ((long) batch.number() << Integer.SIZE) + batch.places()[sample];
  }

  /** Samples of the whole batch, of which these may be a part. */
  public int whole() {
    return batch.whole();
  }

  /** What the mean over these samples weighs in the mean over the whole batch, in (0, 1]. */
  public float weight() {
    return batch.weight();
  }

  /** Whether these samples count in sums over the whole batch. */
  public boolean counted() {
    return batch.counted();
  }

  /** Random numbers that are others for every batch, I32 [2], for {@link Ops#dropout}. */
  public Tensor draw() {
    return draw;
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
    ops.augment(pixels, shifts, mix, normalisation.mean, normalisation.std, out);
    return out;
  }

  @Override
  public void close() {
    pixels.close();
    shifts.close();
    labels.close();
    if (boxes != null) {
      boxes.close();
    }
    draw.close();
    places.close();
    if (mix != null) {
      mix.close();
    }
  }
}
