package sakd.distill;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.infer.Weights;
import sakd.io.WeightFile;
import sakd.model.NetworkSpec;
import sakd.nn.Parameter;
import sakd.nn.Parameters;

/**
 * What of a weight file that a run is given goes into its network. With {@link Plan#finetune} the
 * file was trained on other classes: its body is kept, and the layers whose shape depends on the
 * number of classes start anew, even where the number is the same.
 *
 * @param anew parameters that are not taken from the file
 */
record GivenWeights(Weights.Match match, Set<String> anew, int classes) {
  /**
   * Finds the tensors; the transforms of distillation may be missing in the file. The parameters
   * need not be allocated.
   *
   * @param network whose parameters they are
   * @throws UserError if the file is of another network
   */
  static GivenWeights of(
      WeightFile file, Parameters parameters, NetworkSpec network, Plan plan, Dataset data) {
    Set<String> ofClasses = ofClasses(network, data);
    Set<String> anew = plan.finetune() ? ofClasses : Set.of();
    Predicate<String> taken =
        name ->
            !anew.contains(name)
                && (!DistillationLoss.isTransform(name) || file.tensors().containsKey(name));
    String architecture = Pipeline.architecture(network, data);
    try {
      Weights.Match match =
          Weights.match(file, parameters, taken, architecture, plan.allowPartial());
      return new GivenWeights(match, anew, data.classes());
    } catch (UserError e) {
      if (!plan.allowPartial()) {
        requireClasses(
            Weights.match(file, parameters, taken, architecture, true), ofClasses, architecture);
      }
      throw e;
    }
  }

  /** Tells of fine-tuning where nothing but the number of classes is in the way. */
  private static void requireClasses(
      Weights.Match match, Set<String> ofClasses, String architecture) {
    boolean headAlone =
        match.missing().isEmpty()
            && match.unknown().isEmpty()
            && match.misshapen().stream()
                .allMatch(m -> ofClasses.stream().anyMatch(name -> m.startsWith(name + " is ")));
    if (headAlone) {
      throw new UserError(
          match.file().title()
              + " was trained on other classes than "
              + architecture
              + ": "
              + match.misshapen().get(0)
              + "; give --finetune to keep its body and train a new head");
    }
  }

  /** The parameters that have another shape where there is one class more. */
  private static Set<String> ofClasses(NetworkSpec network, Dataset data) {
    Parameters these = new Parameters(0);
    Parameters more = new Parameters(0);
    Pipeline.ann(network, data.channels(), data.classes(), these);
    Pipeline.ann(network, data.channels(), data.classes() + 1, more);
    return these.all().stream()
        .filter(p -> !Arrays.equals(p.shape(), more.get(p.name()).shape()))
        .map(Parameter::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Sets the parameters that the file has. */
  void set() {
    match.set();
  }

  /** One line: what was loaded, and what starts anew. */
  String summary() {
    return match.summary()
        + (anew.isEmpty()
            ? ""
            : "; starting anew for " + classes + " classes: " + String.join(", ", anew));
  }
}
