package sakd.ranks;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Rank 0's end: it hears every other process, judges who keeps the others waiting, and passes news
 * on. A process's own error is passed on a moment later, as rank 0 may be about to meet the same.
 */
final class Hub implements Channel {
  /** How long a greeting may take. */
  private static final int GREETING_MS = 5_000;

  /** How long rank 0 may take to meet the error that another has met. */
  private static final int SAME_ERROR_MS = 1_000;

  /** How long news may take to reach the others before this process ends. */
  private static final int DELIVERY_MS = 500;

  private final World world;
  private final Peer self;
  private final Map<Integer, Peer> peers = new ConcurrentSkipListMap<>();
  private final Map<Integer, Link> links = new ConcurrentHashMap<>();
  private final Map<Integer, Pace> paces = new ConcurrentHashMap<>();

  /** Who has gone, be it with a goodbye, an error or without a word. */
  private final Map<Integer, Boolean> gone = new ConcurrentHashMap<>();

  private final CountDownLatch goodbyes;
  private News told;

  private Hub(World world, Peer self) {
    this.world = world;
    this.self = self;
    this.goodbyes = new CountDownLatch(self.size() - 1);
    peers.put(0, self);
  }

  /**
   * Waits for all to come.
   *
   * @throws TimeoutException that says who is missing
   */
  static Hub open(World world, Peer self, ServerSocket server) throws TimeoutException {
    Hub hub = new Hub(world, self);
    try {
      hub.gather(server);
      for (int rank = 1; rank < self.size(); rank++) {
        Link link = hub.links.get(rank);
        double share = Shares.of(hub.peers.get(rank), List.copyOf(hub.peers.values()));
        link.send(Link.Kind.START, out -> out.writeDouble(share));
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot listen for the other ranks", e);
    }
    hub.links.forEach((rank, link) -> World.thread("rank " + rank, () -> hub.hear(rank, link)));
    World.thread("pulse", hub::watch);
    return hub;
  }

  private void gather(ServerSocket server) throws IOException, TimeoutException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(world.seconds());
    while (links.size() < self.size() - 1) {
      int left = (int) TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        throw missing();
      }
      server.setSoTimeout(left);
      try {
        greet(server.accept());
      } catch (SocketTimeoutException e) {
        throw missing();
      }
    }
  }

  private TimeoutException missing() {
    String text =
        IntStream.range(1, self.size())
            .filter(rank -> !links.containsKey(rank))
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(", "));
    String who = text.contains(",") ? "ranks " + text + " have" : "rank " + text + " has";
    String sentence =
        String.format("%s not come to %s within %d s (--comm-timeout)", who, self, world.seconds());
    tell(News.behind(Integer.parseInt(text.split(",", 2)[0]), sentence));
    return new TimeoutException(sentence);
  }

  /** A stranger, or one that has gone again, is let go. */
  private void greet(Socket socket) {
    try {
      Link link = new Link(socket);
      link.patience(GREETING_MS);
      Peer peer = Peer.readFrom(link.read().open());
      String reason = self.differs(peer);
      if (reason.isEmpty()) {
        reason =
            peer.rank() < 1 || peer.rank() >= self.size() || links.containsKey(peer.rank())
                ? "there is a rank " + peer.rank() + " already"
                : "";
      }
      if (!reason.isEmpty()) {
        String refusal = reason;
        link.send(Link.Kind.REFUSED, out -> out.writeUTF(refusal));
        link.close();
        return;
      }
      link.send(Link.Kind.WELCOME, self::writeTo);
      link.patience(world.silenceMs());
      peers.put(peer.rank(), peer);
      paces.put(peer.rank(), new Pace(peer, System.nanoTime()));
      links.put(peer.rank(), link);
    } catch (IOException e) {
      try {
        socket.close();
      } catch (IOException closing) {
        // It was of no use anyway.
      }
    }
  }

  private void hear(int rank, Link link) {
    Peer peer = peers.get(rank);
    try {
      while (true) {
        Link.Message message = link.read();
        switch (message.kind()) {
          case PULSE -> {
            DataInputStream in = message.open();
            paces.get(rank).heard(in.readLong(), in.readLong(), System.nanoTime());
          }
          case NEWS -> {
            gone.put(rank, true);
            News news = News.readFrom(message.open());
            if (news.kind() == News.Kind.FAILED) {
              Thread.sleep(SAME_ERROR_MS);
            }
            spread(news);
          }
          case GOODBYE -> {
            gone.put(rank, true);
            goodbyes.countDown();
          }
          default -> throw new IOException("not to be said to rank 0: " + message.kind());
        }
      }
    } catch (SocketTimeoutException e) {
      spread(
          News.behind(
              rank, peer + " has not been heard of for " + world.silenceMs() / 1000 + " s"));
    } catch (IOException e) {
      if (gone.put(rank, true) == null) {
        spread(News.ended(peer));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Says that this process is there, and judges. */
  private void watch() {
    Pace own = new Pace(self, System.nanoTime());
    paces.put(0, own);
    while (world.pause()) {
      long now = System.nanoTime();
      own.heard(world.begun(), world.ended(), now);
      links.values().forEach(link -> link.offer(Link.Kind.PULSE, out -> {}));
      List<Pace> there = new ArrayList<>();
      paces.forEach(
          (rank, pace) -> {
            if (!gone.containsKey(rank)) {
              there.add(pace);
            }
          });
      Pace.judge(there, world.seconds(), now).ifPresent(this::spread);
    }
  }

  /** To the others, and to this process itself. */
  private void spread(News news) {
    tell(news);
    world.heard(news);
  }

  @Override
  public synchronized void tell(News news) {
    if (told != null) {
      return;
    }
    told = news;
    links.values().forEach(link -> link.offer(Link.Kind.NEWS, news::writeTo));
  }

  @Override
  public void patience() {
    try {
      for (Link link : links.values()) {
        link.patience(world.silenceMs());
      }
    } catch (IOException e) {
      // Whoever reads from it learns that too.
    }
  }

  /** What is sent last is lost where the sender ends before it has read all it was sent. */
  @Override
  public void linger() {
    World.sleep(DELIVERY_MS);
  }

  @Override
  public byte[] broadcast(byte[] bytes) {
    links.values().forEach(link -> link.offer(Link.Kind.DATA, out -> out.write(bytes)));
    return bytes;
  }

  @Override
  public void leave() {
    try {
      if (!goodbyes.await(world.seconds(), TimeUnit.SECONDS)) {
        Peer late =
            peers.values().stream()
                .filter(p -> p.rank() > 0 && !gone.containsKey(p.rank()))
                .findFirst()
                .orElse(self);
        spread(
            News.behind(
                late.rank(),
                late
                    + " has not come to the end within "
                    + world.seconds()
                    + " s (--comm-timeout)"));
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    links.values().forEach(link -> link.offer(Link.Kind.GOODBYE, out -> {}));
  }

  @Override
  public Collection<Peer> peers() {
    return peers.values();
  }

  @Override
  public double processors() {
    return Shares.of(self, List.copyOf(peers.values()));
  }
}
