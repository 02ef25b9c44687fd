package sakd.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import sakd.data.Targets;
import sakd.infer.ClassShares;
import sakd.infer.Detection;

/**
 * Predictions as a table: a row for each class or object of an image. With --per-step the classes
 * are those after every step, the last of which has the whole prediction. Images that cannot be
 * read, or in which no object was found, have no row.
 */
final class PredictionCsv implements PredictionWriter {
  private final IntFunction<String> names;
  private final Csv csv;

  PredictionCsv(PrintWriter out, IntFunction<String> names, Targets.Kind kind, boolean perStep) {
    this.names = names;
    String columns =
        switch (kind) {
          case CLASSES -> "image," + (perStep ? "step," : "") + "rank,label,class,probability";
          case MASKS -> "image,label,class,share";
          case BOXES -> "image,label,class,score,left,top,right,bottom";
        };
    csv = new Csv(Arrays.asList(columns.split(",", -1)), out::println);
  }

  @Override
  public void classes(
      String image, List<ClassShares.Share> likeliest, List<List<ClassShares.Share>> steps) {
    if (steps.isEmpty()) {
      ranked(List.of(image), likeliest);
    }
    for (int t = 1; t <= steps.size(); t++) {
      ranked(List.of(image, t), steps.get(t - 1));
    }
  }

  private void ranked(List<Object> first, List<ClassShares.Share> likeliest) {
    for (int rank = 1; rank <= likeliest.size(); rank++) {
      ClassShares.Share s = likeliest.get(rank - 1);
      List<Object> cells = new ArrayList<>(first);
      cells.addAll(List.of(rank, s.label(), names.apply(s.label()), s.share()));
      csv.row(cells);
    }
  }

  @Override
  public void pixels(String image, List<ClassShares.Share> classes) {
    for (ClassShares.Share s : classes) {
      csv.row(List.of(image, s.label(), names.apply(s.label()), s.share()));
    }
  }

  @Override
  public void objects(String image, List<Detection> found) {
    for (Detection d : found) {
      csv.row(
          List.of(
              image,
              d.label(),
              names.apply(d.label()),
              d.score(),
              d.left(),
              d.top(),
              d.right(),
              d.bottom()));
    }
  }

  @Override
  public void unreadable(String image, String why) {}
}
