package sakd.report;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import sakd.run.RunRecord;
import sakd.task.Task;

/**
 * A run and what its networks showed.
 *
 * @param problem why they could not be examined; empty if they were
 * @param few whether fewer test images were taken than there are for the measuring to be short
 * @param classes the names of the data set's classes; empty with a problem
 * @param pictures test images with their truth, as {@link TestPictures#columns} gives them; empty
 *     for classes of pictures
 */
record RunResult(
    RunRecord run,
    List<NetworkResult> results,
    String problem,
    boolean few,
    List<String> classes,
    Map<String, List<byte[]>> pictures) {
  /** Everything that was trained or examined. */
  Set<String> phases() {
    Set<String> phases = new LinkedHashSet<>();
    // A teacher from elsewhere was not trained here, and comes first all the same.
    results.stream().limit(1).forEach(f -> phases.add(f.phase()));
    phases.addAll(run.phases());
    results.forEach(f -> phases.add(f.phase()));
    return phases;
  }

  /** What the networks are for, as far as the run tells. */
  Task task() {
    return run.task();
  }

  /** Why a figure about its networks is missing. */
  String missing() {
    return !problem.isEmpty() ? problem : "No weights are saved yet.";
  }
}
