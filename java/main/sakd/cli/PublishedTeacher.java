package sakd.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import sakd.data.Dataset;
import sakd.data.set.DatasetKind;
import sakd.distill.Plan;
import sakd.infer.TorchvisionWeights;

/**
 * A teacher with the weights that torchvision publishes.
 *
 * @param fetched whether they are fetched where they are not there yet, or else in a folder of the
 *     user's
 */
record PublishedTeacher(TorchvisionWeights weights, Plan plan, boolean fetched) {
  /** That of a plan; empty if its teacher is another. */
  static Optional<PublishedTeacher> of(TeacherSource source, Plan plan) {
    return source == null || !source.isTorchvision() || !plan.method().needsTeacher()
        ? Optional.empty()
        : Optional.of(
            new PublishedTeacher(
                TorchvisionWeights.of(plan.teacherModel()), plan, source.path() == null));
  }

  /** Refuses samples that the weights are not for, before they are fetched. */
  void require(Dataset trainSet) {
    weights.requireFit(plan.teacherModel(), trainSet, plan.finetune() || plan.allowPartial());
  }

  /** Whether the file is there, of which its checksum is computed. */
  boolean isHere() {
    return !fetched || weights.isHere(plan.teacherWeights());
  }

  /** Fetches the file, unless another process has meanwhile. */
  void fetch(Consumer<String> progress) {
    weights.fetch(plan.teacherWeights(), progress);
  }

  /** What would be fetched, from where to where. */
  String download() {
    return weights + " from " + weights.address() + " to " + plan.teacherWeights().getParent();
  }

  /** What is not as the weights have it, a sentence each. */
  List<String> notes(Dataset trainSet) {
    List<String> notes = new ArrayList<>();
    float[] mean = DatasetKind.IMAGENET.info.mean();
    float[] std = DatasetKind.IMAGENET.info.std();
    if (!Arrays.equals(mean, trainSet.info().mean())
        || !Arrays.equals(std, trainSet.info().std())) {
      notes.add(
          "torchvision's weights are for images of --mean "
              + text(mean)
              + " --std "
              + text(std)
              + ", and these have other ones");
    }
    if (!fetched) {
      weights.compare(plan.teacherWeights(), notes::add);
    }
    return notes;
  }

  private static String text(float[] values) {
    List<String> all = new ArrayList<>();
    for (float v : values) {
      all.add(Float.toString(v));
    }
    return String.join(",", all);
  }
}
