package sakd.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.device.DType;
import sakd.io.AtomicFile;
import sakd.model.Own;
import sakd.ops.Ops;
import sakd.run.RunRecord;

/**
 * One page about some runs, side by side, that needs nothing but itself: tables, curves, what the
 * trained networks do with test images, settings.
 */
public final class Report {
  /** The name of the page in a run directory. */
  public static final String FILE = "report.html";

  private static final double SHARE = 0.01;

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
   * @param own what their networks have of the caller's own
   * @param storage of activations
   * @throws UserError if a folder is no run directory, or the page cannot be written
   */
  public static void write(
      Path file, List<Path> folders, TestSet testSet, Own own, Ops ops, DType storage) {
    List<RunResult> runs = new ArrayList<>();
    List<String> names = RunNames.of(folders);
    for (int i = 0; i < folders.size(); i++) {
      RunRecord run = RunRecord.read(folders.get(i), names.get(i));
      runs.add(examine(run, testSet, own, ops, storage, RunEvaluation.IMAGES));
    }
    AtomicFile.writeText(file, html(runs));
  }

  /**
   * Writes the page of a run that has just ended into its folder. As many test images are looked at
   * as are {@value #SHARE} of those that it was trained on, and at least {@value
   * RunEvaluation#SHOWN}, so that this takes about a hundredth of the time that training took.
   *
   * @param testSet with the class numbers that the networks were trained with
   * @param own what its networks have of the program's own
   * @param storage of activations
   * @return the page
   * @throws UserError if it cannot be written
   */
  public static Path ofEndedRun(Path folder, Dataset testSet, Own own, Ops ops, DType storage) {
    RunRecord run = RunRecord.read(folder, RunNames.of(List.of(folder)).get(0));
    double trained =
        run.rows().stream().mapToDouble(r -> r.cell("images_per_second") * r.cell("seconds")).sum();
    int images = (int) Math.min(RunEvaluation.IMAGES, SHARE * trained);
    Path file = folder.resolve(FILE);
    RunResult result =
        examine(
            run, (f, args) -> testSet, own, ops, storage, Math.max(images, RunEvaluation.SHOWN));
    AtomicFile.writeText(file, html(List.of(result)));
    return file;
  }

  private static RunResult examine(
      RunRecord run, TestSet testSet, Own own, Ops ops, DType storage, int most) {
    try {
      Dataset images = testSet.open(run.folder(), run.args());
      int all = RunEvaluation.most(images);
      List<NetworkResult> results =
          RunEvaluation.examine(run, own, ops, storage, images, Math.min(most, all));
      return new RunResult(
          run, results, "", most < all, images.classNames(), TestPictures.columns(images));
    } catch (UserError e) {
      // What training wrote is worth a page without what running its networks would add.
      return new RunResult(
          run, List.of(), "Could not be measured: " + e.getMessage(), false, List.of(), Map.of());
    }
  }

  private static String html(List<RunResult> runs) {
    Page page = new Page();
    Looks looks = new Looks(runs);
    new ResultFigures(runs, looks, page).add();
    new TrainingFigures(runs, looks, page).add();
    new NetworkFigures(runs, looks, page).add();
    settings(runs, page);
    String about = runs.size() > 1 ? "" : runs.get(0).run().logged("data ");
    return page.whole(String.join(" · ", runs.stream().map(r -> r.run().name()).toList()), about);
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
      page.figure("settings-" + runs.indexOf(e), e.run().name(), Page.settings(rows));
    }
    page.close();
  }
}
