package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import sakd.data.Augment;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.Parts;
import sakd.data.Targets;
import sakd.ops.Ops;
import sakd.ops.Transfers;
import sakd.testing.EachDevice;
import sakd.testing.TinyTraining;

class DeviceBatchTest {
  /** Parts of one size take each other's place, and say where in the batch they stand. */
  @EachDevice
  void aPartKnowsItsPlaces(Ops ops) {
    Dataset set = TinyTraining.data();
    DataLoader loader =
        new DataLoader(set, 12, true, false, Augment.NONE, 1, 0, new Parts(1, 2, 2));
    int[][] places = {{6, 7, 8}, {9, 10, 11}};
    DeviceBatch first = null;
    try (BatchUploader inputs = new BatchUploader(ops, set);
        Epoch epoch = loader.epoch(0)) {
      for (int part = 0; part < 6; part++) {
        Batch batch = epoch.next();
        DeviceBatch there = inputs.upload(batch);
        first = first == null ? there : first;
        assertSame(first, there, "a recorded step finds it where the last was");
        assertArrayEquals(places[part % 2], Transfers.ints(ops.device(), there.places()));
        assertArrayEquals(
            ((Targets.Classes) batch.targets()).labels(),
            Transfers.ints(ops.device(), there.labels()));
        assertEquals(12, there.whole());
        assertEquals(0.25f, there.weight());
        assertTrue(there.counted());
      }
    }
  }
}
