package sakd.ranks;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The processes that train one network together, as this one sees them. They keep a connection to
 * rank 0 for as long as they run: when a process ends, meets an error or does not come to where the
 * others wait, each of the others prints one line that names it and ends. A process may end at any
 * moment, as files are written beside and renamed.
 */
public final class World {
  /** How this process ends for what has become of another. */
  public interface Ending {
    /**
     * Prints what has happened.
     *
     * @param code that the process is about to end with: of a signal, or 1
     */
    void print(String line, int code);

    /** Ends the process. */
    void exit(int code);
  }

  /** One process. */
  public static final World ALONE = new World(Launch.ALONE, 0, null);

  /** How long an error of this process waits for that of rank 0, which may be the same. */
  private static final int SAME_ERROR_MS = 3_000;

  /** How long a process that is to end for another's error may take to meet the same itself. */
  private static final int OWN_ERROR_MS = 500;

  /** How often processes tell each other that they are there. */
  private static final int PULSE_MS = 1_000;

  /** How long after a signal what lies behind it may become known: mpirun kills after a second. */
  private static final int SIGNAL_MS = 400;

  private static final int ADDRESS_BYTES = 4096;

  private final Launch launch;
  private volatile long seconds;
  private final Ending ending;
  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();
  private final AtomicReference<News> news = new AtomicReference<>();
  private final CountDownLatch heard = new CountDownLatch(1);

  /** Whether this process has its own reason to end, so that news is none. */
  private volatile boolean ends;

  private volatile String advice = "";
  private Peer self;
  private Channel channel;
  private Mpi mpi;

  private World(Launch launch, long seconds, Ending ending) {
    this.launch = launch;
    this.seconds = seconds;
    this.ending = ending;
  }

  /**
   * Meets the other processes, and takes this one's share of the processors; nothing is opened
   * where there are none.
   *
   * @param seconds how long to wait for all of them, and later for each in a collective
   * @param ending what to do when another process is lost
   * @throws sakd.base.UserError if MPI is needed to find them and is missing
   */
  public static World join(Launch launch, long seconds, Ending ending) {
    if (launch.size() == 1) {
      return ALONE;
    }
    World world = new World(launch, seconds, ending);
    try {
      world.open();
    } catch (TimeoutException | IOException e) {
      world.heard(News.behind(0, String.valueOf(e.getMessage())));
      throw new IllegalStateException(e);
    }
    return world;
  }

  private void open() throws TimeoutException, IOException {
    self = Peer.self(launch);
    boolean onlyHere = launch.localSize() == launch.size();
    boolean byMpi = launch.master().isEmpty();
    if (launch.rank() == 0) {
      try (ServerSocket server =
          byMpi ? Meeting.anywhere(onlyHere) : Meeting.at(launch.master().get()).listen()) {
        if (byMpi) {
          byte[] address = Meeting.describe(server, onlyHere).getBytes(StandardCharsets.UTF_8);
          mpi().broadcast(Arrays.copyOf(address, ADDRESS_BYTES));
        }
        channel = Hub.open(this, self, server);
      }
    } else {
      Meeting meeting =
          byMpi
              ? Meeting.of(
                  new String(mpi().broadcast(new byte[ADDRESS_BYTES]), StandardCharsets.UTF_8)
                      .trim())
              : Meeting.at(launch.master().get());
      Meeting.Found found = meeting.find(self, seconds);
      channel = new Member(this, self, found.first(), found.link());
    }
    // Where no other handler stands, a signal to end runs these.
    Runtime.getRuntime().addShutdownHook(new Thread(this::awaitNews));
  }

  public int rank() {
    return launch.rank();
  }

  public int size() {
    return launch.size();
  }

  /** Which of the processes on this machine this is, from 0. */
  public int localRank() {
    return launch.localRank();
  }

  /** How many processes there are on this machine. */
  public int localSize() {
    return launch.localSize();
  }

  /**
   * How many processors' time is this process's; less than 1 where there are fewer than processes.
   */
  public double processors() {
    return channel == null ? 1 : channel.processors();
  }

  /** How long to wait from here on for ranks that do not come, where that is another time. */
  public void patience(long seconds) {
    this.seconds = seconds;
    if (channel != null) {
      channel.patience();
    }
  }

  long seconds() {
    return seconds;
  }

