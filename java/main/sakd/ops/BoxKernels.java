package sakd.ops;

import static sakd.ops.BoxRequirements.requireAnchors;
import static sakd.ops.BoxRequirements.requireBoxLoss;
import static sakd.ops.BoxRequirements.requireConfidence;
import static sakd.ops.BoxRequirements.requireFocalLoss;
import static sakd.ops.BoxRequirements.requireMatch;
import static sakd.ops.Reductions.join;
import static sakd.ops.Reductions.list;

import sakd.device.DType;
import sakd.device.Kernel;
import sakd.ops.Reductions.Chunks;

/** Anchors, their objects and their losses: sizes and launches. */
interface BoxKernels extends BoxOps, KernelFacet {
  /** Vectors of which one chunk's sum is made at most, one after the other in float32. */
  int MOST_SUMMED = 512;

  /** Of sums on a GPU. */
  int MOST_THREADS = 1 << 17;

  /** Anchors of which a thread finds the largest IoU: their sides are 16 KiB. */
  int ANCHORS_OF_CHUNK = 1024;

  @Override
  default void anchors(AnchorGrid grid, Tensor anchors) {
    requireAnchors(grid, anchors);
    long first = 0;
    for (AnchorGrid.Level level : grid.levels()) {
      int[] sizes = level.sizes();
      boxKernel("anchor_boxes", 1)
          .launch(
              level.count(),
              anchors.memory(),
              (float) sizes[0],
              (float) sizes[1],
              (float) sizes[2],
              AnchorGrid.wide(0),
              AnchorGrid.wide(2),
              AnchorGrid.high(0),
              AnchorGrid.high(2),
              level.strideY(),
              level.strideX(),
              level.width(),
              first,
              (long) level.count());
      first += level.count();
    }
  }

  private Kernel boxKernel(String function, int lanes) {
    return launcher().kernel("boxes.cu", function, DType.F32, lanes);
  }

  /** Neighbouring anchors that an item works on. */
  private int anchorLanes() {
    return device().hasWarps() ? 1 : device().preferredLanes(DType.F32, 1);
  }

  @Override
  default void matchAnchors(
      Tensor anchors,
      Tensor boxes,
      Tensor labels,
      float high,
      float low,
      Tensor matched,
      Tensor foreground) {
    requireMatch(anchors, boxes, labels, matched, foreground);
    int pictures = Math.toIntExact(foreground.size());
    int count = Math.toIntExact(matched.size() / pictures);
    int objects = Math.toIntExact(labels.size() / pictures);
    int lanes = anchorLanes();
    int blocks = (count + lanes - 1) / lanes;
    int padded = blocks * lanes;
    try (Tensor sides = allocate(DType.F32, 4, padded);
        Tensor best = allocate(DType.F32, pictures, objects);
        Tensor owners = allocate(DType.F32, pictures, padded)) {
      boxKernel("anchor_sides", 1)
          .launch(padded, anchors.memory(), sides.memory(), count, (long) padded);
      bestOfObjects(sides, boxes, labels, best);
      boxKernel("owners_of_anchors", lanes)
          .launch(
              (long) pictures * blocks,
              sides.memory(),
              boxes.memory(),
              labels.memory(),
              best.memory(),
              owners.memory(),
              high,
              low,
              (long) padded,
              blocks,
              objects,
              (long) pictures * blocks);
      countOwners(owners, matched, foreground);
    }
  }

  /** best [N, M] = largest IoU of each object with any anchor. */
  private void bestOfObjects(Tensor sides, Tensor boxes, Tensor labels, Tensor best) {
    int lanes = anchorLanes();
    int pictures = best.dim(0);
    int objects = best.dim(1);
    int blocks = sides.dim(1) / lanes;
    Chunks chunks = Chunks.of(blocks, 1 + blocks * lanes / ANCHORS_OF_CHUNK, 0, 1);
    int rows = pictures * chunks.count();
    try (Tensor partial = allocate(DType.F32, rows, objects, lanes)) {
      boxKernel("best_of_chunks", lanes)
          .launchRows(
              rows,
              objects,
              sides.memory(),
              boxes.memory(),
              labels.memory(),
              partial.memory(),
              (long) sides.dim(1),
              blocks,
              chunks.size(),
              chunks.count(),
              objects,
              rows);
      boxKernel("best_of_objects", 1)
          .launch(
              best.size(),
              partial.memory(),
              best.memory(),
              chunks.count(),
              objects,
              lanes,
              best.size());
    }
  }

  private void countOwners(Tensor owners, Tensor matched, Tensor foreground) {
    int pictures = owners.dim(0);
    int count = Math.toIntExact(matched.size() / pictures);
    Chunks chunks = sumChunks(count, 4L * count);
    try (Tensor partial = allocate(DType.I32, chunks.count(), pictures)) {
      boxKernel("count_owners", 1)
          .launch(
              partial.size(),
              owners.memory(),
              matched.memory(),
              partial.memory(),
              count,
              (long) owners.dim(1),
              chunks.size(),
              start(chunks),
              step(chunks),
              pictures,
              partial.size());
      reductions().fold(partial, foreground, false);
    }
  }

  /** Cut for a pass that sums up {@code n} vectors and reads so many bytes. */
  private Chunks sumChunks(int n, long bytes) {
    int wanted =
        device().hasWarps()
            ? Math.min(n, MOST_THREADS)
            : Math.max(device().preferredChunks(n, 1, bytes), (n + MOST_SUMMED - 1) / MOST_SUMMED);
    return Chunks.of(n, wanted, 0, 1);
  }

  /** From one chunk's first to the next one's. */
  private int start(Chunks chunks) {
    return device().hasWarps() ? 1 : chunks.size();
  }

