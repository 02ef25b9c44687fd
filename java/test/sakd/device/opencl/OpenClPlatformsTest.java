package sakd.device.opencl;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.testing.JavaProcess;

class OpenClPlatformsTest {
  /** They are named by their version here, which the class path has to have. */
  @Test
  void joclsPartsAreOnTheClassPath() {
    assertDoesNotThrow(OpenClPlatforms::unpack);
  }

  /** Prints why there are no devices. */
  static final class Asked {
    public static void main(String[] args) {
      System.out.println(OpenClDevice.list().size() + " " + OpenClDevice.whyNone());
    }
  }

  /** JOCL prints by itself, among the results, when it finds no loader. */
  @Test
  void withoutALoaderThereIsAReasonAndNothingElse(@TempDir Path folder)
      throws IOException, InterruptedException {
    for (String name : new String[] {"libOpenCL.so.1", "libOpenCL.so"}) {
      Files.createFile(folder.resolve(name)); // Found before the system's, and no library.
    }
    ProcessBuilder builder =
        new ProcessBuilder(
            JavaProcess.command(Asked.class, "-Djna.platform.library.path=" + folder));
    builder.environment().put("LD_LIBRARY_PATH", folder.toString());
    String text = JavaProcess.output(builder);
    assertTrue(text.startsWith("0 the OpenCL loader libOpenCL.so.1 cannot be used"), text);
    assertTrue(text.strip().endsWith("libOpenCL.so.1: file too short)"), text);
    assertEquals(1, text.lines().count(), text);
  }
}
