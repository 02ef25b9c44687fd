package sakd.report;

import java.util.ArrayList;
import java.util.List;

/** Names and looks: a phase of a run has one of each in every figure. */
final class Looks {
  /** Letters of a name that fits behind the end of a curve. */
  private static final int SHORT = 9;

  private static final int LETTERS = 26;

  private final List<RunResult> runs;
  private final List<String> phases = new ArrayList<>();
  private final List<Look> looks = new ArrayList<>();

  Looks(List<RunResult> runs) {
    this.runs = runs;
    List<String> names = new ArrayList<>();
    for (RunResult e : runs) {
      for (String phase : e.phases()) {
        phases.add(id(e, phase));
        names.add(runs.size() == 1 ? phase : e.run().name() + " " + phase);
      }
    }
    boolean fit = names.stream().allMatch(name -> name.length() <= SHORT);
    for (String name : names) {
      looks.add(new Look(looks.size(), name, fit ? name : letter(looks.size()), !fit));
    }
  }

  /** A to Z, then A2 ... */
  private static String letter(int number) {
    String letter = Character.toString('A' + number % LETTERS);
    return number < LETTERS ? letter : letter + (number / LETTERS + 1);
  }

  private String id(RunResult e, String phase) {
    return runs.indexOf(e) + " " + phase;
  }

  Look of(RunResult e, String phase) {
    return looks.get(phases.indexOf(id(e, phase)));
  }

  String name(RunResult e, String phase) {
    return of(e, phase).name();
  }
}
