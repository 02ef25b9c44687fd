package sakd.distill;

import java.nio.file.Path;
import java.util.List;
import sakd.base.Numbers;
import sakd.data.Targets;
import sakd.model.NetworkSpec;
import sakd.model.Own;
import sakd.model.SegmentationSpec;
import sakd.ops.Encoding;
import sakd.ops.Neuron;
import sakd.train.TrainSettings;

/**
 * Everything that decides a run.
 *
 * @param model the student's description
 * @param teacherModel the description whose ANN is the teacher: the student's own, as in the paper,
 *     or another one for the same task
 * @param neuron the student's neuron
 * @param steps T
 * @param method how the student is trained
 * @param compare whether the same student is trained directly too, for as many epochs
 * @param teacherWeights a trained teacher, or null to train one
 * @param initialWeights where the student starts instead, or with {@link Method#ANN} the ANN; or
 *     null
 * @param finetune whether the weight files given were trained on other classes: the body is kept,
 *     the head starts anew, and the teacher is trained before it teaches
 * @param allowPartial whether a weight file given may fit in part
 * @param weights of the loss terms by epoch; the method leaves some out
 * @param form how the terms are computed
 * @param transformKernel size of the transforms' convolution
 * @param settings of the student's training
 * @param teacherEpochs epochs of the ANN's training
 * @param teacherLr its learning rate; all else is as the student's
 * @param encoding what the student sees of still images; the teacher sees them as they are
 */
public record Plan(
    NetworkSpec model,
    NetworkSpec teacherModel,
    Neuron neuron,
    int steps,
    Method method,
    boolean compare,
    Path teacherWeights,
    Path initialWeights,
    boolean finetune,
    boolean allowPartial,
    WeightSchedule weights,
    DistillationForm form,
    int transformKernel,
    TrainSettings settings,
    int teacherEpochs,
    double teacherLr,
    Encoding encoding) {
  /** What its networks have that weight files only name. */
  public Own own() {
    return Own.of(model, neuron);
  }

  /** Whether there is a teacher that is trained here. */
  public boolean trainsTeacher() {
    return method == Method.ANN || (method.needsTeacher() && (teacherWeights == null || finetune));
  }

  /** Whether teacher and student have the same tensors, so that weights can be transferred. */
  public boolean isSelfArchitectural() {
    return teacherModel.equals(model);
  }

  /** Whether the student starts from the teacher's weights, which is level 1. */
  public boolean transfersWeights() {
    return method.transfersWeights() && initialWeights == null && isSelfArchitectural();
  }

  /** Epochs of what the run trains by its method. */
  public int epochs() {
    return method == Method.ANN ? teacherEpochs : settings.epochs();
  }

  /** The settings of the teacher's training. */
  public TrainSettings teacherSettings() {
    return settings.ofTeacher(teacherEpochs, teacherLr);
  }

  /** The network that the run trains by its method, as {@code --model} calls it. */
  public String modelName() {
    return method == Method.ANN ? model.annName() : model.name();
  }

  /** The losses of this run beyond its task's. */
  public List<String> furtherLosses() {
    return List.copyOf(method.select(weights.start()).further().keySet());
  }

  /** The terms of the loss that the method uses, with their weights. */
  public String losses() {
    DistillationWeights w = weights.start();
    boolean ann = method == Method.ANN;
    boolean boxes = model.targetKind() == Targets.Kind.BOXES;
    StringBuilder terms = new StringBuilder(boxes ? "focal and box " : "ce ");
    terms.append(Numbers.plain(ann ? 1 : w.ce()));
    if (w.labelSmoothing() > 0) {
      terms.append(" (label smoothing ").append(Numbers.plain(w.labelSmoothing())).append(')');
    }
    if (model instanceof SegmentationSpec segmentation && segmentation.auxiliary()) {
      terms.append(", aux ").append(Numbers.plain(PixelLoss.AUXILIARY * (ann ? 1 : w.ce())));
    }
    if (method.followsLogits()) {
      terms.append(", logits ").append(Numbers.plain(w.logits()));
      terms.append(" (temperature ").append(Numbers.plain(w.temperature()));
      if (weights.finalTemperature() != w.temperature()) {
        terms.append(" to ").append(Numbers.plain(weights.finalTemperature()));
      }
      if (form.noise() > 0) {
        terms.append(", noise ").append(Numbers.plain(form.noise()));
      }
      terms.append(')');
    }
    if (boxes && method.followsLogits()) {
      terms.append(", boxes ").append(Numbers.plain(w.boxes()));
    }
    if (w.pyramid() > 0 && method.followsFeatures()) {
      terms.append(", pyramid ").append(Numbers.plain(w.pyramid()));
    }
    if (method.followsFeatures()) {
      terms.append(", features ").append(Numbers.plain(w.features()));
      if (weights.featureEpochs() > 0) {
        terms.append(" (").append(Numbers.plain(weights.laterFeatures())).append(" after ");
        terms.append(Numbers.count(weights.featureEpochs(), "epoch")).append(')');
      }
    }
    method
        .select(w)
        .further()
        .forEach((name, weight) -> terms.append(", " + name + " ").append(Numbers.plain(weight)));
    return terms.toString();
  }
}
