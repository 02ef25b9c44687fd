package sakd.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativePartsTest {
  /** Any file on the class path serves. */
  private static final String RESOURCE = "/kernels/portable.h";

  @TempDir Path folder;

  @Test
  void whatIsThereIsTrustedOnlyIfItIsTheSame() throws IOException {
    Path target = folder.resolve("inner").resolve("part.so");
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    String file = temporary.toAbsolutePath().relativize(target.toAbsolutePath()).toString();
    NativeParts.unpack(RESOURCE, file);
    byte[] whole = Files.readAllBytes(target);
    assertEquals(
        "rw-r--r--",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(target)),
        "for other users too");
    byte[] flipped = whole.clone();
    flipped[whole.length / 2] ^= 1;
    for (byte[] damaged :
        new byte[][] {{}, Arrays.copyOf(whole, 100), flipped, new byte[whole.length]}) {
      Files.write(target, damaged);
      NativeParts.unpack(RESOURCE, file);
      assertArrayEquals(whole, Files.readAllBytes(target));
    }
    assertThrows(IOException.class, () -> NativeParts.unpack("/none", file));
  }
}
