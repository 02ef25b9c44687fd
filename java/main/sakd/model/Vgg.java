package sakd.model;

import java.util.ArrayList;
import java.util.List;
import sakd.nn.BatchNorm2d;
import sakd.nn.Conv2d;
import sakd.nn.Linear;
import sakd.nn.NormNeuron;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Ops;

/**
 * A VGG over some neuron: ReLU makes it the ANN, LIF the SNN. Parameter names are torchvision's. A
 * stage's feature is what its pool gives: spikes if its input is and the pool takes the largest.
 */
public final class Vgg implements Network {
  private static final Ops.Pool POOL = new Ops.Pool(2, 2, 0);

  private record Layer(Conv2d conv, NormNeuron act) {}

  private record Hidden(Linear linear, NormNeuron act) {}

  private final VggSpec spec;
  private final Neuron neuron;
  private final Parameters parameters;
  private final List<List<Layer>> stages = new ArrayList<>();
  private final List<Hidden> hidden = new ArrayList<>();
  private final Linear last;

  /**
   * @param steps T of spiking neurons
   * @param parameters collects the network's parameters; the caller allocates it afterwards
   */
  public Vgg(
      VggSpec spec, Neuron neuron, int steps, int inChannels, int classes, Parameters parameters) {
    this.spec = spec;
    this.neuron = neuron;
    this.parameters = parameters;
    int in = inChannels;
    int index = 0;
    for (List<Integer> widths : spec.widths()) {
      List<Layer> stage = new ArrayList<>();
      for (int width : widths) {
        String name = "features.";
        Conv2d conv = Conv2d.withBias(parameters, name + index, in, width, 3, 1);
        BatchNorm2d norm = new BatchNorm2d(parameters, name + (index + 1), width);
        stage.add(
            new Layer(
                conv,
                new NormNeuron(
                    parameters, name + (index + 2), norm, neuron, Neuron.Residual.NONE, steps)));
        in = width;
        index += 3;
      }
      stages.add(stage);
      index++; // The pool has a place in torchvision's list too.
    }
    int area = spec.headSide() * spec.headSide();
    if (spec.forEvents()) {
      last = Linear.overPixels(parameters, "classifier", in, area, classes);
    } else if (spec.stem() == NetworkSpec.Stem.IMAGENET) {
      int width = spec.headWidth();
      hidden.add(
          hidden(0, Linear.overPixels(parameters, "classifier.0", in, area, width), neuron, steps));
      hidden.add(hidden(3, new Linear(parameters, "classifier.3", width, width), neuron, steps));
      last = new Linear(parameters, "classifier.6", width, classes);
    } else {
      last = new Linear(parameters, "classifier", in, classes);
    }
  }

  private Hidden hidden(int index, Linear linear, Neuron neuron, int steps) {
    String name = "classifier." + (index + 1);
    return new Hidden(
        linear, new NormNeuron(parameters, name, null, neuron, Neuron.Residual.NONE, steps));
  }

  @Override
  public Output forward(Tape tape, Var images, boolean keepStages) {
    spec.requireImages(images.value().dim(-3), images.value().dim(-2));
    // An ANN has no time: of a recording it sees the mean over the frames.
    Var seen = neuron.kind().isSpiking() ? images : Pooling.timeMean(tape, images);
    Var x = seen;
    List<Var> features = new ArrayList<>();
    for (List<Layer> stage : stages) {
      for (int i = 0; i < stage.size(); i++) {
        Layer layer = stage.get(i);
        Var z = layer.conv.forward(tape, x);
        boolean isFeature = i == 0 && keepStages;
        if (x != seen && !isFeature) {
          tape.drop(x);
        }
        x = layer.act.forward(tape, z);
      }
      x = spec.forEvents() ? Pooling.windows(tape, x, POOL.size()) : Pooling.max(tape, x, POOL);
      features.add(x);
    }
    Var head = x;
    if (spec.headSide() > 0) {
      head = Pooling.flatten(tape, x);
      for (Hidden layer : hidden) {
        head = layer.act.forward(tape, layer.linear.forward(tape, head));
      }
    }
    Var pooled = Pooling.average(tape, head);
    if (head != x) {
      tape.drop(head);
    }
    if (!keepStages) {
      tape.drop(x);
    }
    Var stepLogits = last.forward(tape, pooled);
    Var logits = Pooling.timeMean(tape, stepLogits);
    return new Output(
        logits, stepLogits, null, keepStages ? features : List.of(), null, classWeight());
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public Parameter classWeight() {
    return spec.headSide() == 0 ? last.weight() : null;
  }

  @Override
  public List<Integer> stageChannels() {
    return spec.widths().stream().map(widths -> widths.get(widths.size() - 1)).toList();
  }
}
