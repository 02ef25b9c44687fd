package sakd.model;

import java.util.ArrayList;
import java.util.List;
import sakd.nn.BatchNorm2d;
import sakd.nn.Conv2d;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Ops;

/**
 * The stages of a residual network over some neuron: ReLU makes it the ANN, LIF the SNN. Parameter
 * names are torchvision's.
 */
final class ResNet implements Backbone {
  private static final Ops.Pool STEM_POOL = new Ops.Pool(3, 2, 1);

  private final ResNetSpec spec;
  private final Neuron neuron;
  private final int steps;
  private final Parameters parameters;
  private final Conv2d conv1;
  private final NormNeuron act1;
  private final String prefix;
  private final List<List<Block>> blocks = new ArrayList<>();
  private final List<Stage> stages;

  /**
   * @param steps T of spiking neurons
   * @param outputStride the most that the stages divide height and width by; what strides would
   *     divide beyond it becomes dilation, as in torchvision
   * @param prefix before the names of the parameters
   * @param parameters collects the network's parameters; the caller allocates it afterwards
   */
  ResNet(
      ResNetSpec spec,
      Neuron neuron,
      int steps,
      int inChannels,
      int outputStride,
      String prefix,
      Parameters parameters) {
    this.spec = spec;
    this.neuron = neuron;
    this.steps = steps;
    this.prefix = prefix;
    this.parameters = parameters;
    boolean imagenet = spec.stem() == ResNetSpec.Stem.IMAGENET;
    conv1 =
        new Conv2d(
            parameters,
            prefix + "conv1",
            inChannels,
            spec.stemWidth(),
            imagenet ? 7 : 3,
            imagenet ? 2 : 1);
    act1 = neuron("act1", "bn1", spec.stemWidth(), neuron, Neuron.Residual.NONE);
    int in = spec.stemWidth();
    int reached = imagenet ? 4 : 1;
    int dilation = 1;
    List<Stage> made = new ArrayList<>();
    for (int s = 0; s < spec.blocks().size(); s++) {
      int stride = s > 0 ? 2 : 1;
      int before = dilation;
      if (reached * stride > outputStride) {
        dilation *= stride;
        stride = 1;
      }
      reached *= stride;
      List<Block> stage = new ArrayList<>();
      for (int b = 0; b < spec.blocks().get(s); b++) {
        // The first block sees maps of the stage before, whose windows had that one's gaps.
        Gaps gaps = new Gaps(b == 0 ? before : dilation, dilation);
        String name = "layer" + (s + 1) + "." + b;
        Block block = new Block(name, in, spec.widths().get(s), b == 0 ? stride : 1, gaps);
        stage.add(block);
        in = block.out;
      }
      blocks.add(stage);
      made.add(new Stage(in, reached));
    }
    stages = List.copyOf(made);
  }

  /** The dilation of a block's first 3x3 convolution, and of its second where it has one. */
  private record Gaps(int first, int second) {}

  private NormNeuron neuron(
      String name, String norm, int channels, Neuron kind, Neuron.Residual merge) {
    return new NormNeuron(
        parameters,
        prefix + name,
        new BatchNorm2d(parameters, prefix + norm, channels),
        kind,
        merge,
        steps);
  }

  /** One residual block: a chain of conv-bn-neuron, and the shortcut around it. */
  private final class Block {
    final int out;
    private final List<Conv2d> convs = new ArrayList<>();
    private final List<NormNeuron> acts = new ArrayList<>();
    private final boolean subsampled;
    private final Conv2d shortcut;
    private final NormNeuron shortcutAct;

    Block(String name, int in, int width, int stride, Gaps gaps) {
      out = spec.outWidth(width);
      if (spec.bottleneck()) {
        add(name, 1, in, width, 1, 1, 1, false);
        add(name, 2, width, width, 3, stride, gaps.first, false);
        add(name, 3, width, out, 1, 1, 1, true);
      } else {
        add(name, 1, in, width, 3, stride, gaps.first, false);
        add(name, 2, width, out, 3, 1, gaps.second, true);
      }
      boolean resized = stride != 1 || in != out;
      subsampled = resized && spec.shortcut() == ResNetSpec.Shortcut.A;
      if (subsampled && stride == 1) {
        throw new IllegalArgumentException("shortcut A needs a stride where channels change");
      }
      if (resized && !subsampled) {
        shortcut = new Conv2d(parameters, prefix + name + ".downsample.0", in, out, 1, stride);
        shortcutAct =
            neuron(
                name + ".downsample.act",
                name + ".downsample.1",
                out,
                spec.sew() ? neuron : Neuron.IDENTITY,
                Neuron.Residual.NONE);
      } else {
        shortcut = null;
        shortcutAct = null;
      }
    }

    private void add(
        String name,
        int index,
        int in,
        int out,
        int kernel,
        int stride,
        int dilation,
        boolean joins) {
      convs.add(
          new Conv2d(
              parameters, prefix + name + ".conv" + index, in, out, kernel, stride, dilation));
      acts.add(
          neuron(
              name + ".act" + index,
              name + ".bn" + index,
              out,
              neuron,
              joins ? spec.merge() : Neuron.Residual.NONE));
    }

    private Var shortcut(Tape tape, Var x) {
      if (subsampled) {
        return Pooling.subsample(tape, x, out);
      }
      return shortcut == null ? x : shortcutAct.forward(tape, shortcut.forward(tape, x));
    }

    Var forward(Tape tape, Var x, boolean keepInput) {
      Var identity = shortcut(tape, x);
      Var y = x;
      for (int i = 0; i < convs.size(); i++) {
        Var z = convs.get(i).forward(tape, y);
        if (i > 0) {
          tape.drop(y);
        }
        y = acts.get(i).forward(tape, z, i == convs.size() - 1 ? identity : null);
      }
      if (identity != x) {
        tape.drop(identity);
      }
      if (!keepInput) {
        tape.drop(x);
      }
      return y;
    }
  }

  @Override
  public List<Stage> stages() {
    return stages;
  }

  @Override
  public List<Var> forward(Tape tape, Var images, int first) {
    // An ANN has no time: of a recording it sees the mean over the frames.
    Var seen = neuron.kind().isSpiking() ? images : Pooling.timeMean(tape, images);
    Var x = act1.forward(tape, conv1.forward(tape, seen));
    if (spec.stem() == ResNetSpec.Stem.IMAGENET) {
      x = Pooling.max(tape, x, STEM_POOL);
    }
    List<Var> features = new ArrayList<>();
    for (List<Block> stage : blocks) {
      for (int b = 0; b < stage.size(); b++) {
        boolean isFeature = b == 0 && !features.isEmpty();
        x = stage.get(b).forward(tape, x, isFeature && features.size() > first);
      }
      features.add(x);
    }
    return features;
  }
}