  /** How long nothing may be heard of a process: if it is waited for, that is said before. */
  int silenceMs() {
    return (int) Math.min(Integer.MAX_VALUE, 1000 * seconds + 3 * PULSE_MS);
  }

  /** MPI, which the process joins at the first call. */
  public synchronized Mpi mpi() {
    if (mpi == null) {
      mpi = Mpi.join(this, launch);
    }
    return mpi;
  }

  /** The bytes that rank 0 has given. */
  public byte[] broadcast(byte[] bytes) {
    if (size() == 1) {
      return bytes;
    }
    begin(1);
    byte[] all = channel.broadcast(bytes);
    end(1);
    return all;
  }

  /**
   * To be called when this process begins to wait for the others in collectives, of which all have
   * the same in the same order.
   *
   * @param collectives how many since the last time
   */
  public void begin(long collectives) {
    begun.addAndGet(collectives);
  }

  /** To be called when these have ended. */
  public void end(long collectives) {
    ended.addAndGet(collectives);
  }

  long begun() {
    return begun.get();
  }

  long ended() {
    return ended.get();
  }

  /** What to do when another process has ended; it follows what has happened to it. */
  public void advise(String text) {
    advice = text;
  }

  /** What has become of another process; called by those who hear of it. */
  void heard(News what) {
    if (news.compareAndSet(null, what)) {
      heard.countDown();
      if (!ends) {
        thread("end", () -> endFor(what));
      }
    }
  }

  private void endFor(News what) {
    if (what.kind() == News.Kind.FAILED) {
      sleep(OWN_ERROR_MS);
    }
    if (ends) {
      return;
    }
    ends = true;
    boolean toldByFirst = what.kind() == News.Kind.STOPPED && rank() > 0;
    if (!toldByFirst) {
      ending.print(what.text() + (advice.isEmpty() ? "" : "; " + advice), what.code());
    }
    if (channel != null) {
      channel.linger();
    }
    ending.exit(what.code());
  }

  /**
   * Tells the others that this process ends for an error of its own.
   *
   * @param message in a line
   * @return whether to print it; rank 0 prints what all have met
   */
  public boolean failed(String message) {
    if (channel == null || ends) {
      return true;
    }
    News what = news.get();
    if (what != null && what.kind() != News.Kind.FAILED) {
      // The error comes of that, of which a line is being printed.
      sleep(Integer.MAX_VALUE);
    }
    ends = true;
    channel.tell(News.failed(self, message));
    if (rank() == 0) {
      channel.linger();
      return true;
    }
    await(SAME_ERROR_MS);
    News first = news.get();
    return first == null || first.rank() > 0 || !first.detail().equals(message);
  }

  /** Tells the others that this process ends, and so shall they, because a signal came to it. */
  public void stopped(int code) {
    if (channel != null && !ends) {
      ends = true;
      channel.tell(News.stopped(self, code));
      channel.linger();
    }
  }

  /**
   * Ends all processes because a signal came to this one; but if that came because another process
   * has ended, as launchers send it, each says so.
   */
  public void stopNow(int code) {
    awaitNews();
    if (channel != null && !ends && news.get() == null) {
      News what = News.stopped(self, code);
      channel.tell(what);
      heard(what);
    }
  }

  /** Waits a moment for what may have become of another process. */
  private void awaitNews() {
    if (channel != null && !ends && await(SIGNAL_MS)) {
      // The line is being printed, and the process ends then.
      sleep(SIGNAL_MS);
    }
  }

  /** Does not return if another process is lost: for those whose call has failed. */
  void awaitEnd() {
    if (channel != null && !ends && await(SAME_ERROR_MS)) {
      sleep(Integer.MAX_VALUE);
    }
  }

  private boolean await(int milliseconds) {
    try {
      return heard.await(milliseconds, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Says goodbye: what becomes of the others does not matter from here on. Waits for them. */
  public void leave() {
    if (channel != null && !ends) {
      channel.leave();
      ends = true;
      if (mpi != null) {
        mpi.leave();
      }
    }
  }

  /** Until the next pulse; false if there is none. */
  boolean pause() {
    sleep((int) Math.min(PULSE_MS, seconds * PULSE_MS / 5));
    return !ends;
  }

  static void sleep(int milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static void thread(String name, Runnable work) {
    Thread thread = new Thread(work, "sakd " + name);
    thread.setDaemon(true);
    thread.start();
  }
}
