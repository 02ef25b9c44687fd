package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sakd.base.UserError;

/**
 * NVIDIA's own NCCL where there is no GPU: that it loads, has the calls we bind, and takes their
 * arguments as we pass them. {@code make check-nccl} runs it, by hand:
 *
 * <pre>mvn test '-P!hostcuda' -Dtest=NcclLibraryTest -Dnccl.library=FOLDER/libnccl.so.2</pre>
 */
class NcclLibraryTest {
  @BeforeEach
  void load() {
    String file = System.getProperty("nccl.library");
    Assumptions.assumeTrue(file != null, "no -Dnccl.library names NVIDIA's NCCL");
    assertEquals("", NativeLibraries.load(file));
    assertEquals("", NcclLibrary.load());
  }

  @Test
  void itHasAVersionAndTheCallsThatWeBind() {
    String version = NcclLibrary.version().orElseThrow();
    System.out.println("NCCL " + version + " of " + NativeLibraries.loaded(NcclLibrary.NAME));
    assertTrue(version.matches("2\\.\\d+\\.\\d+"), version);
    assertEquals("no error", NcclLibrary.ncclGetErrorString(0));
  }

  /** An id needs the network alone. It holds an address and a random number. */
  @Test
  void idsAreNeverTheSame() {
    byte[] first = NcclCommunicator.newId();
    byte[] second = NcclCommunicator.newId();
    assertEquals(NcclLibrary.UniqueId.BYTES, first.length);
    assertFalse(Arrays.equals(first, second));
    assertNotEquals(0, first[0] | first[1] | first[2] | first[3]);
  }

  @Test
  void withoutAGpuARankIsRefusedInOneSentence() {
    NcclLibrary.UniqueId.ByValue id = new NcclLibrary.UniqueId.ByValue();
    id.internal = NcclCommunicator.newId();
    long[] communicator = new long[1];
    int result = NcclLibrary.ncclCommInitRank(communicator, 1, id, 0);
    assertNotEquals(0, result);
    UserError refused = NcclCommunicator.refused("cuda:0", 0, 1, result);
    System.out.println(refused.getMessage());
    assertFalse(refused.getMessage().contains("\n"));
    assertTrue(
        refused
            .getMessage()
            .startsWith("NCCL does not join rank 0 of 1 on cuda:0 to the others: nccl"),
        refused.getMessage());
  }
}
