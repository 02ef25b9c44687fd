package sakd.ops;

import static sakd.ops.Requirements.requireConfusion;
import static sakd.ops.Requirements.requirePixelCount;
import static sakd.ops.Requirements.requirePixelLoss;

import sakd.device.DType;
import sakd.ops.Reductions.Chunks;

/** Losses and counts of pixels: sizes and launches. */
interface PixelKernels extends LossOps, KernelFacet {
  String FILE = "pixels.cu";

  /** Of what is counted on a GPU, where a thread takes a chunk. */
  int LEAST_PIXELS = 16;

  int MOST_CHUNKS = 1 << 17;

  /** Counts of all chunks of a confusion matrix, 32 MiB. */
  int MOST_COUNTS = 1 << 23;

  @Override
  default void pixelLoss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor divisor,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor hits,
      Tensor grad) {
    requirePixelLoss(logits, teacher, labels, divisor, lossScale, klWeight, losses, hits, grad);
    int pixels = Math.toIntExact(labels.size());
    int classes = logits.channels();
    int lanes = device().hasWarps() ? 1 : device().preferredLanes(DType.F32, 1);
    int blocks = pixels / lanes;
    // Fewer pixels than lanes are left over: a chunk of their own, one after the other.
    int rest = pixels - blocks * lanes > 0 ? 1 : 0;
    Chunks chunks = blocks == 0 ? new Chunks(0, 0, 0, 1) : chunks(blocks, logits);
    int all = chunks.count() + rest;
    int shared = divisor == null ? 0 : 1;
    try (Tensor counted = allocate(DType.I32, 1);
        Tensor sums = allocate(DType.F32, all, 2);
        Tensor right = allocate(DType.I32, all);
        Tensor sum = allocate(DType.F32, 1, 2);
        Tensor allRight = allocate(DType.I32, 1)) {
      count(labels, classes, counted);
      Object[] tensors = {
        logits.memory(),
        (klWeight == 0 ? logits : teacher).memory(),
        labels.memory(),
        lossScale.memory(),
        counted.memory(),
        (shared == 0 ? lossScale : divisor).memory(),
        grad.memory(),
        sums.memory(),
        right.memory(),
        shared,
        ceWeight,
        klWeight,
        temperature,
        smoothing,
        classes
      };
      if (blocks > 0) {
        launch(lanes, tensors, 0, 0, blocks, chunks);
      }
      if (rest > 0) {
        int left = pixels - blocks * lanes;
        launch(1, tensors, blocks * lanes, chunks.count(), left, new Chunks(1, left, 0, 1));
      }
      reductions().fold(sums, sum, false);
      reductions().fold(right.reshape(all, 1), allRight, false);
      launcher()
          .kernel(FILE, "pixel_loss_mean", DType.F32, 1)
          .launch(
              1,
              sum.memory(),
              allRight.memory(),
              counted.memory(),
              (shared == 0 ? lossScale : divisor).memory(),
              losses.memory(),
              hits.memory(),
              shared);
    }
  }

  private void launch(int lanes, Object[] tensors, int pixel, int slot, int blocks, Chunks chunks) {
    Object[] sizes = {pixel, slot, blocks, chunks.size(), chunks.count()};
    launcher()
        .kernel(FILE, "pixel_loss", DType.F32, lanes)
        .launch(chunks.count(), Reductions.join(tensors, sizes));
  }

  /** {@code n} items cut for a pass that reads the logits of each. */
  private Chunks chunks(int n, Tensor logits) {
    int wanted =
        device().hasWarps()
            ? Math.max(1, Math.min(n / LEAST_PIXELS, MOST_CHUNKS))
            : device().preferredChunks(n, 1, logits.size() * logits.type().size);
    return Chunks.of(n, wanted, 0, 1);
  }

  /** counted [1] = how many labels are a class. */
  private void count(Tensor labels, int classes, Tensor counted) {
    int pixels = Math.toIntExact(labels.size());
    Chunks chunks = chunks(pixels, labels);
    try (Tensor partial = allocate(DType.I32, chunks.count(), 1)) {
      launcher()
          .kernel(FILE, "count_pixels", DType.F32, 1)
          .launch(
              chunks.count(),
              labels.memory(),
              partial.memory(),
              classes,
              pixels,
              chunks.size(),
              chunks.count());
      reductions().fold(partial, counted, false);
    }
  }

  @Override
  default void countPixels(Tensor labels, int classes, Tensor count) {
    requirePixelCount(labels, classes, count);
    try (Tensor counted = allocate(DType.I32, 1)) {
      count(labels, classes, counted);
      launcher()
          .kernel(FILE, "pixel_count", DType.F32, 1)
          .launch(1, counted.memory(), count.memory());
    }
  }

  @Override
  default void confusion(Tensor logits, Tensor labels, Tensor counts) {
    requireConfusion(logits, labels, counts);
    int classes = logits.channels();
    int pixels = Math.toIntExact(labels.size());
    int cells = classes * classes;
    int wanted = Math.min(chunks(pixels, logits).count(), Math.max(1, MOST_COUNTS / cells));
    Chunks chunks = Chunks.of(pixels, wanted, 0, 1);
    try (Tensor partial = allocate(DType.I32, chunks.count(), cells)) {
      launcher()
          .kernel(FILE, "confusion", DType.F32, 1)
          .launch(
              chunks.count(),
              logits.memory(),
              labels.memory(),
              partial.memory(),
              classes,
              pixels,
              chunks.size(),
              chunks.count());
      reductions().fold(partial, counts, true);
    }
  }
}
