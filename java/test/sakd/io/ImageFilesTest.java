package sakd.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;

class ImageFilesTest {
  @TempDir Path folder;

  @Test
  void picturesOfAFolder() throws IOException {
    for (String name : List.of("b.png", "a.JPEG", "c.TIFF", "notes.txt", "._b.png", "png")) {
      Files.writeString(folder.resolve(name), "");
    }
    assertEquals(
        List.of("a.JPEG", "b.png", "c.TIFF"),
        ImageFiles.in(folder).stream().map(p -> p.getFileName().toString()).toList());
    Path none = folder.resolve("none");
    assertRefused(() -> ImageFiles.in(none), "no such");
  }

  @Test
  void aFolderWithoutPictures() {
    assertRefused(() -> ImageFiles.in(folder), "no picture in");
  }

  private static void assertRefused(Runnable read, String expected) {
    UserError e = assertThrows(UserError.class, read::run);
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }
}
