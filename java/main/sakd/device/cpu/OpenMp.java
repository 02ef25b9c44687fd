package sakd.device.cpu;

import com.sun.jna.Function;
import java.util.Map;
import java.util.stream.Stream;
import sakd.base.Processors;

/**
 * How the threads of OpenMP wait for each other, and how many there are. Its runtimes read that
 * from the environment when they are loaded and never again, so it is put there before.
 *
 * <p>Left alone, GNU's runtime lets a thread that waits spin for milliseconds. That is right on an
 * idle machine, where the others come within microseconds. Where another program has taken a
 * processor, all wait for the thread that lost it, and those that spin keep it from getting one:
 * two trainings at once on two cores then reach a twentieth of what one alone does.
 */
final class OpenMp {
  /** Variables by which users say how threads wait; each of them has the last word. */
  private static final String[] WAITING = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"};

  /**
   * Rounds that GNU's runtime spins before a thread sleeps, 10 to 50 microseconds: about what
   * waking a sleeping thread takes, so that short gaps between loops cost nothing, and small
   * against the milliseconds for which a thread that lost its processor stays away.
   */
  private static final int SPINS = 1000;

  private static final int REPLACE = 1;

  private static boolean settled;

  private OpenMp() {}

  /**
   * To be called before anything is loaded that brings OpenMP along; harmless where that is done.
   *
   * @throws sakd.base.UserError if the user's number of threads is none
   */
  static synchronized void settle() {
    if (settled) {
      return;
    }
    // This copies the environment for the programs that Java starts: they get none of what follows.
    Map<String, String> environment = System.getenv();
    int threads = Processors.count();
    if (environment.getOrDefault(Processors.VARIABLE, "").isBlank()) {
      set(Processors.VARIABLE, threads);
    }
    if (Stream.of(WAITING).noneMatch(environment::containsKey)) {
      // For the runtime of clang++, whose threads do not spin then; GNU's takes the second.
      set("OMP_WAIT_POLICY", "PASSIVE");
      set("GOMP_SPINCOUNT", SPINS);
    }
    settled = true;
  }

  /** In the environment of the process itself, which Java's own copy does not show. */
  private static void set(String variable, Object value) {
    Function.getFunction("c", "setenv")
        .invokeInt(new Object[] {variable, value.toString(), REPLACE});
  }
}
