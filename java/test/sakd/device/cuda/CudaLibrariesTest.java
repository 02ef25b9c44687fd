package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import jcuda.LibUtils;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import sakd.base.UserError;

/** What is said of a machine that cannot use CUDA. */
class CudaLibrariesTest {
  @Test
  void withoutADeviceTheReasonIsOneSentence() {
    Assumptions.assumeTrue(CudaDevice.count() == 0, "there is a GPU");
    assertFalse(CudaDevice.whyNone().isEmpty());
    assertFalse(CudaDevice.whyNone().contains("\n"), CudaDevice.whyNone());
    UserError e = assertThrows(UserError.class, () -> CudaDevice.open(0));
    assertTrue(
        e.getMessage().startsWith("device cuda:0 cannot be used: " + CudaDevice.whyNone()),
        e.getMessage());
  }

  @Test
  void missingLibrariesAreNamedWithTheirFix() {
    String absent = "libsakd-absent.so.12";
    Map<String, String> missing = new LinkedHashMap<>();
    missing.put(absent, NativeLibraries.load(absent));
    missing.put(CudaLibraries.CUDNN, "a");
    assertEquals(
        "there is an NVIDIA GPU, but not libsakd-absent.so.12 and not libcudnn.so.9 (a)",
        CudaLibraries.sentence(missing));
    assertEquals(
        "run Maven with -Pcuda-libs, which brings the CUDA 12.6 libraries (2 GB), or install the"
            + " CUDA 12 toolkit and cuDNN 9",
        CudaLibraries.remedy(missing, false));
    assertTrue(CudaLibraries.remedy(missing, true).endsWith("install cuDNN 9 for CUDA 13"));
    missing.remove(CudaLibraries.CUDNN);
    assertEquals(
        "make cuda13, which forwards to the CUDA 13 toolkit", CudaLibraries.remedy(missing, true));
  }

  /** A part of cuDNN that is there, but does not load for want of something else. */
  @Test
  void whatALibraryLacksIsNamed() {
    String part = "libcudnn_graph.so.9";
    String zlib = "libz.so.1: cannot open shared object file: No such file or directory";
    assertEquals(
        "there is an NVIDIA GPU, but not libcudnn_graph.so.9 (" + zlib + ")",
        CudaLibraries.sentence(Map.of(part, zlib)));
    assertEquals(
        "install zlib (Debian: apt-get install zlib1g)",
        CudaLibraries.remedy(Map.of(part, zlib), true));
    Map<String, String> other = Map.of("libcublasLt.so.12", "cuDNN is that for CUDA 12; a");
    assertTrue(CudaLibraries.remedy(other, true).endsWith("install cuDNN 9 for CUDA 13"));
  }

  @Test
  void jcudasPartThatWasCutShortIsUnpackedAgain() throws IOException {
    String name = "JNvrtc-12.6.0";
    Path file =
        Path.of(
            System.getProperty("java.io.tmpdir"),
            LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName(name)));
    NativeLibraries.unpackGlue(name);
    byte[] whole = Files.readAllBytes(file);
    Path cut = Files.createTempFile(file.getParent(), "cut", ".so");
    Files.write(cut, java.util.Arrays.copyOf(whole, 1000));
    // Moved there, not written: this process may have the file loaded.
    Files.move(cut, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    NativeLibraries.unpackGlue(name);
    assertArrayEquals(whole, Files.readAllBytes(file));
    Path flipped = Files.createTempFile(file.getParent(), "flipped", ".so");
    byte[] bytes = whole.clone();
    bytes[bytes.length / 2] ^= 1;
    Files.write(flipped, bytes);
    Files.move(flipped, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    NativeLibraries.unpackGlue(name);
    assertArrayEquals(whole, Files.readAllBytes(file));
    assertThrows(IOException.class, () -> NativeLibraries.unpackGlue("JNothing-1"));
  }
}
