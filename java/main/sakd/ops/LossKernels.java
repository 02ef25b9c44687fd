package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.ints;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.requireTally;

import sakd.device.DType;

/** The loss of logits and what is counted of a step, by {@code loss.cu}: sizes and launches. */
interface LossKernels extends LossOps, KernelFacet {
  @Override
  default void softmaxLoss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor grad) {
    int samples = Math.toIntExact(logits.rows());
    int classes = logits.channels();
    require(
        labels.size() == samples
            && (mix == null || floats(mix, 6))
            && floats(lossScale, 1)
            && losses.size() == 2L * samples
            && grad.size() == logits.size()
            && (klWeight == 0 || (teacher != null && teacher.size() == logits.size())),
        logits,
        labels,
        losses,
        grad);
    launcher()
        .each(
            "loss.cu",
            "softmax_loss",
            samples,
            logits.memory(),
            (klWeight == 0 ? logits : teacher).memory(),
            labels.memory(),
            (mix == null ? lossScale : mix).memory(),
            lossScale.memory(),
            losses.memory(),
            grad.memory(),
            ceWeight,
            klWeight,
            temperature,
            smoothing,
            mix == null ? 0 : 1,
            samples,
            classes);
  }

  @Override
  default void labelRank(Tensor logits, Tensor labels, Tensor rank) {
    int samples = Math.toIntExact(logits.rows());
    require(labels.size() == samples && rank.size() == samples, logits, labels, rank);
    launcher()
        .each(
            "loss.cu",
            "label_rank",
            samples,
            logits.memory(),
            labels.memory(),
            rank.memory(),
            samples,
            logits.channels());
  }

  @Override
  default void countHits(Tensor rank, Tensor hits) {
    require(ints(rank, rank.size()) && ints(hits, 2), rank, hits);
    launcher()
        .each(
            "loss.cu", "count_hits", 1, rank.memory(), hits.memory(), Math.toIntExact(rank.size()));
  }

  @Override
  default void tallyStep(Tensor losses, int samples, Tensor distances, Tensor hits, Tensor tally) {
    int terms = requireTally(losses, samples, distances, hits, tally);
    launcher()
        .kernel("loss.cu", "tally_step", DType.F32, 1)
        .launch(
            1,
            losses.memory(),
            (distances == null ? losses : distances).memory(),
            hits.memory(),
            tally.memory(),
            samples,
            Math.toIntExact(losses.rows()),
            terms,
            distances == null ? 0 : Math.toIntExact(distances.size()));
  }
}
