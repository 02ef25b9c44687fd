package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.storage;

import sakd.device.DType;

/** The losses of kernels/distance.cu and kernels/headtail.cu: sizes and launches. */
final class DistanceKernels {
  private final KernelOps ops;
  private final Reductions reductions;

  DistanceKernels(KernelOps ops, Reductions reductions) {
    this.ops = ops;
    this.reductions = reductions;
  }

  static void requireMaps(Tensor a, Tensor b, Tensor loss, Tensor grad) {
    require(
        a.rank() == 5
            && a.dim(0) == 1
            && storage(a, b, grad)
            && b.size() == a.size()
            && b.channels() == a.channels()
            && grad.size() == a.size()
            && floats(loss, 1),
        a,
        b,
        loss,
        grad);
  }

  void distance(
      Distance kind,
      Tensor a,
      Tensor b,
      float temperature,
      float weight,
      Tensor loss,
      Tensor grad) {
    requireMaps(a, b, loss, grad);
    switch (kind) {
      case MSE -> differences("loss.cu", "squared_error", a, b, 2 * weight / a.size(), loss, grad);
      case L1 -> differences("distance.cu", "absolute_error", a, b, weight / a.size(), loss, grad);
      case NORMALIZED -> normalized(a, b, weight, loss, grad);
      case KL -> channelDivergence(a, b, temperature, weight, loss, grad);
    }
  }

  private void differences(
      String file, String function, Tensor a, Tensor b, float scale, Tensor loss, Tensor grad) {
    try (Tensor one = ops.allocate(DType.F32, 1)) {
      ops.fill(one, 1);
      reductions.differences(file, function, a, b, one, scale, loss, 0, grad);
    }
  }

  private void normalized(Tensor a, Tensor b, float weight, Tensor loss, Tensor grad) {
    int samples = a.dim(1);
    long size = a.size() / samples;
    int lanes = ops.lanes(size, a.type(), 1);
    int items = Math.toIntExact(size / lanes);
    Reductions.Chunks chunks = reductions.chunks(items, samples, a.size() * a.type().size);
    try (Tensor partial = ops.allocate(DType.F32, samples, chunks.count(), 3);
        Tensor losses = ops.allocate(DType.F32, samples);
        Tensor coefficients = ops.allocate(DType.F32, samples, 2)) {
      ops.kernel("distance.cu", "product_sums", a.type(), lanes)
          .launchRows(
              samples,
              chunks.count(),
              a.memory(),
              b.memory(),
              partial.memory(),
              (long) items,
              chunks.size(),
              samples,
              chunks.count());
      ops.kernel("distance.cu", "normalized_coefficients", DType.F32, 1)
          .launch(
              samples,
              partial.memory(),
              losses.memory(),
              coefficients.memory(),
              weight / samples,
              samples,
              chunks.count());
      ops.kernel("distance.cu", "normalized_gradient", a.type(), lanes)
          .launchRows(
              samples,
              items,
              a.memory(),
              b.memory(),
              coefficients.memory(),
              grad.memory(),
              samples,
              items);
      reductions.scaledSum(losses, 1f / samples, loss);
    }
  }

  private void channelDivergence(
      Tensor a, Tensor b, float temperature, float weight, Tensor loss, Tensor grad) {
    int samples = a.dim(1);
    int channels = a.channels();
    try (Tensor losses = ops.allocate(DType.F32, samples, channels)) {
      ops.kernel("distance.cu", "channel_divergence", a.type(), 1)
          .launchRows(
              samples,
              channels,
              a.memory(),
              b.memory(),
              losses.memory(),
              grad.memory(),
              weight / losses.size(),
              temperature,
              samples,
              a.dim(2) * a.dim(3),
              channels);
      reductions.scaledSum(losses, 1f / losses.size(), loss);
    }
  }

  static void requireHeadTail(Tensor logits, Tensor teacher, Tensor losses, Tensor grad) {
    require(
        floats(logits, logits.size())
            && floats(teacher, logits.size())
            && teacher.channels() == logits.channels()
            && floats(losses, logits.rows())
            && floats(grad, logits.size()),
        logits,
        teacher,
        losses,
        grad);
  }

  void headTail(
      Tensor logits,
      Tensor teacher,
      float temperature,
      float weight,
      float head,
      Tensor losses,
      Tensor grad) {
    requireHeadTail(logits, teacher, losses, grad);
    int samples = Math.toIntExact(logits.rows());
    int classes = logits.channels();
    try (Tensor inHead = ops.allocate(DType.F32, samples, classes)) {
      ops.kernel("headtail.cu", "head_mask", DType.F32, 1)
          .launchRows(
              samples,
              classes,
              teacher.memory(),
              inHead.memory(),
              head,
              temperature,
              samples,
              classes);
      ops.kernel("headtail.cu", "head_tail_loss", DType.F32, 1)
          .launch(
              samples,
              logits.memory(),
              teacher.memory(),
              inHead.memory(),
              losses.memory(),
              grad.memory(),
              weight / samples,
              temperature,
              samples,
              classes);
    }
  }
}
