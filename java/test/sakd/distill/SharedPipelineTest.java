package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.device.DType;
import sakd.testing.ThreadRanks;
import sakd.testing.TinyNetwork;
import sakd.testing.TinyPlan;
import sakd.train.Listener;
import sakd.train.Scale;

/** The whole of SAKD on several ranks: teacher, transfer, direct student and distillation. */
class SharedPipelineTest {
  @TempDir private Path folder;

  private static Plan plan() {
    Scale scale = new Scale(2, DType.F32, 1);
    return TinyPlan.of(TinyNetwork.SPEC, TinyPlan.settings(2, 7, 0.05, 1, scale, 0), 1);
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
                        TinyPlan.noise(17),
                        TinyPlan.noise(9),
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
