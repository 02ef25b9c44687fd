package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.storage;

import sakd.device.DType;

/** The losses beyond softmax, of four files under kernels/: sizes and launches. */
interface DistanceKernels extends LossOps, KernelFacet {
  static void requireMaps(
      Tensor a, Tensor b, Tensor lossScale, Tensor losses, int index, Tensor grad) {
    require(
        a.rank() == 5
            && a.dim(0) == 1
            && storage(a, b, grad)
            && b.size() == a.size()
            && b.channels() == a.channels()
            && grad.size() == a.size()
            && floats(lossScale, 1)
            && losses.type() == DType.F32
            && index >= 0
            && index < losses.size(),
        a,
        b,
        losses,
        grad);
  }

  @Override
  default void distance(
      Distance kind,
      Tensor a,
      Tensor b,
      Tensor lossScale,
      float temperature,
      float weight,
      Tensor losses,
      int index,
      Tensor grad) {
    requireMaps(a, b, lossScale, losses, index, grad);
    float share = weight / a.size();
    switch (kind) {
      case MSE ->
          reductions()
              .differences(
                  "loss.cu", "squared_error", a, b, lossScale, 2 * share, losses, index, grad);
      case L1 ->
          reductions()
              .differences(
                  "distance.cu", "absolute_error", a, b, lossScale, share, losses, index, grad);
      case NORMALIZED -> normalized(a, b, lossScale, weight, losses, index, grad);
      case KL -> channelDivergence(a, b, lossScale, temperature, weight, losses, index, grad);
    }
  }

  private void normalized(
      Tensor a, Tensor b, Tensor lossScale, float weight, Tensor losses, int index, Tensor grad) {
    int samples = a.dim(1);
    long size = a.size() / samples;
    int lanes = launcher().lanes(size, a.type(), 1);
    int items = Math.toIntExact(size / lanes);
    Reductions.Chunks chunks = reductions().ofItems(items, samples, a.size() * a.type().size);
    try (Tensor partial = allocate(DType.F32, samples, chunks.count(), 3);
        Tensor each = allocate(DType.F32, samples);
        Tensor coefficients = allocate(DType.F32, samples, 2)) {
      reductions()
          .sumsOfArrays(
              launcher().kernel(launcher().twin("distance.cu"), "product_sums", a.type(), lanes),
              chunks,
              a.memory(),
              b.memory(),
              partial.memory(),
              (long) items,
              chunks.size(),
              samples,
              chunks.count());
      launcher()
          .kernel("distance.cu", "normalized_coefficients", DType.F32, 1)
          .launch(
              samples,
              partial.memory(),
              lossScale.memory(),
              each.memory(),
              coefficients.memory(),
              weight / samples,
              samples,
              chunks.count());
      launcher()
          .kernel("distance.cu", "normalized_gradient", a.type(), lanes)
          .launchRows(
              samples,
              items,
              a.memory(),
              b.memory(),
              coefficients.memory(),
              grad.memory(),
              samples,
              items);
      reductions().scaledSum(each, 1f / samples, losses, index);
    }
  }

  private void channelDivergence(
      Tensor a,
      Tensor b,
      Tensor lossScale,
      float temperature,
      float weight,
      Tensor losses,
      int index,
      Tensor grad) {
    int samples = a.dim(1);
    int channels = a.channels();
    try (Tensor each = allocate(DType.F32, samples, channels)) {
      launcher()
          .kernel("channel_divergence.cu", "channel_divergence", a.type(), 1)
          .launchRows(
              samples,
              channels,
              a.memory(),
              b.memory(),
              lossScale.memory(),
              each.memory(),
              grad.memory(),
              weight / each.size(),
              temperature,
              samples,
              a.dim(2) * a.dim(3),
              channels);
      reductions().scaledSum(each, 1f / each.size(), losses, index);
    }
  }

  static void requireHeadTail(
      Tensor logits, Tensor teacher, Tensor lossScale, Tensor losses, Tensor grad) {
    require(
        floats(logits, logits.size())
            && floats(teacher, logits.size())
            && teacher.channels() == logits.channels()
            && floats(lossScale, 1)
            && floats(losses, 2 * logits.rows())
            && floats(grad, logits.size()),
        logits,
        teacher,
        losses,
        grad);
  }

  @Override
  default void headTailLoss(
      Tensor logits,
      Tensor teacher,
      Tensor lossScale,
      float temperature,
      float weight,
      float head,
      Tensor losses,
      Tensor grad) {
    requireHeadTail(logits, teacher, lossScale, losses, grad);
    int samples = Math.toIntExact(logits.rows());
    int classes = logits.channels();
    try (Tensor inHead = allocate(DType.F32, samples, classes)) {
      launcher()
          .kernel("headtail.cu", "head_mask", DType.F32, 1)
          .launchRows(
              samples,
              classes,
              teacher.memory(),
              inHead.memory(),
              head,
              temperature,
              samples,
              classes);
      launcher()
          .kernel("headtail.cu", "head_tail_loss", DType.F32, 1)
          .launch(
              samples,
              logits.memory(),
              teacher.memory(),
              inHead.memory(),
              lossScale.memory(),
              losses.memory(),
              grad.memory(),
              weight / samples,
              temperature,
              samples,
              classes);
    }
  }

  static void requireTet(Tensor logits, Tensor lossScale, Tensor losses, Tensor grad) {
    require(
        floats(logits, logits.size())
            && floats(lossScale, 1)
            && floats(losses, 2 * logits.rows())
            && floats(grad, logits.size()),
        logits,
        losses,
        grad);
  }

  @Override
  default void tetRegularizer(
      Tensor logits,
      Tensor lossScale,
      float lambda,
      float target,
      float weight,
      Tensor losses,
      Tensor grad) {
    requireTet(logits, lossScale, losses, grad);
    int rows = Math.toIntExact(logits.rows());
    launcher()
        .kernel("steps.cu", "tet_regularizer", DType.F32, 1)
        .launch(
            rows,
            logits.memory(),
            lossScale.memory(),
            losses.memory(),
            grad.memory(),
            lambda,
            target,
            weight,
            rows,
            logits.channels());
  }

  static void requireRepeat(Tensor in, Tensor out) {
    require(
        in.type() == out.type()
            && (in.type() == DType.F32 || in.type() == DType.I32)
            && out.size() == in.size() * out.dim(0),
        in,
        out);
  }
}
