package sakd.infer;

import java.util.HashMap;
import java.util.Map;
import sakd.data.Batch;
import sakd.data.Dataset;
import sakd.ops.Ops;
import sakd.ops.Transfers;

/**
 * Brings batches to the device, each size to its own memory, so that a recorded step finds the next
 * batch where it found the last; pixels are cropped, flipped and normalised there.
 */
public final class BatchUploader implements AutoCloseable {
  private final Ops ops;
  private final Dataset dataset;
  private final DeviceBatch.Normalisation normalisation;
  private final Map<Integer, DeviceBatch> bySize = new HashMap<>();

  public BatchUploader(Ops ops, Dataset dataset) {
    this.ops = ops;
    this.dataset = dataset;
    normalisation =
        new DeviceBatch.Normalisation(
            Transfers.vector(ops, dataset.info().mean()),
            Transfers.vector(ops, dataset.info().std()));
  }

  /** Uploads a batch; all of them have their samples mixed, or none. */
  public DeviceBatch upload(Batch batch) {
    DeviceBatch there =
        bySize.computeIfAbsent(
            batch.size(),
            n -> new DeviceBatch(ops, dataset.shape(), n, batch.mix() != null, normalisation));
    there.upload(batch);
    return there;
  }

  @Override
  public void close() {
    bySize.values().forEach(DeviceBatch::close);
    normalisation.mean().close();
    normalisation.std().close();
  }
}
