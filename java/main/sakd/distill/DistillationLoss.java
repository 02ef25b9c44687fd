package sakd.distill;

import java.util.ArrayList;
import java.util.List;
import sakd.device.DType;
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
import sakd.train.LossTerms;
import sakd.train.Objective;

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
  private DistillationWeights weights;
  private final List<Transform> transforms = new ArrayList<>();

  /** The published loss. */
  public DistillationLoss(
      DistillationWeights weights,
      List<Integer> stageChannels,
      int transformKernel,
      Parameters parameters) {
    this(DistillationForm.PUBLISHED, weights, stageChannels, transformKernel, parameters);
  }

  /**
   * @param transformKernel 1, or 3 as the CIFAR networks have it
   * @param parameters the student's, which the transforms join
   */
  public DistillationLoss(
      DistillationForm form,
      DistillationWeights weights,
      List<Integer> stageChannels,
      int transformKernel,
      Parameters parameters) {
    this.form = form;
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

  /**
   * Computes the loss and passes its gradients to the student's tape.
   *
   * @param teacher null if no term needs it
   * @param labels [N] I32
   * @param mix [6] how labels are mixed, as {@link Ops#softmaxLoss} takes it, or null
   * @param lossScale [1], multiplies the gradients
   * @return to be closed by the caller
   */
  public Objective.Losses compute(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      Tensor labels,
      Tensor mix,
      Tensor lossScale) {
    Tensor each = ofLogits(tape, student, teacher, labels, mix, lossScale);
    Tensor distances = followsFeatures() ? ofFeatures(tape, student, teacher, lossScale) : null;
    return new Objective.Losses(student.logits().value(), each, distances);
  }

  /** Cross-entropy and divergence of each sample, [N, 2]. */
  private Tensor ofLogits(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      Tensor labels,
      Tensor mix,
      Tensor lossScale) {
    Ops ops = tape.ops();
    Tensor expected = weights.logits() > 0 ? teacher.logits().value() : null;
    int steps = student.stepLogits().value().dim(0);
    if (!form.everyStep() || steps == 1) {
      return ofLogits(tape, student.logits(), expected, labels, mix, lossScale);
    }
    int samples = student.logits().value().dim(-2);
    Tensor each = ops.allocate(DType.F32, samples, 2);
    try (Tensor targets = ops.allocate(DType.I32, steps, samples);
        Tensor teachers =
            expected == null
                ? null
                : ops.allocate(DType.F32, steps, samples, expected.channels())) {
      ops.repeatSteps(labels, targets);
      if (expected != null) {
        ops.repeatSteps(expected, teachers);
      }
      // Row i of all steps meets the last but i: the same samples as within one step.
      try (Tensor all = ofLogits(tape, student.stepLogits(), teachers, targets, mix, lossScale)) {
        ops.timeMean(all.reshape(steps, samples, 2), each.reshape(1, samples, 2));
      }
    }
    return each;
  }

  /** The same of logits with a row for each label. */
  private Tensor ofLogits(
      Tape tape, Var student, Tensor teacher, Tensor labels, Tensor mix, Tensor lossScale) {
    Ops ops = tape.ops();
    Tensor logits = student.value();
    Tensor each = ops.allocate(DType.F32, Math.toIntExact(logits.rows()), 2);
    Tensor grad = tape.gradientOf(student);
    boolean headTail = form.head() > 0 && teacher != null;
    ops.softmaxLoss(
        logits,
        headTail ? null : teacher,
        labels,
        mix,
        lossScale,
        weights.ce() * (1 - form.tetLambda()),
        headTail || teacher == null ? 0 : weights.logits(),
        weights.temperature(),
        weights.labelSmoothing(),
        each,
        grad);
    if (form.tetLambda() > 0) {
      ops.tetRegularizer(
          logits, lossScale, form.tetLambda(), form.tetTarget(), weights.ce(), each, grad);
    }
    if (headTail) {
      ops.headTailLoss(
          logits,
          teacher,
          lossScale,
          weights.temperature(),
          weights.logits(),
          form.head(),
          each,
          grad);
    }
    tape.pass(student, grad);
    return each;
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

  /** The weighted sum of the terms, with them. */
  public LossTerms terms(double ce, double logits, double features) {
    return new LossTerms(
        weights.ce() * ce + weights.logits() * logits + weights.features() * features,
        ce,
        logits,
        features);
  }
}
