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
 * The terms of segmentation, each averaged over the pixels that have a class: cross-entropy, T^2 KL
 * from the teacher's softened classes of the same pixel, and the cross-entropy of the auxiliary
 * head, where the student has one. That head learns from labels alone, with half the weight of the
 * other cross-entropy, as in torchvision's reference training.
 */
record PixelLoss() implements LabelLoss {
  /** The weight of the auxiliary head's cross-entropy, as a share of the other's. */
  static final float AUXILIARY = 0.5f;

  @Override
  public List<String> names() {
    return Task.SEGMENTATION.losses();
  }

  @Override
  public List<Float> weights(DistillationWeights weights) {
    return List.of(weights.ce(), weights.logits(), AUXILIARY * weights.ce());
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
    boolean follows = weights.logits() > 0;
    Tensor followed = follows ? teacher.logits().value() : null;
    Head head = new Head(student.logits(), followed, weights.ce(), weights.logits());
    try (Tensor pair = ops.allocate(DType.F32, 1, 2);
        Tensor divisor = divisor(ops, student, batch)) {
      if (student.auxiliary() == null) {
        ops.device().zero(each.memory());
      } else {
        // Its hits are overwritten by those of the head that counts.
        Head auxiliary = new Head(student.auxiliary(), null, AUXILIARY * weights.ce(), 0);
        auxiliary.learn(tape, batch, divisor, weights, lossScale, pair, hits);
        ops.copyChannels(pair, 0, each, 2, 1);
      }
      head.learn(tape, batch, divisor, weights, lossScale, pair, hits);
      ops.copyChannels(pair, 0, each, 0, 2);
    }
    return new Computed(each, hits);
  }

  /**
   * What sums over this rank's pixels are divided by, so that the pixels of all ranks have the same
   * weight; null with one rank.
   */
  private static Tensor divisor(Ops ops, Network.Output student, DeviceBatch batch) {
    if (ops.ranks() == 1) {
      return null;
    }
    Tensor count = ops.allocate(DType.F32, 1);
    ops.countPixels(batch.labels(), student.logits().value().channels(), count);
    ops.shareOfRanks(count, batch.size());
    return count;
  }

  /** Logits, those to follow or null, and the weights of both terms. */
  private record Head(Var logits, Tensor teacher, float ceWeight, float klWeight) {
    /** Computes both terms, and passes their gradient to the tape. */
    void learn(
        Tape tape,
        DeviceBatch batch,
        Tensor divisor,
        DistillationWeights weights,
        Tensor lossScale,
        Tensor losses,
        Tensor hits) {
      Tensor grad = tape.gradientOf(logits);
      tape.ops()
          .pixelLoss(
              logits.value(),
              teacher,
              batch.labels(),
              divisor,
              lossScale,
              ceWeight,
              klWeight,
              weights.temperature(),
              weights.labelSmoothing(),
              losses,
              hits,
              grad);
      tape.pass(logits, grad);
    }
  }
}
