package sakd.infer;

import java.util.HashMap;
import java.util.Map;
import sakd.data.Batch;
import sakd.data.Dataset;
import sakd.data.SampleShape;
import sakd.ops.Ops;
import sakd.ops.Transfers;

/**
 * Brings batches to the device, each form to its own memory, so that a recorded step finds the next
 * batch where it found the last; pixels are cropped, flipped and normalised there.
 */
public final class BatchUploader implements AutoCloseable {
  private final Ops ops;
  private final DeviceBatch.Normalisation normalisation;
  private final Map<Form, DeviceBatch> byForm = new HashMap<>();

  private record Form(int size, SampleShape shape) {}

  public BatchUploader(Ops ops, Dataset dataset) {
    this.ops = ops;
    normalisation =
        new DeviceBatch.Normalisation(
            Transfers.vector(ops, dataset.info().mean()),
            Transfers.vector(ops, dataset.info().std()));
  }

  /** Uploads a batch; all of them have their samples mixed, or none. */
  public DeviceBatch upload(Batch batch) {
    DeviceBatch there =
        byForm.computeIfAbsent(
            new Form(batch.size(), batch.shape()),
            form -> new DeviceBatch(ops, batch, normalisation));
    there.upload(batch);
    return there;
  }

  @Override
  public void close() {
    byForm.values().forEach(DeviceBatch::close);
    normalisation.mean().close();
    normalisation.std().close();
  }
}
