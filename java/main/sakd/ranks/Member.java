package sakd.ranks;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** The end of a process that is not rank 0, which it hears everything from. */
final class Member implements Channel {
  private final World world;
  private final Peer self;
  private final Peer first;
  private final Link link;
  private final double processors;
  private final BlockingQueue<byte[]> data = new LinkedBlockingQueue<>();
  private final CountDownLatch goodbye = new CountDownLatch(1);

  /**
   * Waits for all to have come.
   *
   * @param link that rank 0 has been greeted by
   * @throws IOException if rank 0 goes before; what became of others {@code world} has heard then
   */
  Member(World world, Peer self, Peer first, Link link) throws IOException {
    this.world = world;
    this.self = self;
    this.first = first;
    this.link = link;
    // Rank 0 waits as long for others, and has more to say then.
    link.patience((int) Math.min(Integer.MAX_VALUE, 2L * world.silenceMs()));
    Link.Message start = link.read();
    if (start.kind() == Link.Kind.NEWS) {
      world.heard(News.readFrom(start.open()));
    }
    if (start.kind() != Link.Kind.START) {
      throw new IOException("not all have come");
    }
    processors = start.open().readDouble();
    link.patience(world.silenceMs());
    World.thread("rank 0", this::hear);
    World.thread("pulse", this::watch);
  }

  private void hear() {
    try {
      while (true) {
        Link.Message message = link.read();
        switch (message.kind()) {
          case DATA -> data.add(message.body());
          case PULSE -> {
            // It is there; the clock of the link has started again.
          }
          case NEWS -> world.heard(News.readFrom(message.open()));
          case GOODBYE -> {
            goodbye.countDown();
            return;
          }
          default -> throw new IOException("not to be said to others: " + message.kind());
        }
      }
    } catch (SocketTimeoutException e) {
      world.heard(
          News.behind(0, first + " has not been heard of for " + world.silenceMs() / 1000 + " s"));
    } catch (IOException e) {
      world.heard(News.ended(first));
    }
  }

  private void watch() {
    while (world.pause()) {
      link.offer(
          Link.Kind.PULSE,
          out -> {
            out.writeLong(world.begun());
            out.writeLong(world.ended());
          });
    }
  }

  @Override
  public byte[] broadcast(byte[] bytes) {
    try {
      return data.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped while it waited for rank 0", e);
    }
  }

  @Override
  public void tell(News news) {
    link.offer(Link.Kind.NEWS, news::writeTo);
  }

  @Override
  public void patience() {
    try {
      link.patience(world.silenceMs());
    } catch (IOException e) {
      // Whoever reads from it learns that too.
    }
  }

  /** Rank 0 reads until the end. */
  @Override
  public void linger() {}

  @Override
  public void leave() {
    link.offer(Link.Kind.GOODBYE, out -> {});
    try {
      goodbye.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Collection<Peer> peers() {
    return List.of(first, self);
  }

  @Override
  public double processors() {
    return processors;
  }
}
