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

  private final DistillationWeights weights;
  private final List<Transform> transforms = new ArrayList<>();

  /**
   * @param transformKernel 1, or 3 as the CIFAR networks have it
   * @param parameters the student's, which the transforms join
   */
  public DistillationLoss(
      DistillationWeights weights,
      List<Integer> stageChannels,
      int transformKernel,
      Parameters parameters) {
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

  /** Whether a parameter of this name belongs to a transform, which inference does not need. */
  public static boolean isTransform(String parameter) {
    return parameter.startsWith("transform");
  }

  /**
   * Computes the loss and passes its gradients to the student's tape.
   *
   * @param teacher null if no term needs it
   * @param labels [N] I32
   * @param lossScale [1], multiplies the gradients
   * @return to be closed by the caller
   */
  public Objective.Losses compute(
      Tape tape, Network.Output student, Network.Output teacher, Tensor labels, Tensor lossScale) {
    Ops ops = tape.ops();
    Tensor logits = student.logits().value();
    Tensor each = ops.allocate(DType.F32, logits.dim(-2), 2);
    Tensor grad = tape.gradientOf(student.logits());
    ops.softmaxLoss(
        logits,
        weights.logits() > 0 ? teacher.logits().value() : null,
        labels,
        lossScale,
        weights.ce(),
        weights.logits(),
        weights.temperature(),
        weights.labelSmoothing(),
        each,
        grad);
    tape.pass(student.logits(), grad);
    Tensor distances = transforms.isEmpty() ? null : ops.allocate(DType.F32, transforms.size());
    for (int i = 0; i < transforms.size(); i++) {
      Transform t = transforms.get(i);
      Var feature = Pooling.timeMean(tape, student.stages().get(i));
      Var mapped = t.norm.forward(tape, t.conv.forward(tape, feature));
      Tensor gradMapped = tape.gradientOf(mapped);
      ops.squaredError(
          mapped.value(),
          teacher.stages().get(i).value(),
          lossScale,
          weights.features(),
          distances,
          i,
          gradMapped);
      tape.pass(mapped, gradMapped);
    }
    return new Objective.Losses(logits, each, distances);
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
