package sakd.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;

/** Servers that answer what they should not: each is one line, and what came is kept. */
class BadServerTest {
  private static final Duration PATIENCE = Duration.ofMillis(300);

  /** What a server writes to one connection before it closes it, or stalls. */
  private record Answer(String head, byte[] body, boolean stalls) {}

  @TempDir Path folder;

  private final byte[] content = new byte[50_000];
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final Queue<String> ranges = new ConcurrentLinkedQueue<>();
  private final CountDownLatch done = new CountDownLatch(1);
  private ServerSocket server;
  private Path file;
  private Path part;

  @BeforeEach
  void serve() throws IOException {
    new Random(1).nextBytes(content);
    content[0] = 0x1f;
    file = folder.resolve("set.gz");
    part = folder.resolve("set.gz.part");
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread =
        new Thread(
            () -> {
              while (!server.isClosed()) {
                try {
                  Socket socket = server.accept();
                  new Thread(() -> answer(socket), "answer").start();
                } catch (IOException e) {
                  return; // Closed.
                }
              }
            },
            "server");
    thread.setDaemon(true);
    thread.start();
  }

  @AfterEach
  void stop() throws IOException {
    done.countDown();
    server.close();
  }

  private void answer(Socket socket) {
    try (socket;
        OutputStream out = socket.getOutputStream()) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        if (line.toLowerCase(Locale.ROOT).startsWith("range:")) {
          ranges.add(line.substring(6).strip());
        }
      }
      Answer answer = answers.size() > 1 ? answers.remove() : answers.peek();
      out.write(answer.head.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8));
      out.write(answer.body);
      out.flush();
      if (answer.stalls) {
        done.await();
      }
    } catch (IOException | InterruptedException e) {
      // The other side had enough.
    }
  }

  private void answers(String head, byte[] body) {
    answers.add(new Answer("HTTP/1.1 " + head + "\n\n", body, false));
  }

  private byte[] slice(int from, int to) {
    return Arrays.copyOfRange(content, from, to);
  }

  private List<String> fetch() {
    List<String> lines = new ArrayList<>();
    String address =
        "http://"
            + server.getInetAddress().getHostAddress()
            + ":"
            + server.getLocalPort()
            + "/set.gz";
    FileDownload.fetch(
        new PublishedFile(address, Checksum.Algorithm.MD5, Checksum.md5(content)),
        folder,
        PATIENCE,
        lines::add);
    return lines;
  }

  private void assertOneLine(String... words) {
    UserError e = assertThrows(UserError.class, this::fetch);
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e::getMessage);
    }
    assertEquals(1, e.getMessage().lines().count(), e::getMessage);
    assertFalse(Files.exists(file));
  }

  private void assertFetched() throws IOException {
    fetch();
    assertArrayEquals(content, Files.readAllBytes(file));
    assertFalse(Files.exists(part));
  }

  @Test
  void aServerThatStallsIsLeft() throws IOException {
    answers.add(new Answer("", new byte[0], true));
    assertOneLine("sends nothing for 0.3 s", "run the same command again");
    answers.clear();
    answers.add(new Answer("HTTP/1.1 200 OK\nContent-Length: 50000\n\n", slice(0, 20_000), true));
    assertOneLine("sends nothing for 0.3 s");
    assertArrayEquals(slice(0, 20_000), Files.readAllBytes(part));
    answers.clear();
    answers("206 Part\nContent-Range: bytes 20000-49999/50000", slice(20_000, 50_000));
    assertFetched();
    assertTrue(ranges.contains("bytes=20000-"), ranges::toString);
  }

  @Test
  void whatWasCutOffIsKeptWhetherItsLengthWasSaidOrNot() throws IOException {
    answers("200 OK\nContent-Length: 50000", slice(0, 10_000));
    assertOneLine("the connection ended");
    assertEquals(10_000, Files.size(part));
    answers.clear();
    answers("206 Part\nContent-Range: bytes 10000-49999/50000", slice(10_000, 30_000));
    assertOneLine("stopped after 0.0 MB", "set.gz.part");
    assertEquals(30_000, Files.size(part));
    // One that cannot go on begins again, and is cut off earlier: nothing is lost.
    answers.clear();
    answers("200 OK", slice(0, 5_000));
    assertOneLine("stopped after");
    assertEquals(30_000, Files.size(part));
    answers.clear();
    answers("200 OK\nTransfer-Encoding: chunked", "2710\r\nabc".getBytes("US-ASCII"));
    assertOneLine("the connection ended");
    answers.clear();
    answers("200 OK", content);
    assertFetched();
  }

  /** None of these lengths is one; the checksum says that all of it came. */
  @ParameterizedTest
  @ValueSource(strings = {"-5", "many", "99999999999999999999", "", "0x10"})
  void lengthsThatAreNoneDoNotMatter(String length) throws IOException {
    answers("200 OK\nContent-Length: " + length, content);
    assertFetched();
  }

  @Test
  void moreOrLessThanWasSaidIsNotThePublishedFile() throws IOException {
    answers("200 OK\nContent-Length: 50000", Arrays.copyOf(content, 60_000));
    assertFetched();
    Files.delete(file);
    answers.clear();
    answers("200 OK\nContent-Length: 40000", content);
    assertOneLine("has the MD5", "as published");
    answers.clear();
    byte[] longer = Arrays.copyOf(content, 60_000);
    answers("200 OK\nContent-Length: 60000", longer);
    assertOneLine("has the MD5", "as published");
    assertFalse(Files.exists(part));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///etc/passwd",
        "ftp://127.0.0.1/set.gz",
        "jar:file:/x!/y",
        "mailto:somebody",
        "not an address",
        "http://",
        "http:///nowhere",
        "ht!tp://\u00e9",
        "http://[1",
        "http://127.0.0.1:99999999/",
        "http://127.0.0.1:-3/"
      })
  void redirectsToNowhereAreOneLine(String location) {
    answers("302 Found\nLocation: " + location, new byte[0]);
    assertOneLine("cannot fetch");
  }

  @Test
  void redirectsAreFollowedButNotForEver() throws IOException {
    answers("302 Found\nLocation: /loop", new byte[0]);
    assertOneLine("redirects more than 10 times");
    answers.clear();
    answers("301 Moved", new byte[0]);
    assertOneLine("redirects to no address");
    answers.clear();
    answers("307 Moved\nLocation: other/set.gz", new byte[0]);
    answers("200 OK", content);
    assertFetched();
  }

  @Test
  void anotherPartThanAskedForBeginsAgain() throws IOException {
    Files.write(part, slice(0, 20_000));
    answers("206 Part\nContent-Range: bytes 30000-49999/50000", slice(30_000, 50_000));
    answers("200 OK\nContent-Length: 50000", content);
    assertFetched();
    Files.delete(file);
    answers.clear();
    answers("206 Part\nContent-Range: bytes 7-49999/50000", slice(7, 50_000));
    assertOneLine("a different part of the file");
    // Nonsense counts as what was asked for, and the checksum decides.
    Files.write(part, slice(0, 20_000));
    answers.clear();
    answers("206 Part\nContent-Range: pages 1", slice(20_000, 50_000));
    assertFetched();
  }

  @Test
  void aPartThatIsLongerThanTheFileBeginsAgain() throws IOException {
    Files.write(part, Arrays.copyOf(content, 60_000));
    answers("416 Range Not Satisfiable", new byte[0]);
    answers("200 OK\nContent-Length: 50000", content);
    assertFetched();
    Files.delete(file);
    answers.clear();
    answers("416 Range Not Satisfiable", new byte[0]);
    assertOneLine("the server answers 416");
  }

  @Test
  void aWebPageIsCalledWhatItIsAndDoesNotSpoilWhatIsThere() throws IOException {
    Files.write(part, slice(0, 20_000));
    answers("200 OK\nContent-Type: text/html", "<!DOCTYPE html>".getBytes("US-ASCII"));
    assertOneLine("a web page");
    assertArrayEquals(slice(0, 20_000), Files.readAllBytes(part));
    answers.clear();
    answers("511 Network Authentication Required", new byte[0]);
    assertOneLine("the server answers 511");
  }

  @Test
  void whatIsNoHttpIsOneLine() throws IOException {
    for (String head : List.of("SSH-2.0-OpenSSH\n", "HTTP/1.1 two hundred\n\n", "\n", "")) {
      answers.clear();
      answers.add(new Answer(head, new byte[0], false));
      assertOneLine("cannot fetch");
    }
    server.close();
    assertRefused(this::fetch, "cannot fetch", "run the same command again");
  }
}
