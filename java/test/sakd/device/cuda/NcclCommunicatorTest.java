package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.testing.JavaProcess;

/**
 * Ranks as processes, over the stand-in of native-tests/hostcuda: a GPU is one rank's alone, and a
 * machine has as many GPUs as it has.
 */
class NcclCommunicatorTest {
  @TempDir private Path folder;

  /** How a rank ended, and what it printed. */
  private record Ended(int code, String said) {}

  @BeforeEach
  void needsTheStandIn() {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    try (CudaDevice device = CudaDevice.open(0)) {
      Assumptions.assumeTrue(device.hardware().startsWith("hostcuda"), "this is a GPU");
    }
    NcclLibrary.require();
  }

  private List<Ended> ranks(String scene, int size) throws IOException, InterruptedException {
    String id = HexFormat.of().formatHex(NcclCommunicator.newId());
    List<Process> processes = new ArrayList<>();
    List<Path> printed = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      List<String> command =
          JavaProcess.command(
              NcclRank.class, "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
      command.addAll(List.of(scene, "" + rank, "" + size, id));
      Path out = folder.resolve(scene + rank);
      ProcessBuilder program = new ProcessBuilder(command).redirectErrorStream(true);
      program.environment().put("HOSTCUDA_NCCL_SECONDS", scene.equals("absent") ? "1" : "60");
      processes.add(program.redirectOutput(out.toFile()).start());
      printed.add(out);
    }
    List<Ended> ended = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      Process process = processes.get(rank);
      if (scene.equals("absent") && rank > 0) {
        process.destroyForcibly();
      }
      assertTrue(process.waitFor(120, TimeUnit.SECONDS), "rank " + rank + " hangs");
      ended.add(new Ended(process.exitValue(), Files.readString(printed.get(rank))));
    }
    return ended;
  }

  @ParameterizedTest
  @CsvSource({"contract, 3", "contract, 1", "graph, 2", "beside, 2"})
  void ranksDoTheirWork(String scene, int size) throws Exception {
    List<Ended> ended = ranks(scene, size);
    for (int rank = 0; rank < size; rank++) {
      String said = ended.get(rank).said;
      assertEquals(0, ended.get(rank).code, said);
      assertTrue(said.endsWith("rank " + rank + " of " + size + " is done\n"), said);
    }
  }

  @Test
  void ranksThatSumDifferentCountsAbort() throws Exception {
    for (Ended rank : ranks("count", 2)) {
      assertNotEquals(0, rank.code);
      assertTrue(rank.said.contains("ncclAllReduce of 10 float32"), rank.said);
      assertTrue(rank.said.contains("ncclAllReduce of 11 float32"), rank.said);
    }
  }

  @Test
  void aRankThatDoesNotComeIsNamed() throws Exception {
    String said = ranks("absent", 2).get(0).said;
    assertTrue(
        said.contains("ncclAllReduce of 1 float32, but rank 1 does not come within 1 s"), said);
  }

  /** The host does not wait for ever, and what is closed afterwards does not hang either. */
  @Test
  void aRankThatEndedIsOneSentenceToTheOthers() throws Exception {
    List<Ended> ended = ranks("gone", 2);
    assertEquals(128 + 9, ended.get(1).code, ended.get(1).said);
    String said = ended.get(0).said;
    assertEquals(0, ended.get(0).code, said);
    List<String> lines = said.lines().toList();
    assertTrue(
        lines
            .get(0)
            .matches(
                "error: rank 0 of 2 cannot go on, NCCL lost the others: ncclRemoteError \\(remote"
                    + " process exited or there was a network error: rank 1 \\(process \\d+\\) is"
                    + " gone\\); see what they printed, then continue with --resume"),
        said);
    assertEquals("rank 0 of 2 is done", lines.get(1));
  }
}
