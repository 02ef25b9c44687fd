package sakd.distill;

import java.util.List;
import sakd.device.DType;
import sakd.infer.DeviceBatch;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.task.Task;

/**
 * The terms of detection. What the labels ask is RetinaNet's (Lin et al. 2017, arXiv 1708.02002),
 * as torchvision computes it: of every picture
 *
 * <pre>
 *   focal = sum over anchors that are not ignored, and classes, of the focal loss / F
 *   box   = sum over anchors with an object of |deltas - object's deltas|_1 / F
 * </pre>
 *
 * with F the number of anchors that have an object, at least 1; then the mean over pictures. An
 * anchor has the object with the largest IoU, if that is at least 0.5 or no anchor has a larger one
 * with that object; below 0.4 it is background, between it is ignored.
 *
 * <p>That a student follows its teacher's answers and the features on the way to them is SAKD's
 * principle (Qiu et al. 2024); which form this takes in a detector is not published, so the form is
 * ours. Most anchors see nothing, so each is weighted by the teacher's confidence c_a, the largest
 * of its classes' probabilities. With q and z the logits of teacher and student, T the temperature,
 * and d the deltas:
 *
 * <pre>
 *   logits  = T^2 sum_a c_a sum_k KL(sigmoid(q_ak / T) || sigmoid(z_ak / T)) / sum_a c_a
 *   boxes   = sum_(c_a >= 0.05) c_a |d_a - teacher's d_a|_1 / sum_(c_a >= 0.05) c_a
 *   pyramid = sum over levels i of MSE(transform_i(mean over time of P_i), standardised teacher's P_i)
 * </pre>
 *
 * 0.05 is the score from which an answer counts as a detection. Levels come from convolutions
 * without a norm and differ in size by orders of magnitude, so every channel of the teacher's is
 * brought to mean 0 and variance 1 (Cao et al. 2022, arXiv 2207.02039, who found the same for
 * teachers of other families); the transform's batch norm does so for the student's.
 */
record BoxLoss(FeatureLoss pyramid) implements LabelLoss {
  private static final float FOREGROUND_IOU = 0.5f;
  private static final float BACKGROUND_IOU = 0.4f;
  private static final float CONFIDENT = 0.05f;

  /** Places of the losses, as {@link Task#DETECTION} names them. */
  private static final int FOCAL = 0;

  private static final int BOX = 2;
  private static final int PYRAMID = 4;

  @Override
  public List<String> names() {
    return Task.DETECTION.losses();
  }

  @Override
  public List<Float> weights(DistillationWeights w) {
    return List.of(w.ce(), w.logits(), w.ce(), w.boxes(), w.pyramid());
  }

  @Override
  public boolean followsFeatures() {
    return pyramid.size() > 0;
  }

  @Override
  public Computed compute(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      DeviceBatch batch,
      DistillationWeights weights,
      Tensor lossScale) {
    Ops ops = tape.ops();
    Tensor each = ops.allocate(DType.F32, 1, names().size());
    Tensor hits = ops.allocate(DType.I32, 2);
    ops.device().zero(each.memory());
    answers(tape, student, teacher, batch, weights, lossScale, each, hits);
    if (pyramid.size() > 0) {
      levels(tape, student, teacher, weights, lossScale, each);
    }
    return new Computed(each, hits);
  }

  private static void answers(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      DeviceBatch batch,
      DistillationWeights weights,
      Tensor lossScale,
      Tensor each,
      Tensor hits) {
    Ops ops = tape.ops();
    Var logits = student.logits();
    Var deltas = student.boxes().deltas();
    int pictures = batch.size();
    int count = student.boxes().grid().count();
    boolean followed = weights.logits() > 0 || weights.boxes() > 0;
    Tensor byLogits = tape.gradientOf(logits);
    Tensor byDeltas = tape.gradientOf(deltas);
    try (Tensor anchors = ops.allocate(DType.F32, count, 4);
        Tensor matched = ops.allocate(DType.I32, pictures, count);
        Tensor foreground = ops.allocate(DType.I32, pictures);
        Tensor confidence = followed ? ops.allocate(DType.F32, pictures, count) : null;
        Tensor sums = followed ? ops.allocate(DType.F32, 2) : null) {
      ops.anchors(student.boxes().grid(), anchors);
      ops.matchAnchors(
          anchors,
          batch.boxes(),
          batch.labels(),
          FOREGROUND_IOU,
          BACKGROUND_IOU,
          matched,
          foreground);
      if (followed) {
        ops.confidence(rows(teacher.logits().value()), CONFIDENT, confidence, sums);
        if (ops.ranks() > 1) {
          ops.shareOfRanks(sums, pictures);
        }
      }
      ops.focalLoss(
          rows(logits.value()),
          followed ? rows(teacher.logits().value()) : null,
          confidence,
          sums,
          matched,
          batch.labels(),
          foreground,
          lossScale,
          weights.ce(),
          weights.logits(),
          weights.temperature(),
          each,
          FOCAL,
          hits,
          rows(byLogits));
      ops.boxLoss(
          rows(deltas.value()),
          followed ? rows(teacher.boxes().deltas().value()) : null,
          confidence,
          sums,
          CONFIDENT,
          anchors,
          matched,
          batch.boxes(),
          foreground,
          lossScale,
          weights.ce(),
          weights.boxes(),
          each,
          BOX,
          rows(byDeltas));
    }
    tape.pass(logits, byLogits);
    tape.pass(deltas, byDeltas);
  }

  /** [1, N, A, values] without the step. */
  private static Tensor rows(Tensor t) {
    return t.reshape(t.dim(1), t.dim(2), t.dim(3));
  }

  private void levels(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      DistillationWeights weights,
      Tensor lossScale,
      Tensor each) {
    Ops ops = tape.ops();
    int count = pyramid.size();
    try (Tensor distances = ops.allocate(DType.F32, count);
        Tensor sum = ops.allocate(DType.F32, 1)) {
      pyramid.compute(
          tape,
          student.boxes().pyramid(),
          teacher.boxes().pyramid(),
          weights.temperature(),
          weights.pyramid(),
          lossScale,
          distances);
      ops.sumRows(distances.reshape(count, 1), sum);
      ops.copyChannels(sum.reshape(1, 1), 0, each, PYRAMID, 1);
    }
  }
}
