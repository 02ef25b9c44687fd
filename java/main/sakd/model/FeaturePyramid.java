package sakd.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import sakd.nn.Conv2d;
import sakd.nn.Maps;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Resize;

/**
 * A feature pyramid (Lin et al. 2017, arXiv 1612.03144) with the two levels that RetinaNet (Lin et
 * al. 2017, arXiv 1708.02002) puts on top, under torchvision's names. With C_i the maps of the
 * stages, up the nearest neighbour at the size of the finer maps, and f the neuron:
 *
 * <pre>
 *   M_i = 1x1(C_i) + up(M_i+1)        P_i = 3x3(M_i)
 *   P_n+1 = 3x3 of stride 2 (P_n)     P_n+2 = 3x3 of stride 2 (f(P_n+1))
 * </pre>
 *
 * But for f it is linear, so it is the same at every step and on means over time.
 */
final class FeaturePyramid {
  /** Levels beyond those of stages. */
  static final int EXTRA = 2;

  private final List<Conv2d> laterals = new ArrayList<>();
  private final List<Conv2d> outputs = new ArrayList<>();
  private final Conv2d p6;
  private final NormNeuron act;
  private final Conv2d p7;

  /**
   * @param prefix before the names
   * @param in channels of the stages it reads
   * @param channels of every level
   * @param steps T of spiking neurons
   */
  FeaturePyramid(
      Parameters parameters,
      String prefix,
      List<Integer> in,
      int channels,
      Neuron neuron,
      int steps) {
    for (int i = 0; i < in.size(); i++) {
      String lateral = prefix + "inner_blocks." + i + ".0";
      laterals.add(Conv2d.uniform(parameters, lateral, in.get(i), channels, 1, 1));
    }
    for (int i = 0; i < in.size(); i++) {
      String output = prefix + "layer_blocks." + i + ".0";
      outputs.add(Conv2d.uniform(parameters, output, channels, channels, 3, 1));
    }
    String extra = prefix + "extra_blocks.";
    p6 = Conv2d.uniform(parameters, extra + "p6", channels, channels, 3, 2);
    act = new NormNeuron(parameters, extra + "p7_act", null, neuron, Neuron.Residual.NONE, steps);
    p7 = Conv2d.uniform(parameters, extra + "p7", channels, channels, 3, 2);
  }

  /**
   * The levels from the finest on, which are kept.
   *
   * @param stages [T', N, H, W, C] of each
   * @param keep whether stages will be read afterwards
   */
  List<Var> forward(Tape tape, List<Var> stages, boolean keep) {
    int last = stages.size() - 1;
    Var[] levels = new Var[stages.size() + EXTRA];
    Var above = null;
    for (int i = last; i >= 0; i--) {
      Var merged = laterals.get(i).forward(tape, stages.get(i));
      if (!keep) {
        tape.drop(stages.get(i));
      }
      if (above != null) {
        int height = merged.value().dim(-3);
        int width = merged.value().dim(-2);
        merged = Maps.sum(tape, merged, Maps.resize(tape, above, Resize.NEAREST, height, width));
      }
      levels[i] = outputs.get(i).forward(tape, merged);
      above = merged;
    }
    tape.drop(above);
    levels[last + 1] = p6.forward(tape, levels[last]);
    Var active = act.beside(tape, levels[last + 1]);
    levels[last + 2] = p7.forward(tape, active);
    tape.drop(active);
    return Arrays.asList(levels);
  }
}
