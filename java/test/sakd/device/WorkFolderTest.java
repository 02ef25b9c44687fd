package sakd.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {
  @TempDir Path parent;

  @Test
  void whatCannotBeDoneInOnePlaceIsDoneInTheNext() throws IOException {
    Path missing = parent.resolve("missing");
    Path full = Files.createDirectory(parent.resolve("full"));
    Path good = Files.createDirectory(parent.resolve("good"));
    List<Path> used = new ArrayList<>();
    String answer =
        WorkFolder.with(
            List.of(missing, full, good),
            folder -> {
              used.add(folder.getParent());
              Files.writeString(folder.resolve("file"), "x");
              Files.createDirectory(folder.resolve("inner"));
              if (folder.startsWith(full)) {
                throw new FileSystemException("file", null, "No space left on device");
              }
              return "done";
            });
    assertEquals("done", answer);
    assertEquals(List.of(full, good), used);
    for (Path place : used) {
      try (Stream<Path> left = Files.list(place)) {
        assertEquals(0, left.count());
      }
    }
  }

  @Test
  void eachPlaceIsNamedWithItsReason() {
    Path missing = parent.resolve("missing");
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                WorkFolder.with(
                    List.of(missing, parent),
                    folder -> {
                      throw new IOException("no room");
                    }));
    assertEquals(missing + ": no such file or folder; " + parent + ": no room", e.getMessage());
    assertTrue(Files.isDirectory(parent));
  }
}
