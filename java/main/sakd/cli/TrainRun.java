package sakd.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import sakd.data.Dataset;
import sakd.device.CompilerStopped;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.distill.PlanCheck;
import sakd.ops.Ops;
import sakd.run.RunArguments;
import sakd.run.RunFolder;
import sakd.run.TensorBoardListener;
import sakd.train.Listener;
import sakd.train.Listeners;

/**
 * A training in its run directory, from the first line to the report.
 *
 * @param args as given, recipes spelt out
 * @param settings every setting as it was resolved
 * @param notes what the teacher makes different, a sentence each
 */
record TrainRun(
    Ops ops,
    Plan plan,
    Dataset trainSet,
    Dataset testSet,
    List<String> args,
    List<ResolvedSettings.Setting> settings,
    List<String> notes,
    RunFolder run) {
  /**
   * Trains, and writes down what came of it.
   *
   * @param bar makes way for the lines of the others; null for none
   * @param stopping may end the training once the others have written down what happened; null for
   *     none
   * @param listener hears how it goes; null for none
   * @return the rows of the final table
   */
  List<Pipeline.Row> run(boolean resuming, TrainingBar bar, Interrupt stopping, Listener listener) {
    try (TensorBoardListener events =
        new TensorBoardListener(args, ResolvedSettings.byName(settings))) {
      if (resuming) {
        PlanCheck.checkResume(plan, run.path(), trainSet, testSet);
        RunArguments.write(run.path(), args);
      }
      String config = ConfigFile.text(settings);
      run.write(RunFolder.CONFIG, config);
      TrainPrinter printer = new TrainPrinter(plan, run::say);
      printer.describe(ops.device(), trainSet, testSet);
      run.say("run     " + run.path());
      printer.notes(UnusedOptions.notes(args, plan, trainSet.recordings(), ops.ranks()));
      printer.notes(notes);
      List<Listener> listeners =
          Stream.of(bar, run, events, stopping, listener).filter(Objects::nonNull).toList();
      List<Pipeline.Row> rows =
          new Pipeline(ops, plan, trainSet, testSet, run.path(), new Listeners(listeners), run::say)
              .run(resuming);
      printer.table(rows, run);
      new RunPages(plan, trainSet, testSet, run).write(rows, config, ops);
      return rows;
    } catch (Interrupt.Stopped e) {
      run.warn("stopped in " + e.getMessage() + "; " + goOn());
      throw e;
    } catch (CompilerStopped e) {
      run.warn("stopped while kernels were compiled; " + goOn());
      throw new Interrupt.Stopped(e.getMessage(), e.status());
    }
  }

  private String goOn() {
    return goOn(run.path());
  }

  /** How to go on with a run. */
  static String goOn(Path run) {
    return "go on with: sakd train --resume " + run;
  }
}
