package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Mixing;
import sakd.data.set.MemoryDataset;
import sakd.device.DType;
import sakd.ops.Encoding;
import sakd.ops.Neuron;
import sakd.testing.ThreadRanks;
import sakd.testing.TinyNetwork;
import sakd.train.Listener;
import sakd.train.LrSchedule;
import sakd.train.Scale;
import sakd.train.TrainSettings;
import sakd.train.WeightDecay;

/** The whole of SAKD on several ranks: teacher, transfer, direct student and distillation. */
class SharedPipelineTest {
  @TempDir private Path folder;

  private static Dataset images(int count) {
    byte[] pixels = new byte[count * 64];
    new Random(count).nextBytes(pixels);
    DatasetInfo info =
        new DatasetInfo("noise", List.of("a", "b"), new float[] {0.5f}, new float[] {0.3f}, false);
    int[] labels = IntStream.range(0, count).map(i -> i % 2).toArray();
    return new MemoryDataset(info, 8, 8, pixels, labels);
  }

  private static Plan plan() {
    TrainSettings settings =
        new TrainSettings(
            2,
            7,
            TrainSettings.Algorithm.SGD,
            0.05,
            0.9f,
            new WeightDecay(5e-4f, false),
            LrSchedule.Cosine.TO_ZERO,
            0,
            0,
            0,
            true,
            Mixing.NONE,
            true,
            3,
            0,
            1,
            DType.F32,
            1,
            new Scale(2, DType.F32, 1),
            0);
    return new Plan(
        TinyNetwork.SPEC,
        TinyNetwork.SPEC,
        Neuron.LIF,
        1,
        Method.SAKD,
        true,
        null,
        null,
        false,
        false,
        WeightSchedule.constant(new DistillationWeights(1, 1, 10, 4, 0)),
        DistillationForm.PUBLISHED,
        1,
        settings,
        1,
        0.05,
        Encoding.DIRECT);
  }

  /** Patience ends students on all ranks alike; rank 0 alone writes and says. */
  @Test
  void allRanksHaveTheSameTable() {
    List<List<String>> said = List.of(new ArrayList<>(), new ArrayList<>());
    List<List<Pipeline.Row>> tables =
        ThreadRanks.onReference(
            2,
            ops ->
                new Pipeline(
                        ops,
                        plan(),
                        images(17),
                        images(9),
                        folder.resolve("rank" + ops.rank()),
                        new Listener() {},
                        said.get(ops.rank())::add)
                    .run(false));
    List<Pipeline.Row> first = tables.get(0);
    assertEquals(
        List.of("teacher (ANN)", "transferred only", "direct", "SAKD"),
        first.stream().map(Pipeline.Row::name).toList());
    for (int i = 0; i < first.size(); i++) {
      Pipeline.Row other = tables.get(1).get(i);
      assertEquals(first.get(i).evaluation().scores(), other.evaluation().scores());
      assertEquals(first.get(i).epochs(), other.epochs());
      assertEquals(first.get(i).toString(), other.toString());
    }
    String shared =
        ", each batch of 7 shared by 2 processes in 2 micro-batches (1 or 2 images each)";
    assertEquals(
        List.of(
            "training teacher: 1 epoch of 17 images" + shared,
            "training direct: 2 epochs of 17 images" + shared,
            "training sakd: 2 epochs of 17 images" + shared),
        said.get(0));
    assertEquals(List.of(), said.get(1));
    assertTrue(Files.exists(folder.resolve("rank0/direct/best.safetensors")));
    assertFalse(Files.exists(folder.resolve("rank1")));
  }
}
