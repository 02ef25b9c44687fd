package sakd.model;

import java.util.List;
import sakd.nn.Maps;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Resize;

/**
 * The class of every pixel. What a stage's maps say is computed at their size, for every step; its
 * mean over time is brought to the images' size, bilinear: both are linear, so this is the mean of
 * what the steps say.
 *
 * @param classifier reads the last stage
 * @param auxiliary reads the stage before, in training only, where it helps the gradient on its way
 *     (Zhao et al. 2017, arXiv 1612.01105, section 3.3); null for none
 * @param overMeans whether the head is an ANN, on the means of the maps over time
 */
record MaskHead(Layers classifier, Layers auxiliary, boolean overMeans) implements Head {
  /** Layers of a head. */
  @FunctionalInterface
  interface Layers {
    /**
     * Computes logits.
     *
     * @param x [T', N, h, w, C]
     * @param keep whether x will be read afterwards
     * @return [T', N, h, w, K]
     */
    Var forward(Tape tape, Var x, boolean keep);
  }

  @Override
  public Network.Output forward(
      Tape tape, List<Var> stages, int height, int width, boolean keepStages) {
    Var x = stages.get(stages.size() - 1);
    Var logits = logits(tape, classifier, x, height, width, keepStages);
    boolean helped = tape.training() && auxiliary != null;
    Var second = stages.get(stages.size() - 2);
    Var aux = helped ? logits(tape, auxiliary, second, height, width, keepStages) : null;
    return new Network.Output(logits, null, aux, List.of());
  }

  /** [1, N, height, width, K] float32. */
  private Var logits(Tape tape, Layers layers, Var x, int height, int width, boolean keep) {
    Var read = overMeans ? Pooling.timeMean(tape, x) : x;
    if (read != x && !keep) {
      tape.drop(x);
    }
    Var steps = Maps.floats(tape, layers.forward(tape, read, keep && read == x));
    Var mean = Pooling.timeMean(tape, steps);
    if (mean != steps) {
      tape.drop(steps);
    }
    return Maps.resize(tape, mean, Resize.BILINEAR, height, width);
  }
}