  /** From one of a chunk to its next. */
  private int step(Chunks chunks) {
    return device().hasWarps() ? chunks.count() : 1;
  }

  /** Anchors in vectors, cut into chunks, and a chunk of those that fill no vector. */
  record Passes(int lanes, int blocks, Chunks chunks, int left) {
    int count() {
      return chunks.count() + (left > 0 ? 1 : 0);
    }
  }

  private Passes passes(Tensor logits) {
    int anchors = Math.toIntExact(logits.rows());
    int lanes = anchorLanes();
    int blocks = anchors / lanes;
    Chunks chunks = blocks == 0 ? new Chunks(0, 0, 0, 1) : sumChunks(blocks, 4 * logits.size());
    return new Passes(lanes, blocks, chunks, anchors % lanes);
  }

  /** Launches a kernel that sums for all anchors. */
  private void launchPasses(String function, Passes passes, Object... arguments) {
    Chunks chunks = passes.chunks;
    if (passes.blocks > 0) {
      boxKernel(function, passes.lanes)
          .launch(
              chunks.count(),
              join(
                  arguments,
                  list(
                      0,
                      0,
                      passes.blocks,
                      chunks.size(),
                      start(chunks),
                      step(chunks),
                      chunks.count())));
    }
    if (passes.left > 0) {
      Object[] rest = {
        passes.blocks * passes.lanes, chunks.count(), passes.left, passes.left, passes.left, 1, 1
      };
      boxKernel(function, 1).launch(1, join(arguments, rest));
    }
  }

  @Override
  default void confidence(Tensor logits, float threshold, Tensor confidence, Tensor sums) {
    requireConfidence(logits, confidence, sums);
    Passes passes = passes(logits);
    try (Tensor partial = allocate(DType.F32, passes.count(), 2)) {
      launchPasses(
          "confidence",
          passes,
          logits.memory(),
          confidence.memory(),
          partial.memory(),
          threshold,
          logits.channels());
      reductions().fold(partial, sums, false);
    }
  }

  @Override
  default void focalLoss(
      Tensor logits,
      Tensor teacher,
      Tensor confidence,
      Tensor sums,
      Tensor matched,
      Tensor labels,
      Tensor foreground,
      Tensor lossScale,
      float weight,
      float kdWeight,
      float temperature,
      Tensor losses,
      int index,
      Tensor hits,
      Tensor grad) {
    requireFocalLoss(
        logits,
        teacher,
        confidence,
        sums,
        matched,
        labels,
        foreground,
        lossScale,
        kdWeight,
        losses,
        index,
        hits,
        grad);
    boolean distil = kdWeight != 0;
    int anchors = Math.toIntExact(matched.size());
    Passes passes = passes(logits);
    try (Tensor targets = allocate(DType.F32, anchors);
        Tensor shares = allocate(DType.F32, anchors);
        Tensor partial = allocate(DType.F32, passes.count(), 2);
        Tensor counts = allocate(DType.I32, passes.count(), 2)) {
      int pictures = Math.toIntExact(foreground.size());
      boxKernel("class_targets", 1)
          .launch(
              anchors,
              matched.memory(),
              labels.memory(),
              foreground.memory(),
              targets.memory(),
              shares.memory(),
              anchors / pictures,
              Math.toIntExact(labels.size() / pictures),
              pictures,
              (long) anchors);
      launchPasses(
          "focal_loss",
          passes,
          logits.memory(),
          (distil ? teacher : logits).memory(),
          (distil ? confidence : logits).memory(),
          (distil ? sums : logits).memory(),
          targets.memory(),
          shares.memory(),
          lossScale.memory(),
          grad.memory(),
          partial.memory(),
          counts.memory(),
          weight,
          kdWeight,
          temperature,
          logits.channels());
      putLosses(partial, losses, index);
      reductions().fold(counts, hits, false);
    }
  }

  /** losses[index], losses[index + 1] = sums of the rows of partial [rows, 2]. */
  private void putLosses(Tensor partial, Tensor losses, int index) {
    try (Tensor sum = allocate(DType.F32, 2)) {
      reductions().fold(partial, sum, false);
      boxKernel("put_losses", 1).launch(2, sum.memory(), losses.memory(), index, 2);
    }
  }

  @Override
  default void boxLoss(
      Tensor deltas,
      Tensor teacher,
      Tensor confidence,
      Tensor sums,
      float threshold,
      Tensor anchors,
      Tensor matched,
      Tensor boxes,
      Tensor foreground,
      Tensor lossScale,
      float weight,
      float kdWeight,
      Tensor losses,
      int index,
      Tensor grad) {
    requireBoxLoss(
        deltas,
        teacher,
        confidence,
        sums,
        anchors,
        matched,
        boxes,
        foreground,
        lossScale,
        kdWeight,
        losses,
        index,
        grad);
    boolean distil = kdWeight != 0;
    int pictures = Math.toIntExact(foreground.size());
    int all = Math.toIntExact(matched.size());
    Chunks chunks = sumChunks(all, 4 * deltas.size());
    try (Tensor partial = allocate(DType.F32, chunks.count(), 2)) {
      boxKernel("box_loss", 1)
          .launch(
              chunks.count(),
              deltas.memory(),
              (distil ? teacher : deltas).memory(),
              (distil ? confidence : deltas).memory(),
              (distil ? sums : deltas).memory(),
              anchors.memory(),
              matched.memory(),
              boxes.memory(),
              foreground.memory(),
              lossScale.memory(),
              grad.memory(),
              partial.memory(),
              threshold,
              weight,
              kdWeight,
              all / pictures,
              Math.toIntExact(boxes.size() / 4 / pictures),
              pictures,
              all,
              chunks.size(),
              start(chunks),
              step(chunks),
              chunks.count());
      putLosses(partial, losses, index);
    }
  }
}
