package sakd.distill;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.device.DType;
import sakd.infer.DeviceBatch;
import sakd.model.Network;
import sakd.nn.BatchNorm2d;
import sakd.nn.Conv2d;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Ops;
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
 * transform<i>.net.0} and {@code .net.1}, i from 1.
 */
public final class DistillationLoss {
  private record Transform(Conv2d conv, NormNeuron norm) {}

  private final DistillationForm form;
  private final LabelLoss labels;
  private DistillationWeights weights;
  private final List<Transform> transforms = new ArrayList<>();

  /** The published loss, of classification. */
  public DistillationLoss(
      DistillationWeights weights,
      List<Integer> stageChannels,
      int transformKernel,
      Parameters parameters) {
    this(
        Task.CLASSIFICATION,
        DistillationForm.PUBLISHED,
        weights,
        stageChannels,
        transformKernel,
        parameters);
  }

  /**
   * @param task whose terms follow labels and logits
   * @param form how terms are computed
   * @param transformKernel 1, or 3 as the CIFAR networks have it
   * @param parameters the student's, which the transforms join
   */
  public DistillationLoss(
      Task task,
      DistillationForm form,
      DistillationWeights weights,
      List<Integer> stageChannels,
      int transformKernel,
      Parameters parameters) {
    this.form = form;
    this.labels = LabelLoss.of(task, form);
    this.weights = weights;
    if (weights.features() > 0) {
      for (int i = 0; i < stageChannels.size(); i++) {
        int c = stageChannels.get(i);
        String name = "transform" + (i + 1) + ".net.";
        transforms.add(
            new Transform(
                new Conv2d(parameters, name + "0", c, c, transformKernel, 1),
                new NormNeuron(
                    parameters,
                    name + "1",
                    new BatchNorm2d(parameters, name + "1", c),
                    Neuron.IDENTITY,
                    Neuron.Residual.NONE,
                    1)));
      }
    }
  }

  public DistillationWeights weights() {
    return weights;
  }

  /** Other weights from the next step on. */
  void weights(DistillationWeights others) {
    weights = others;
  }

  /** Whether features are compared, with whatever weight. */
  boolean followsFeatures() {
    return !transforms.isEmpty();
  }

  /** Whether a parameter of this name belongs to a transform, which inference does not need. */
  public static boolean isTransform(String parameter) {
    return parameter.startsWith("transform");
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
    Tensor distances = followsFeatures() ? ofFeatures(tape, student, teacher, lossScale) : null;
    return new Objective.Losses(l.each(), batch.size(), distances, l.hits());
  }

  /** The distance of every stage's features, [stages]. */
  private Tensor ofFeatures(
      Tape tape, Network.Output student, Network.Output teacher, Tensor lossScale) {
    Ops ops = tape.ops();
    Tensor distances = ops.allocate(DType.F32, transforms.size());
    for (int i = 0; i < transforms.size(); i++) {
      Transform t = transforms.get(i);
      Var feature = Pooling.timeMean(tape, student.stages().get(i));
      Var mapped = t.norm.forward(tape, t.conv.forward(tape, feature));
      Tensor grad = tape.gradientOf(mapped);
      ops.distance(
          form.distance(),
          mapped.value(),
          teacher.stages().get(i).value(),
          lossScale,
          weights.temperature(),
          weights.features(),
          distances,
          i,
          grad);
      tape.pass(mapped, grad);
    }
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
    double features = averages.get(each.size());
    terms.put(LossTerms.FEATURES, features);
    return new LossTerms(total + weights.features() * features, terms);
  }
}
