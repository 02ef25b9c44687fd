package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.Checksum;
import sakd.io.PublishedFile;
import sakd.testing.FileServer;

/** With a file server of its own in the place of the public ones. */
class DownloadTest {
  @TempDir Path folder;

  private FileServer server;

  @BeforeEach
  void serve() throws IOException {
    server = new FileServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void whatIsNotThePublishedFileIsAnError() throws IOException {
    server.put("a.gz", new byte[100]);
    String published = Checksum.md5(new byte[99]);
    assertRefused(() -> fetch("a.gz", published), published, Checksum.md5(new byte[100]));
    try (var left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
    assertRefused(() -> fetch("b.gz", published), "b.gz", "the server answers 404");
    server.close();
    assertRefused(() -> fetch("a.gz", published), "a.gz", "run the same command again");
  }

  @Test
  void goesOnWhereItStopped() throws IOException {
    byte[] content = new byte[200_000];
    new Random(1).nextBytes(content);
    String published = Checksum.md5(content);
    server.put("set.gz", content);
    Path file = folder.resolve("set.gz");
    Path part = folder.resolve("set.gz.part");
    Files.write(part, Arrays.copyOf(content, 70_000));
    List<String> lines = fetch("set.gz", published);
    assertEquals(List.of("set.gz bytes=70000-"), server.asked());
    assertEquals(List.of(file + ": 200000 bytes, checksum as published"), lines);
    assertArrayEquals(content, Files.readAllBytes(file));
    assertFalse(Files.exists(part));
    assertEquals(List.of(file + " is there already"), fetch("set.gz", published));
    assertEquals(1, server.asked().size());

    // What is there under the name is not touched, whatever it is.
    Files.write(file, Arrays.copyOf(content, 300));
    assertRefused(() -> fetch("set.gz", published), "is there already", published, "move it away");
    assertEquals(300, Files.size(file));
    Files.write(file, content);

    // A part that is damaged is fetched anew.
    byte[] damaged = Arrays.copyOf(content, 90_000);
    damaged[5] ^= 1;
    Files.delete(file);
    Files.write(part, damaged);
    fetch("set.gz", published);
    assertArrayEquals(content, Files.readAllBytes(file));

    // Cut off after the last byte, and a server that always sends everything.
    Files.move(file, part);
    fetch("set.gz", published);
    assertArrayEquals(content, Files.readAllBytes(file));
    Files.write(part, Arrays.copyOf(content, 500));
    Files.delete(file);
    server.ignoreRanges();
    fetch("set.gz", published);
    assertArrayEquals(content, Files.readAllBytes(file));
  }

  @Test
  void anArchiveThatIsReadAsAFolderSaysHowToUnpackIt() {
    byte[] content = new byte[2000];
    server.put("set.tar", content);
    server.put("set.gz", content);
    String md5 = Checksum.md5(content);
    String command = "tar -xf " + folder.resolve("set.tar") + " -C " + folder;
    assertTrue(last(fetch("set.tar", md5)).endsWith(command));
    assertTrue(last(fetch("set.tar", md5)).endsWith(command), "fetched before");
    assertFalse(last(fetch("set.gz", md5)).contains("tar -xf"));
  }

  private static String last(List<String> lines) {
    return lines.get(lines.size() - 1);
  }

  private List<String> fetch(String name, String md5) {
    List<String> lines = new ArrayList<>();
    Download.fetch(
        List.of(new PublishedFile(server.address(name), Checksum.Algorithm.MD5, md5)),
        folder,
        Duration.ofSeconds(10),
        lines::add);
    return lines;
  }
}
