package sakd.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void createsParentsAndReplaces() throws IOException {
    Path file = folder.resolve("a/b/notes.txt");
    AtomicFile.writeText(file, "a first and longer text");
    AtomicFile.writeText(file, "second: \u00e9");
    assertEquals("second: \u00e9", Files.readString(file));
    assertEquals(List.of("notes.txt"), names(file.getParent()));
  }

  @Test
  void fullDiskLeavesTheOldFileAndNoTemporary() throws IOException {
    Path file = folder.resolve("last.safetensors");
    AtomicFile.writeText(file, "old");
    UserError e =
        assertThrows(
            UserError.class,
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      AtomicFile.writeFully(channel, ByteBuffer.wrap(new byte[100]));
                      throw new IOException("No space left on device");
                    }));
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    assertTrue(e.getMessage().contains("No space left on device"), e.getMessage());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("last.safetensors"), names(folder));
  }

  @Test
  void aBugInTheWriterPassesThroughAndLeavesTheOldFile() throws IOException {
    Path file = folder.resolve("x");
    AtomicFile.writeText(file, "old");
    assertThrows(
        ArithmeticException.class,
        () ->
            AtomicFile.write(
                file,
                channel -> {
                  throw new ArithmeticException();
                }));
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("x"), names(folder));
  }

  @Test
  void unwritablePlacesAreTheUsersMistake() throws IOException {
    Path file = folder.resolve("file");
    AtomicFile.writeText(file, "in the way");
    Path under = file.resolve("deeper/out.npy");
    UserError e = assertThrows(UserError.class, () -> AtomicFile.writeText(under, "x"));
    assertTrue(e.getMessage().contains("out.npy"), e.getMessage());
    assertEquals("in the way", Files.readString(file));

    Path directory = Files.createDirectories(folder.resolve("dir/child")).getParent();
    assertThrows(UserError.class, () -> AtomicFile.writeText(directory, "x"));
    assertTrue(Files.isDirectory(directory.resolve("child")));
    assertEquals(List.of("dir", "file"), names(folder));
  }

  @Test
  void writersOfOneFileDoNotTearItApart() throws Exception {
    Path file = folder.resolve("out.txt");
    AtomicFile.write(
        file,
        first -> {
          AtomicFile.writeFully(first, ByteBuffer.wrap(new byte[] {'a'}));
          AtomicFile.writeText(file, "the second");
          assertEquals("the second", Files.readString(file));
          AtomicFile.writeFully(first, ByteBuffer.wrap(new byte[] {'b'}));
        });
    assertEquals("ab", Files.readString(file));
    assertEquals(List.of("out.txt"), names(folder));
  }

  @Test
  void whatKilledWritersLeftIsDeletedAndNothingElse() throws IOException {
    List<String> others =
        List.of(
            "last", "last.tmp.txt", "last.1a2b3c4d.tmp.x", "last.note.tmp", "other.12345678.tmp");
    for (String name : others) {
      Files.writeString(folder.resolve(name), "x");
    }
    Path inTheWay = Files.createDirectory(folder.resolve("last.tmp"));
    Files.writeString(folder.resolve("last.1a2b3c4d.tmp"), "half");
    Files.writeString(folder.resolve("last.00000000.tmp"), "half");
    AtomicFile.deleteLeftOvers(folder.resolve("last"));
    assertTrue(Files.isDirectory(inTheWay));
    Files.delete(inTheWay);
    assertEquals(others.stream().sorted().toList(), names(folder));
    Files.writeString(folder.resolve("last.tmp"), "as earlier versions left it");
    AtomicFile.deleteLeftOvers(folder.resolve("last"));
    assertEquals(others.stream().sorted().toList(), names(folder));
  }

  @Test
  void everyWriterUsesIt() throws IOException {
    Path blocker = folder.resolve("blocker");
    AtomicFile.writeText(blocker, "x");
    HostTensor tensor = HostTensor.ofFloats(new float[] {1}, 1);
    assertThrows(
        UserError.class,
        () -> Safetensors.write(blocker.resolve("w"), Map.of(), Map.of("t", tensor)));
    assertThrows(UserError.class, () -> Npy.write(blocker.resolve("w"), tensor));
    assertEquals("x", Files.readString(blocker));
  }

  private static List<String> names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
