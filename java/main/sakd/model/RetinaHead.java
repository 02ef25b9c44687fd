package sakd.model;

import java.util.ArrayList;
import java.util.List;
import sakd.nn.Conv2d;
import sakd.nn.Maps;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.AnchorGrid;
import sakd.ops.Neuron;

/**
 * The head of RetinaNet (Lin et al. 2017, arXiv 1708.02002) on its pyramid, under torchvision's
 * names: two towers of four 3x3 convolutions with neurons, one before the classes and one before
 * the boxes of the nine anchors of a place, the same for every level.
 *
 * <p>Towers of ReLUs start with weights as small as torchvision's; fewer channels have larger ones,
 * so that as much passes through. Spiking ones, which no norm brings near their threshold, would
 * neither fire nor get a gradient from them, and start with He et al.'s.
 *
 * <p>What the last convolutions say is computed at every step; its mean over time are the logits
 * and deltas.
 */
final class RetinaHead implements Head {
  /** Stages that the pyramid reads. */
  static final int STAGES = 3;

  private static final int CONVOLUTIONS = 4;
  private static final double STD = 0.01;

  /** The probability of an object that every anchor starts with. */
  private static final double PRIOR = 0.01;

  private static final int COORDINATES = 4;

  private final FeaturePyramid pyramid;
  private final Tower classes;
  private final Tower boxes;
  private final int channels;
  private final List<Integer> strides;
  private final boolean overMeans;

  /**
   * @param stages of the backbone
   * @param channels of the pyramid
   * @param overMeans whether pyramid and head are an ANN, on the means of the stages over time
   */
  RetinaHead(
      Parameters parameters,
      List<Backbone.Stage> stages,
      int channels,
      Neuron neuron,
      int steps,
      int classCount,
      boolean overMeans) {
    List<Backbone.Stage> read = stages.subList(stages.size() - STAGES, stages.size());
    List<Integer> in = read.stream().map(Backbone.Stage::channels).toList();
    this.channels = channels;
    this.overMeans = overMeans;
    strides = strides(read);
    pyramid = new FeaturePyramid(parameters, "backbone.fpn.", in, channels, neuron, steps);
    float start = (float) -Math.log((1 - PRIOR) / PRIOR);
    String head = "head.classification_head.";
    classes = new Tower(parameters, head, "cls_logits", classCount, start, neuron, steps);
    head = "head.regression_head.";
    boxes = new Tower(parameters, head, "bbox_reg", COORDINATES, 0, neuron, steps);
  }

  private static List<Integer> strides(List<Backbone.Stage> read) {
    List<Integer> strides = new ArrayList<>();
    read.forEach(stage -> strides.add(stage.stride()));
    for (int i = 0; i < FeaturePyramid.EXTRA; i++) {
      strides.add(2 * strides.get(strides.size() - 1));
    }
    return List.copyOf(strides);
  }

  /** Four convolutions with neurons and one without. */
  private final class Tower {
    private final List<Conv2d> convs = new ArrayList<>();
    private final List<NormNeuron> acts = new ArrayList<>();
    private final Conv2d last;
    private final int values;

    Tower(
        Parameters parameters,
        String prefix,
        String name,
        int values,
        float start,
        Neuron neuron,
        int steps) {
      this.values = values;
      double std =
          neuron.kind().isSpiking()
              ? Math.sqrt(2.0 / (9 * channels))
              : STD * Math.sqrt((double) DetectionSpec.PYRAMID_CHANNELS / channels);
      for (int i = 0; i < CONVOLUTIONS; i++) {
        String conv = prefix + "conv." + i;
        convs.add(Conv2d.normal(parameters, conv + ".0", channels, channels, 3, std, 0));
        acts.add(
            new NormNeuron(parameters, conv + ".1", null, neuron, Neuron.Residual.NONE, steps));
      }
      int out = AnchorGrid.PER_PLACE * values;
      last = Conv2d.normal(parameters, prefix + name, channels, out, 3, STD, start);
    }

    /** What every anchor of a level gets, [1, N, h, w, 9 values] float32; x is kept. */
    Var forward(Tape tape, Var x) {
      Var y = x;
      for (int i = 0; i < CONVOLUTIONS; i++) {
        Var z = convs.get(i).forward(tape, y);
        if (y != x) {
          tape.drop(y);
        }
        y = acts.get(i).forward(tape, z);
      }
      Var each = last.forward(tape, y);
      tape.drop(y);
      Var steps = Maps.floats(tape, each);
      Var mean = Pooling.timeMean(tape, steps);
      if (mean != steps) {
        tape.drop(steps);
      }
      return mean;
    }

    /** Of all levels, [1, N, A, values]. */
    Var forward(Tape tape, List<Var> levels) {
      List<Var> parts = new ArrayList<>();
      levels.forEach(level -> parts.add(forward(tape, level)));
      return Maps.places(tape, parts, values);
    }
  }

  @Override
  public int firstStage(int stages) {
    return stages - STAGES;
  }

  @Override
  public List<Integer> pyramidChannels() {
    return strides.stream().map(s -> channels).toList();
  }

  @Override
  public Network.Output forward(
      Tape tape, List<Var> stages, int height, int width, boolean keepStages) {
    List<Var> read = new ArrayList<>();
    for (Var stage : stages.subList(stages.size() - STAGES, stages.size())) {
      Var mean = overMeans ? Pooling.timeMean(tape, stage) : stage;
      if (mean != stage && !keepStages) {
        tape.drop(stage);
      }
      read.add(mean);
    }
    boolean owned = overMeans && read.get(0) != stages.get(stages.size() - STAGES);
    List<Var> levels = pyramid.forward(tape, read, keepStages && !owned);
    Var logits = classes.forward(tape, levels);
    Var deltas = boxes.forward(tape, levels);
    List<int[]> maps =
        levels.stream().map(l -> new int[] {l.value().dim(-3), l.value().dim(-2)}).toList();
    if (!keepStages) {
      levels.forEach(tape::drop);
    }
    AnchorGrid grid = AnchorGrid.of(height, width, maps, strides);
    Network.Boxes found = new Network.Boxes(deltas, grid, keepStages ? levels : List.of());
    return new Network.Output(logits, null, null, List.of(), found, null);
  }
}
