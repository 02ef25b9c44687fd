package sakd.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sakd.data.HeldOut;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.run.Results;
import sakd.run.RunArguments;
import sakd.run.Summary;
import sakd.train.Trainer;

/**
 * A training of several that belong together.
 *
 * @param name of what is trained, whatever the seed
 * @param seed of this training
 * @param teacher the run whose network it follows, or null
 * @param settings what train is given but for the run directory and a shared teacher
 * @param folder the run directory
 * @param method what is trained
 * @param epochs of the student, or of the ANN where that alone is trained
 */
record PlannedRun(
    String name,
    long seed,
    PlannedRun teacher,
    List<String> settings,
    Path folder,
    Method method,
    int epochs) {
  /** The arguments of the command that starts the run, or goes on with it. */
  List<String> command() {
    List<String> args = new ArrayList<>(List.of("train"));
    if (isStarted()) {
      args.addAll(List.of(TrainCommand.RESUME, folder.toString()));
      if (settings.contains(TrainCommand.QUIET)) {
        args.add(TrainCommand.QUIET);
      }
      return args;
    }
    args.addAll(settings);
    if (teacher != null) {
      args.addAll(List.of(PlannedRuns.TEACHER, teacher.weights().toString()));
    }
    args.addAll(List.of(TrainCommand.OUTPUT_DIR, folder.toString()));
    return args;
  }

  boolean isStarted() {
    return RunArguments.areIn(folder);
  }

  /** The trained network. */
  Path weights() {
    return folder.resolve(Trainer.BEST);
  }

  /** As summary.csv calls what is trained. */
  String phase() {
    return method == Method.ANN ? Pipeline.TEACHER : Values.lower(method);
  }

  /** How much of the training is done. */
  long epochsDone() {
    return isStarted() ? summary().epochs(phase()) : 0;
  }

  /** Its epochs. */
  Summary summary() {
    return new Summary(folder);
  }

  /** The headline's score after the last epoch, in [0, 1]. */
  double last() {
    return summary().last(phase());
  }

  /** The headline's best score, in [0, 1]. */
  double best() {
    return summary().best(phase());
  }

  /** The headline's score in the final table, in [0, 1]; NaN if the run has none. */
  double tested() {
    return Results.score(folder, summary().task().scores().get(0), phase()).orElse(Double.NaN);
  }

  /** Whether every epoch was scored on training samples held out. */
  boolean isValidated() {
    return summary().heldOut() == HeldOut.VALIDATION;
  }

  /** What training took. */
  double seconds() {
    return summary().seconds(phase());
  }
}
