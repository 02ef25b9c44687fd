package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.UserError;
import sakd.testing.JavaProcess;
import sakd.train.Trainer;

/**
 * Ranks as processes on one device: over the stand-in of native-tests/hostcuda, and on a GPU as far
 * as NCCL allows; 2.30 and later take two ranks on one GPU if they are told to.
 */
class NcclCommunicatorTest {
  @TempDir private Path folder;

  /** How a rank ended, and what it printed. */
  private record Ended(int code, String said) {}

  private boolean isGpu;

  @BeforeEach
  void needsNccl() {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    try (CudaDevice device = CudaDevice.open(0)) {
      isGpu = !device.hardware().startsWith("hostcuda");
    }
    Assumptions.assumeTrue(!isGpu || NcclLibrary.load().isEmpty(), NcclLibrary::load);
    NcclLibrary.require();
  }

  /** Whether NCCL is asked to put ranks where it had better not. */
  private boolean sharesAGpu(int ranks) {
    return isGpu && ranks > 1;
  }

  private static boolean allowsSharing() {
    String[] version = NcclLibrary.version().orElseThrow().split("\\.");
    return Integer.parseInt(version[1]) >= 30;
  }

  private List<Ended> ranks(String scene, int size) throws IOException, InterruptedException {
    String id = HexFormat.of().formatHex(NcclCommunicator.newId());
    List<Process> processes = new ArrayList<>();
    List<Path> printed = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      List<String> command =
          JavaProcess.command(
              NcclRank.class, "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
      command.addAll(
          List.of(scene, "" + rank, "" + size, id, folder.resolve("run" + rank).toString()));
      Path out = folder.resolve(scene + rank);
      ProcessBuilder program = new ProcessBuilder(command).redirectErrorStream(true);
      program.environment().put("HOSTCUDA_NCCL_SECONDS", scene.equals("absent") ? "1" : "60");
      if (sharesAGpu(size)) {
        program
            .environment()
            .putAll(Map.of("NCCL_MULTI_RANK_GPU_ENABLE", "1", "NCCL_NVLS_ENABLE", "0"));
      }
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
  @CsvSource({"contract, 3", "contract, 1", "graph, 2", "graph, 1", "beside, 2"})
  void ranksDoTheirWork(String scene, int size) throws Exception {
    // With three, NVIDIA's sums are in another order.
    Assumptions.assumeTrue(!sharesAGpu(size) || (size == 2 && allowsSharing()), "one GPU");
    List<Ended> ended = ranks(scene, size);
    for (int rank = 0; rank < size; rank++) {
      String said = ended.get(rank).said;
      assertEquals(0, ended.get(rank).code, said);
      assertTrue(said.endsWith("rank " + rank + " of " + size + " is done\n"), said);
    }
  }

  /** Gradients are summed in recorded steps, beside the backward pass. */
  @Test
  void ranksThatTrainTogetherEndWithTheSameWeights() throws Exception {
    Assumptions.assumeTrue(!sharesAGpu(2) || allowsSharing(), "one GPU");
    List<Ended> ended = ranks("training", 2);
    for (Ended rank : ended) {
      assertEquals(0, rank.code, rank.said);
    }
    String weights = ended.get(0).said.lines().findFirst().orElseThrow();
    assertTrue(weights.matches("weights -?\\d+ of \\d{4,}"), weights);
    assertTrue(ended.get(1).said.startsWith(weights + "\n"), ended.get(1).said);
    assertTrue(Files.exists(folder.resolve("run0").resolve(Trainer.LAST)));
    assertFalse(Files.exists(folder.resolve("run1")), "rank 0 alone writes");
  }

  @Test
  void ranksThatSumDifferentCountsAbort() throws Exception {
    Assumptions.assumeFalse(isGpu, "a GPU would wait for ever");
    for (Ended rank : ranks("count", 2)) {
      assertNotEquals(0, rank.code);
      assertTrue(rank.said.contains("ncclAllReduce of 10 float32"), rank.said);
      assertTrue(rank.said.contains("ncclAllReduce of 11 float32"), rank.said);
    }
  }

  @Test
  void aRankThatDoesNotComeIsNamed() throws Exception {
    Assumptions.assumeFalse(isGpu, "a GPU would wait for ever");
    String said = ranks("absent", 2).get(0).said;
    assertTrue(
        said.contains("ncclAllReduce of 1 float32, but rank 1 does not come within 1 s"), said);
  }

  /** The host does not wait for ever, and what is closed afterwards does not hang either. */
  @Test
  void aRankThatEndedIsOneSentenceToTheOthers() throws Exception {
    Assumptions.assumeFalse(isGpu, "a GPU would wait for ever");
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

  /** Says what the device is, and opens a communicator of one rank. */
  static final class Describe {
    public static void main(String[] args) {
      try (CudaDevice device = CudaDevice.open(0)) {
        System.out.println(device.description());
        try (NcclCommunicator one = NcclCommunicator.ofOne(device)) {
          System.out.println("a rank of " + one.size());
        } catch (UserError e) {
          System.out.println("error: " + e.getMessage());
        }
      }
    }
  }

  /** pip unpacks each of NVIDIA's packages to a folder of its own. */
  @Test
  void theLibraryIsFoundBesideTheOthersOrItsLackIsOneSentence() throws Exception {
    Assumptions.assumeFalse(isGpu, "its libraries lie where they lie");
    Path others = Files.createDirectories(folder.resolve("nvidia/cublas/lib"));
    Path own = Files.createDirectories(folder.resolve("nvidia/nccl/lib"));
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of(System.getenv("LD_LIBRARY_PATH")), "lib*")) {
      for (Path file : files) {
        Files.copy(file, others.resolve(file.getFileName()));
      }
    }
    Files.move(others.resolve(NcclLibrary.NAME), own.resolve(NcclLibrary.NAME));
    ProcessBuilder program = new ProcessBuilder(JavaProcess.command(Describe.class, "-Xmx256m"));
    program.environment().put("LD_LIBRARY_PATH", others.toString());
    String found = JavaProcess.output(program);
    assertTrue(found.contains("/nvidia/cublas/lib), NCCL 2.30.7; kernels by"), found);
    assertTrue(found.endsWith("\na rank of 1\n"), found);

    Files.delete(own.resolve(NcclLibrary.NAME));
    String missing = JavaProcess.output(program);
    assertTrue(missing.contains("/nvidia/cublas/lib); kernels by"), missing);
    assertTrue(
        missing.contains(
            "\nerror: several GPUs train together through NVIDIA's NCCL, but libnccl.so.2 cannot be"
                + " loaded (libnccl.so.2: cannot open shared object file: No such file or"
                + " directory); install it (from NVIDIA's CUDA repository: apt-get install"
                + " libnccl2; or pip install nvidia-nccl-cu12,"),
        missing);
  }
}
