package sakd.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.device.DType;
import sakd.io.AtomicFile;
import sakd.ops.Ops;
import sakd.run.RunRecord;

/**
 * One page about some runs, side by side, that needs nothing but itself: tables, curves, what the
 * trained networks do with test images, settings.
 */
public final class Report {
  private Report() {}

  /** Opens what a run was trained on. */
  public interface TestSet {
    /**
     * The test images; a {@link UserError} if they are not to be had.
     *
     * @param run the run directory
     * @param args the run was started with
     */
    Dataset open(Path run, List<String> args);
  }

  /**
   * Reads runs, runs their networks and writes the page, atomically.
   *
   * @param folders run directories, finished or not
   * @param testSet of a run
   * @param storage of activations
   * @throws UserError if a folder is no run directory, or the page cannot be written
   */
  public static void write(Path file, List<Path> folders, TestSet testSet, Ops ops, DType storage) {
    List<RunResult> runs = new ArrayList<>();
    Map<String, Integer> names = new TreeMap<>();
    for (Path folder : folders) {
      String name = folder.toAbsolutePath().normalize().getFileName().toString();
      int same = names.merge(name, 1, Integer::sum);
      RunRecord run = RunRecord.read(folder, same == 1 ? name : name + " (" + same + ")");
      runs.add(examine(run, testSet, ops, storage));
    }
    AtomicFile.writeText(file, html(runs));
  }

  private static RunResult examine(RunRecord run, TestSet testSet, Ops ops, DType storage) {
    try {
      Dataset images = testSet.open(run.folder(), run.args());
      List<NetworkResult> results = RunEvaluation.examine(run, ops, storage, images);
      return new RunResult(run, results, "", images.classNames(), TestPictures.columns(images));
    } catch (UserError e) {
      // What training wrote is worth a page without what running its networks would add.
      return new RunResult(
          run, List.of(), "Could not be measured: " + e.getMessage(), List.of(), Map.of());
    }
  }

  private static String html(List<RunResult> runs) {
    Page page = new Page();
    ChartColours colours = new ChartColours(runs);
    new TrainingFigures(runs, colours, page).add();
    new NetworkFigures(runs, colours, page).add();
    settings(runs, page);
    return page.html("SAKD: " + String.join(", ", runs.stream().map(r -> r.run().name()).toList()));
  }

  private static void settings(List<RunResult> runs, Page page) {
    page.section("settings", "Settings and device").open();
    for (RunResult e : runs) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("folder", e.run().folder().toString()));
      for (String word : List.of("device", "data", "model", "method", "train")) {
        rows.add(List.of(word, e.run().logged(word + " ")));
      }
      List<String> args = e.run().args();
      rows.add(List.of("arguments", args.isEmpty() ? "none" : String.join(" ", args)));
      page.figure(
          "settings-" + runs.indexOf(e),
          e.run().name(),
          Page.table(List.of("setting", "value"), rows));
    }
    page.close();
  }
}
