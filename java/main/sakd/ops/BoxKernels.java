package sakd.ops;

import static sakd.ops.BoxRequirements.requireAnchors;
import static sakd.ops.BoxRequirements.requireBoxLoss;
import static sakd.ops.BoxRequirements.requireConfidence;
import static sakd.ops.BoxRequirements.requireFocalLoss;
import static sakd.ops.BoxRequirements.requireMatch;

import sakd.device.DType;
import sakd.ops.Reductions.Chunks;

/** Anchors, their objects and their losses: sizes and launches. */
interface BoxKernels extends BoxOps, KernelFacet {
  /** Anchors of which a thread finds the largest IoU: their sides are 16 KiB. */
  int ANCHORS_OF_CHUNK = 1024;

  private AnchorPasses passes() {
    return new AnchorPasses(this);
  }

  @Override
  default void anchors(AnchorGrid grid, Tensor anchors) {
    requireAnchors(grid, anchors);
    long first = 0;
    for (AnchorGrid.Level level : grid.levels()) {
      int[] sizes = level.sizes();
      passes()
          .kernel("anchor_boxes", 1)
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
    int lanes = passes().lanes();
    int blocks = (count + lanes - 1) / lanes;
    int padded = blocks * lanes;
    try (Tensor sides = allocate(DType.F32, 4, padded);
        Tensor best = allocate(DType.F32, pictures, objects);
        Tensor owners = allocate(DType.F32, pictures, padded)) {
      passes()
          .kernel("anchor_sides", 1)
          .launch(padded, anchors.memory(), sides.memory(), count, (long) padded);
      bestOfObjects(sides, boxes, labels, best);
      passes()
          .kernel("owners_of_anchors", lanes)
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
    int lanes = passes().lanes();
    int pictures = best.dim(0);
    int objects = best.dim(1);
    int blocks = sides.dim(1) / lanes;
    Chunks chunks = Chunks.of(blocks, 1 + blocks * lanes / ANCHORS_OF_CHUNK, 0, 1);
    int rows = pictures * chunks.count();
    try (Tensor partial = allocate(DType.F32, rows, objects, lanes)) {
      passes()
          .kernel("best_of_chunks", lanes)
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
      passes()
          .kernel("best_of_objects", 1)
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
    Chunks chunks = passes().chunks(count, 4L * count);
    try (Tensor partial = allocate(DType.I32, chunks.count(), pictures)) {
      passes()
          .kernel("count_owners", 1)
          .launch(
              partial.size(),
              owners.memory(),
              matched.memory(),
              partial.memory(),
              count,
              (long) owners.dim(1),
              chunks.size(),
              passes().start(chunks),
              passes().step(chunks),
              pictures,
              partial.size());
      reductions().fold(partial, foreground, false);
    }
  }

  @Override
  default void confidence(Tensor logits, float threshold, Tensor confidence, Tensor sums) {
    requireConfidence(logits, confidence, sums);
    AnchorPasses.Pass pass = passes().over(logits);
    try (Tensor partial = allocate(DType.F32, pass.count(), 2)) {
      pass.launch(
          "confidence",
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
    AnchorPasses.Pass pass = passes().over(logits);
    try (Tensor targets = allocate(DType.F32, anchors);
        Tensor shares = allocate(DType.F32, anchors);
        Tensor partial = allocate(DType.F32, pass.count(), 2);
        Tensor counts = allocate(DType.I32, pass.count(), 2)) {
      int pictures = Math.toIntExact(foreground.size());
      passes()
          .kernel("class_targets", 1)
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
      pass.launch(
          "focal_loss",
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
      passes().kernel("put_losses", 1).launch(2, sum.memory(), losses.memory(), index, 2);
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
    Chunks chunks = passes().chunks(all, 4 * deltas.size());
    try (Tensor partial = allocate(DType.F32, chunks.count(), 2)) {
      passes()
          .kernel("box_loss", 1)
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
              passes().start(chunks),
              passes().step(chunks),
              chunks.count());
      putLosses(partial, losses, index);
    }
  }
}
