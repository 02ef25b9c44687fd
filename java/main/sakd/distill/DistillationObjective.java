package sakd.distill;

import sakd.model.Network;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Tensor;
import sakd.train.LossTerms;
import sakd.train.Objective;

/**
 * A training step of the student under its teacher: both see the same images; the teacher runs in
 * inference mode and gets no gradient.
 */
public final class DistillationObjective implements Objective {
  private final Network student;
  private final Network teacher;
  private final DistillationLoss loss;

  /** The teacher may be null if no term of the loss needs it. */
  public DistillationObjective(Network student, Network teacher, DistillationLoss loss) {
    this.student = student;
    this.teacher = loss.weights().needsTeacher() ? teacher : null;
    this.loss = loss;
  }

  @Override
  public Losses compute(Tape tape, Var images, Tensor labels, Tensor lossScale) {
    boolean features = loss.weights().features() > 0;
    if (teacher == null) {
      Network.Output out = student.forward(tape, images, false);
      return loss.compute(tape, out, null, labels, lossScale);
    }
    try (Tape quiet = new Tape(tape.ops(), Tape.Mode.INFERENCE, tape.storage())) {
      Network.Output expected = teacher.forward(quiet, quiet.input(images.value()), features);
      Network.Output out = student.forward(tape, images, features);
      return loss.compute(tape, out, expected, labels, lossScale);
    }
  }

  @Override
  public LossTerms terms(double ce, double logits, double features) {
    return loss.terms(ce, logits, features);
  }
}
