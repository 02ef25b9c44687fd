package sakd.cli;

import java.util.List;
import sakd.base.Version;
import sakd.data.Dataset;
import sakd.data.RenumberedDataset;
import sakd.device.Device;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.ops.Ops;
import sakd.report.Report;
import sakd.run.ModelCard;
import sakd.run.Results;
import sakd.run.RunFolder;

/** What is written about a run when it is over: results.csv, its model card, and report.html. */
record RunPages(Plan plan, Dataset trainSet, Dataset testSet, RunFolder run) {
  /**
   * Writes them. A run whose report cannot be written is as good as others.
   *
   * @param rows of the final table
   * @param settings the text of config.yaml
   */
  void write(List<Pipeline.Row> rows, String settings, Ops ops) {
    run.write(Results.FILE, Results.text(rows));
    ModelCard card =
        new ModelCard(
            plan, trainSet, testSet, rows, run.summary(), settings, madeWith(ops.device()));
    run.write(RunFolder.CARD, card.text());
    try {
      Dataset samples = RenumberedDataset.of(testSet, trainSet.classNames());
      run.say(
          "report  "
              + Report.ofEndedRun(run.path(), samples, plan.own(), ops, plan.settings().storage()));
    } catch (RuntimeException | OutOfMemoryError e) {
      run.say("note    report.html could not be written: " + e.getMessage());
    }
  }

  private static List<String> madeWith(Device device) {
    return List.of(
        "sakd " + Version.text(),
        "Java " + Runtime.version() + ", " + System.getProperty("os.name"),
        device.name() + ": " + device.description());
  }
}
