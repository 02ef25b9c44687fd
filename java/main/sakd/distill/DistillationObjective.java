package sakd.distill;

import java.util.List;
import sakd.infer.DeviceBatch;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Tensor;
import sakd.task.LossTerms;
import sakd.task.Objective;

/**
 * A training step of the student under its teacher: both see the same images; the teacher runs in
 * inference mode, gets no gradient and stays as it is.
 */
public final class DistillationObjective implements Objective {
  private final Network student;
  private final Network teacher;
  private final DistillationLoss loss;
  private final WeightSchedule schedule;

  /** With the loss's weights in every epoch; see the other constructor. */
  public DistillationObjective(Network student, Network teacher, DistillationLoss loss) {
    this(student, teacher, loss, WeightSchedule.constant(loss.weights()));
  }

  /** The teacher may be null if no term of the loss needs it. */
  public DistillationObjective(
      Network student, Network teacher, DistillationLoss loss, WeightSchedule schedule) {
    this.student = student;
    this.teacher = loss.weights().needsTeacher() ? teacher : null;
    this.loss = loss;
    this.schedule = schedule;
  }

  @Override
  public boolean startEpoch(int epoch, int epochs) {
    DistillationWeights before = loss.weights();
    loss.weights(schedule.at(epoch, epochs));
    return !loss.weights().equals(before);
  }

  @Override
  public Losses compute(Tape tape, Var images, DeviceBatch batch, Tensor lossScale) {
    boolean features = loss.followsFeatures();
    if (teacher == null) {
      Network.Output out = student.forward(tape, images, false);
      return loss.compute(tape, out, null, batch, lossScale);
    }
    try (Tape quiet = Tape.frozen(tape.ops(), tape.storage(), teacher.parameters())) {
      Network.Output[] expected = new Network.Output[1];
      tape.ops()
          .beside(
              () -> expected[0] = teacher.forward(quiet, quiet.input(images.value()), features));
      Network.Output out = student.forward(tape, images, features);
      tape.ops().join();
      return loss.compute(tape, out, expected[0], batch, lossScale);
    }
  }

  @Override
  public List<String> losses() {
    return loss.names();
  }

  @Override
  public LossTerms terms(List<Double> averages) {
    return loss.terms(averages);
  }
}
