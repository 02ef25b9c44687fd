package sakd.model;

import java.util.ArrayList;
import java.util.List;
import sakd.nn.BatchNorm2d;
import sakd.nn.Conv2d;
import sakd.nn.Dropout;
import sakd.nn.Maps;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Resize;

/**
 * The layers of torchvision's heads for segmentation, under its names, over some neuron.
 *
 * <p>FCN (Long et al. 2015, arXiv 1411.4038): 3x3 to a quarter of the channels, neuron, dropout,
 * 1x1 to the classes. DeepLabv3 (Chen et al. 2017, arXiv 1706.05587): next to each other 1x1, three
 * 3x3 of growing dilation and the mean over space, 1x1 over all of them, then the same again.
 */
final class HeadLayers {
  private static final float FCN_DROPOUT = 0.1f;
  private static final float DEEPLAB_DROPOUT = 0.5f;
  private static final int NARROWER = 4;
  private static final int DEEPLAB_WIDTH = 256;
  private static final int[] RATES = {12, 24, 36};

  private final Parameters parameters;
  private final Neuron neuron;
  private final int steps;

  /**
   * @param steps T of spiking neurons
   */
  HeadLayers(Parameters parameters, Neuron neuron, int steps) {
    this.parameters = parameters;
    this.neuron = neuron;
    this.steps = steps;
  }

  /** A convolution without bias, batch norm and neurons. */
  private record ConvNormNeuron(Conv2d conv, NormNeuron act) {
    Var forward(Tape tape, Var x) {
      return act.forward(tape, conv.forward(tape, x));
    }
  }

  /**
   * The index of a norm is one more than that of its convolution; neurons come next.
   *
   * @param prefix up to the index
   */
  private ConvNormNeuron layer(
      String prefix, int index, int in, int out, int kernel, int dilation) {
    String norm = prefix + (index + 1);
    return new ConvNormNeuron(
        new Conv2d(parameters, prefix + index, in, out, kernel, 1, dilation),
        new NormNeuron(
            parameters,
            prefix + (index + 2),
            new BatchNorm2d(parameters, norm, out),
            neuron,
            Neuron.Residual.NONE,
            steps));
  }

  private static void dropUnless(boolean keep, Tape tape, Var x) {
    if (!keep) {
      tape.drop(x);
    }
  }

  /**
   * An FCN's layers.
   *
   * @param name such as {@code classifier}
   * @param key of the dropout
   */
  MaskHead.Layers fcn(String name, int in, int classes, int key) {
    int width = in / NARROWER;
    ConvNormNeuron first = layer(name + ".", 0, in, width, 3, 1);
    Dropout dropout = new Dropout(FCN_DROPOUT, key);
    Conv2d last = Conv2d.linear(parameters, name + ".4", width, classes);
    return (tape, x, keep) -> {
      Var y = first.forward(tape, x);
      dropUnless(keep, tape, x);
      Var z = dropout.forward(tape, y);
      Var logits = last.forward(tape, z);
      tape.drop(z);
      return logits;
    };
  }

  /**
   * DeepLabv3's layers, as wide as torchvision's or, where it is narrower, the body; parameters as
   * for {@link #fcn}.
   */
  MaskHead.Layers deepLab(String name, int in, int classes, int key) {
    int wide = Math.min(DEEPLAB_WIDTH, in);
    String pyramid = name + ".0.";
    List<ConvNormNeuron> branches = new ArrayList<>();
    branches.add(layer(pyramid + "convs.0.", 0, in, wide, 1, 1));
    for (int i = 0; i < RATES.length; i++) {
      branches.add(layer(pyramid + "convs." + (i + 1) + ".", 0, in, wide, 3, RATES[i]));
    }
    ConvNormNeuron pooled = layer(pyramid + "convs.4.", 1, in, wide, 1, 1);
    int all = wide * (branches.size() + 1);
    ConvNormNeuron project = layer(pyramid + "project.", 0, all, wide, 1, 1);
    Dropout dropout = new Dropout(DEEPLAB_DROPOUT, key);
    ConvNormNeuron next = layer(name + ".", 1, wide, wide, 3, 1);
    Conv2d last = Conv2d.linear(parameters, name + ".4", wide, classes);
    return (tape, x, keep) -> {
      int height = x.value().dim(-3);
      int width = x.value().dim(-2);
      List<Var> parts = new ArrayList<>();
      for (ConvNormNeuron branch : branches) {
        parts.add(branch.forward(tape, x));
      }
      Var mean = Maps.onePixel(tape, Pooling.average(tape, x));
      dropUnless(keep, tape, x);
      Var ofMean = pooled.forward(tape, mean);
      tape.drop(mean);
      parts.add(Maps.resize(tape, ofMean, Resize.NEAREST, height, width));
      Var together = Maps.concatenated(tape, parts);
      Var projected = project.forward(tape, together);
      tape.drop(together);
      Var y = dropout.forward(tape, projected);
      Var z = next.forward(tape, y);
      tape.drop(y);
      Var logits = last.forward(tape, z);
      tape.drop(z);
      return logits;
    };
  }
}
