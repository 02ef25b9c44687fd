package sakd.report;

import java.util.ArrayList;
import java.util.List;

/** Names and colours: a phase of a run has one of each in every figure. */
final class ChartColours {
  private static final int COLOURS = 8;

  private final boolean oneRun;
  private final List<String> all = new ArrayList<>();

  ChartColours(List<RunResult> runs) {
    oneRun = runs.size() == 1;
    for (RunResult e : runs) {
      e.phases().forEach(phase -> all.add(key(e, phase)));
    }
  }

  private static String key(RunResult e, String phase) {
    return e.run().name() + " " + phase;
  }

  String name(RunResult e, String phase) {
    return oneRun ? phase : key(e, phase);
  }

  /** The style of a curve or bar. */
  String style(RunResult e, String phase) {
    return "s" + all.indexOf(key(e, phase)) % COLOURS;
  }
}
