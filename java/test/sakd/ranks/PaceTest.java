package sakd.ranks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who keeps whom waiting. */
class PaceTest {
  private static final long SECOND = 1_000_000_000L;

  private static Pace pace(int rank, long begun, long ended) {
    Pace pace = new Pace(new Peer("1", "", rank, 3, "h" + rank, 70 + rank, "m", "0"), 0);
    pace.heard(begun, ended, SECOND);
    return pace;
  }

  private static Optional<News> judge(long now, Pace... all) {
    return Pace.judge(List.of(all), 10, now * SECOND);
  }

  @Test
  void whoComputesMayTakeItsTimeUntilOthersHaveWaited() {
    Pace[] all = {pace(0, 5, 5), pace(1, 5, 5), pace(2, 5, 5)};
    assertTrue(judge(1000, all).isEmpty());
    all[0].heard(6, 5, 1000 * SECOND);
    assertTrue(judge(1009, all).isEmpty());
    News news = judge(1011, all).orElseThrow();
    assertEquals(1, news.rank());
    assertEquals(
        "rank 1 (h1, process 71) is behind: it has begun 5 collectives and others 6, which have"
            + " waited for it longer than 10 s (--comm-timeout)",
        news.text());
  }

  @Test
  void aCollectiveThatAllHaveBegunIsTheNetworks() {
    News news = judge(12, pace(0, 6, 6), pace(1, 6, 6), pace(2, 6, 5)).orElseThrow();
    assertEquals(2, news.rank());
    assertTrue(news.text().contains("has been in collective 6, which all have begun"), news.text());
    assertTrue(news.text().contains("check the network"), news.text());
  }
}
