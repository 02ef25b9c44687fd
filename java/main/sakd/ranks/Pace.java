package sakd.ranks;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How far a process is: all begin and end the same collectives in the same order, so their numbers
 * say who keeps whom waiting.
 */
final class Pace {
  private final Peer peer;
  private long begun;
  private long ended;

  /** By {@link System#nanoTime}. */
  private long since;

  Pace(Peer peer, long now) {
    this.peer = peer;
    this.since = now;
  }

  synchronized void heard(long begun, long ended, long now) {
    if (begun != this.begun || ended != this.ended) {
      this.begun = begun;
      this.ended = ended;
      since = now;
    }
  }

  private synchronized boolean waitsLonger(long nanoseconds, long now) {
    return begun > ended && now - since > nanoseconds;
  }

  private synchronized long begun() {
    return begun;
  }

  private synchronized long ended() {
    return ended;
  }

  /**
   * Who keeps the others waiting, once one has waited for longer than {@code seconds}.
   *
   * @param all every process that has not left
   */
  static Optional<News> judge(List<Pace> all, long seconds, long now) {
    if (all.stream().noneMatch(p -> p.waitsLonger(seconds * 1_000_000_000L, now))) {
      return Optional.empty();
    }
    Pace last = all.stream().min(Comparator.comparingLong(Pace::begun)).orElseThrow();
    long most = all.stream().mapToLong(Pace::begun).max().orElseThrow();
    if (last.begun() < most) {
      return Optional.of(
          News.behind(
              last.peer.rank(),
              String.format(
                  "%s is behind: it has begun %d collectives and others %d, which have waited for"
                      + " it longer than %d s (--comm-timeout)",
                  last.peer, last.begun(), most, seconds)));
    }
    Pace stuck = all.stream().min(Comparator.comparingLong(Pace::ended)).orElseThrow();
    return Optional.of(
        News.behind(
            stuck.peer.rank(),
            String.format(
                "%s has been in collective %d, which all have begun, for longer than %d s"
                    + " (--comm-timeout); check the network between the machines",
                stuck.peer, stuck.ended() + 1, seconds)));
  }
}
