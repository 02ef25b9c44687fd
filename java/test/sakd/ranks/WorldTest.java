package sakd.ranks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Ranks that are threads of this process, each with a channel of its own. */
class WorldTest {
  private static final int TIMEOUT = 2;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** What each rank was made to end with. */
  private final List<BlockingQueue<String>> ends = new ArrayList<>();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Future<World> join(int rank, int size, int port) {
    while (ends.size() <= rank) {
      ends.add(new LinkedBlockingQueue<>());
    }
    Launch launch =
        new Launch(
            Launch.By.TORCHRUN,
            rank,
            size,
            rank,
            size,
            Optional.of(new Launch.Master("127.0.0.1", port)),
            "test");
    BlockingQueue<String> end = ends.get(rank);
    World.Ending ending =
        new World.Ending() {
          private String printed = "";

          @Override
          public void print(String line, int code) {
            printed = line;
          }

          @Override
          public void exit(int code) {
            end.add(code + " " + printed);
          }
        };
    return threads.submit(() -> World.join(launch, TIMEOUT, ending));
  }

  private List<World> joined(int size, int port) throws Exception {
    List<Future<World>> futures = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      futures.add(join(rank, size, port));
    }
    List<World> worlds = new ArrayList<>();
    for (Future<World> future : futures) {
      worlds.add(future.get(20, TimeUnit.SECONDS));
    }
    return worlds;
  }

  private String end(int rank) throws InterruptedException {
    return ends.get(rank).poll(20, TimeUnit.SECONDS);
  }

  @Test
  void oneProcessOpensNothing() {
    assertSame(World.ALONE, World.join(Launch.ALONE, 1, null));
    byte[] bytes = {1};
    assertSame(bytes, World.ALONE.broadcast(bytes));
    assertTrue(World.ALONE.failed("an error"));
    World.ALONE.leave();
  }

  @Test
  void rankZeroHandsRoundAndAllLeaveTogetherBesideAProgramAtThePort() throws Exception {
    // As torchrun's own store does.
    try (ServerSocket other = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      threads.submit(
          () -> {
            while (true) {
              other.accept().close();
            }
          });
      List<World> worlds = joined(3, other.getLocalPort());
      byte[] first = {3, 1, 4};
      byte[] second = new byte[100_000];
      second[99_999] = 7;
      worlds.get(0).broadcast(first);
      worlds.get(0).broadcast(second);
      for (World world : worlds.subList(1, 3)) {
        assertArrayEquals(first, world.broadcast(new byte[0]));
        assertArrayEquals(second, world.broadcast(new byte[0]));
      }
      List<Future<?>> left = new ArrayList<>();
      for (World world : worlds) {
        left.add(threads.submit(world::leave));
      }
      for (Future<?> each : left) {
        each.get(10, TimeUnit.SECONDS);
      }
      Thread.sleep(300);
      for (BlockingQueue<String> end : ends) {
        assertNull(end.poll());
      }
    }
  }

  @Test
  void whoDoesNotComeToACollectiveIsNamed() throws Exception {
    List<World> worlds = joined(3, freePort());
    worlds.get(0).advise("go on");
    worlds.get(0).begin(1);
    worlds.get(2).begin(1);
    for (int rank = 0; rank < 3; rank++) {
      String line = end(rank);
      assertTrue(line.startsWith("1 rank 1 ("), line);
      assertTrue(line.contains("is behind: it has begun 0 collectives and others 1"), line);
      assertEquals(rank == 0, line.endsWith("(--comm-timeout); go on"), line);
    }
  }

  @Test
  void anErrorOfOneEndsTheOthersWithItsMessage() throws Exception {
    List<World> worlds = joined(3, freePort());
    assertTrue(threads.submit(() -> worlds.get(1).failed("no file x")).get());
    for (int rank : new int[] {0, 2}) {
      String line = end(rank);
      assertTrue(line.startsWith("1 rank 1 ("), line);
      assertTrue(line.endsWith(" has ended with an error: no file x"), line);
    }
  }

  @Test
  void anErrorThatAllMeetIsRankZerosToPrint() throws Exception {
    List<World> worlds = joined(3, freePort());
    List<Future<Boolean>> prints = new ArrayList<>();
    for (int rank : new int[] {2, 1, 0}) {
      prints.add(threads.submit(() -> worlds.get(rank).failed(rank == 1 ? "other" : "same")));
      Thread.sleep(100);
    }
    assertFalse(prints.get(0).get());
    assertTrue(prints.get(1).get());
    assertTrue(prints.get(2).get());
    assertNull(ends.get(0).poll());
  }

  @Test
  void aSignalToOneStopsAllAndRankZeroSaysSo() throws Exception {
    List<World> worlds = joined(3, freePort());
    threads.submit(() -> worlds.get(2).stopNow(143));
    assertTrue(end(0).startsWith("143 stopped by a signal to rank 2 ("));
    assertEquals("143 ", end(1));
    assertEquals("143 ", end(2));
  }

  @Test
  void ranksThatNeverStartAreNamed() throws Exception {
    int port = freePort();
    join(0, 4, port);
    join(2, 4, port);
    String line = end(0);
    assertTrue(line.contains("ranks 1, 3 have not come to rank 0 ("), line);
    assertTrue(line.contains("within 2 s (--comm-timeout)"), line);
    assertTrue(end(2).contains("ranks 1, 3 have not come to rank 0 ("));
  }

  @Test
  void aRankWithoutRankZeroSaysWhereItLooked() throws Exception {
    int port = freePort();
    join(1, 2, port);
    String line = end(1);
    assertTrue(
        line.startsWith(
            "1 rank 0 cannot be reached at 127.0.0.1:" + port + " within 2 s (--comm-timeout): "),
        line);
  }

  /** Jobs that say no more of themselves look for rank 0 at ports of their own, and at the next. */
  @Test
  void aRankDoesNotJoinAnotherJobThatListensNearby() throws Exception {
    int port = freePort();
    join(0, 2, port + 1);
    join(1, 2, port);
    String line = end(1);
    assertTrue(line.startsWith("1 rank 0 cannot be reached at 127.0.0.1:" + port + " "), line);
    assertTrue(line.contains("it belongs to another job"), line);
  }
}
