package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sakd.device.Communicator;
import sakd.device.DType;
import sakd.device.Memory;
import sakd.device.Pending;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.testing.TinyTraining;
import sakd.train.TrainSettings;
import sakd.train.Trainer;

/** A training of one rank whose recorded steps ask NCCL for their sums. */
class NcclTrainingTest {
  @TempDir private Path folder;

  /** Counts the sums that are asked for. */
  private static final class Counting implements Communicator {
    private final Communicator inner;
    private int sums;

    Counting(Communicator inner) {
      this.inner = inner;
    }

    @Override
    public int rank() {
      return inner.rank();
    }

    @Override
    public int size() {
      return inner.size();
    }

    @Override
    public void sum(DType type, Memory memory) {
      inner.sum(type, memory);
    }

    @Override
    public Pending sumBeside(DType type, Memory memory) {
      sums++;
      return inner.sumBeside(type, memory);
    }

    @Override
    public void gather(Memory part, Memory all) {
      inner.gather(part, all);
    }

    @Override
    public void broadcast(Memory memory) {
      inner.broadcast(memory);
    }

    @Override
    public void barrier() {
      inner.barrier();
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  private byte[] train(Ops ops, String name, DType storage) throws IOException {
    try (TinyTraining training = new TinyTraining(ops, 1)) {
      training.run(
          folder.resolve(name),
          TinyTraining.settings(2, TrainSettings.Algorithm.ADAMW, storage),
          false,
          s -> {});
    }
    return Files.readAllBytes(folder.resolve(name).resolve(Trainer.LAST));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void oneRankLeavesTheVeryBytesOfAProcessAlone(DType storage) throws IOException {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    Assumptions.assumeTrue(NcclLibrary.load().isEmpty(), NcclLibrary::load);
    byte[] alone;
    try (Ops ops = new KernelOps(CudaDevice.open(0))) {
      alone = train(ops, "alone", storage);
    }
    CudaDevice device = CudaDevice.open(0);
    Counting rank = new Counting(NcclCommunicator.ofOne(device));
    try (Ops ops = new KernelOps(device, rank)) {
      assertArrayEquals(alone, train(ops, "rank", storage));
      // Of ten full batches, those from the fourth on launch what it recorded; two more are short.
      int buckets = 2;
      assertEquals(buckets * (3 + 1 + 2), rank.sums);
    }
  }

  @Test
  void aCommunicatorIsClosedOnce() {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    Assumptions.assumeTrue(NcclLibrary.load().isEmpty(), NcclLibrary::load);
    try (CudaDevice device = CudaDevice.open(0);
        Memory memory = device.allocate(4)) {
      NcclCommunicator rank = NcclCommunicator.ofOne(device);
      rank.broadcast(memory);
      rank.close();
      rank.close();
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> rank.broadcast(memory));
      assertEquals("the communicator of cuda:0 is closed", e.getMessage());
    }
  }
}
