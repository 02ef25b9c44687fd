package sakd.distill;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.device.DType;
import sakd.infer.DeviceBatch;
import sakd.model.Network;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Tensor;
import sakd.task.LossTerms;
import sakd.task.Objective;
import sakd.task.Task;

/**
 * Level 2 of SAKD (Qiu et al. 2024, eq. for the total loss):
 *
 * <pre>
 *   ce CE(student, label) + logits T^2 KL(softmax(teacher/T) || softmax(student/T))
 *     + features sum_i MSE(transform_i(mean over time of stage_i(student)), stage_i(teacher))
 * </pre>
 *
 * transform_i is a convolution and a batch norm that only training needs: {@code
 * transform<i>.net.0} and {@code .net.1}, i from 1. A teacher of another architecture is followed
 * at the stages whose maps have the student's size ({@link FeaturePairs}). What a task has instead
 * of cross-entropy and logits' divergence its {@link LabelLoss} tells.
 */
public final class DistillationLoss {
  private final LabelLoss labels;
  private final FeatureLoss features;
  private DistillationWeights weights;

  /** The published loss, of classification. */
  public DistillationLoss(
      DistillationWeights weights, Network student, int transformKernel, Parameters parameters) {
    this(
        Task.CLASSIFICATION,
        DistillationForm.PUBLISHED,
        weights,
        student,
        transformKernel,
        parameters);
  }

  /**
   * That of a teacher of the student's architecture.
   *
   * @param task whose terms follow labels and logits
   * @param form how terms are computed
   * @param transformKernel 1, or 3 as the CIFAR networks have it
   * @param parameters the student's, which the transforms join
   */
  public DistillationLoss(
      Task task,
      DistillationForm form,
      DistillationWeights weights,
      Network student,
      int transformKernel,
      Parameters parameters) {
    this(task, form, weights, FeaturePairs.ofItself(student), transformKernel, parameters);
  }

  /**
   * The whole loss.
   *
   * @param task whose terms follow labels and logits
   * @param form how terms are computed
   * @param pairs the feature maps that are compared
   * @param transformKernel 1, or 3 as the CIFAR networks have it
   * @param parameters the student's, which the transforms join
   */
  public DistillationLoss(
      Task task,
      DistillationForm form,
      DistillationWeights weights,
      FeaturePairs pairs,
      int transformKernel,
      Parameters parameters) {
    this.weights = weights;
    features =
        new FeatureLoss(
            FeatureLoss.TRANSFORM,
            weights.features() > 0 ? pairs.stages() : List.of(),
            transformKernel,
            form.distance(),
            false,
            parameters);
    FeatureLoss pyramid =
        new FeatureLoss(
            FeatureLoss.TRANSFORM + "_p",
            weights.pyramid() > 0 ? pairs.pyramid() : List.of(),
            transformKernel,
            form.distance(),
            true,
            parameters);
    labels = LabelLoss.of(task, form, weights, pyramid);
  }

  public DistillationWeights weights() {
    return weights;
  }

  /** Other weights from the next step on. */
  void weights(DistillationWeights others) {
    weights = others;
  }

  /** Whether features are compared, or maps of them, with whatever weight. */
  boolean followsFeatures() {
    return features.size() > 0 || labels.followsFeatures() || weights.map() > 0;
  }

  /** Whether a parameter of this name belongs to a transform, which inference does not need. */
  public static boolean isTransform(String parameter) {
    return parameter.startsWith(FeatureLoss.TRANSFORM);
  }

  /** The names of the losses besides the features'. */
  List<String> names() {
    return labels.names();
  }

  /**
   * Computes the loss and passes its gradients to the student's tape.
   *
   * @param teacher null if no term needs it
   * @param lossScale [1], multiplies the gradients
   * @return to be closed by the caller
   */
  public Objective.Losses compute(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      DeviceBatch batch,
      Tensor lossScale) {
    LabelLoss.Computed l = labels.compute(tape, student, teacher, batch, weights, lossScale);
    Tensor distances = features.size() > 0 ? ofStages(tape, student, teacher, lossScale) : null;
    if (features.size() == 0 && weights.map() > 0) {
      // Kept for the map alone.
      student.stages().forEach(tape::drop);
    }
    return new Objective.Losses(l.each(), batch.size(), distances, l.hits());
  }

  /** The distance of every stage's features, [stages]. */
  private Tensor ofStages(
      Tape tape, Network.Output student, Network.Output teacher, Tensor lossScale) {
    Tensor distances = tape.ops().allocate(DType.F32, features.size());
    features.compute(
        tape,
        student.stages(),
        teacher.stages(),
        weights.temperature(),
        weights.features(),
        lossScale,
        distances);
    return distances;
  }

  /** The weighted sum of the terms, with them: the losses', and as the last the features'. */
  public LossTerms terms(List<Double> averages) {
    Map<String, Double> terms = new LinkedHashMap<>();
    List<Float> each = labels.weights(weights);
    double total = 0;
    for (int l = 0; l < each.size(); l++) {
      total += each.get(l) * averages.get(l);
      terms.put(names().get(l), averages.get(l));
    }
    double distance = averages.get(each.size());
    terms.put(LossTerms.FEATURES, distance);
    return new LossTerms(total + weights.features() * distance, terms);
  }
}
