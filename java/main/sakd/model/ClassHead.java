package sakd.model;

import java.util.List;
import sakd.nn.Linear;
import sakd.nn.NormNeuron;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;

/** The classes of images: mean over space, a hidden layer with neurons or none, a linear layer. */
final class ClassHead implements Head {
  private final Linear hidden;
  private final NormNeuron act;
  private final Linear last;

  /**
   * @param width of the hidden layer, 0 for none
   */
  ClassHead(int in, int width, Neuron neuron, int steps, int classes, Parameters parameters) {
    if (width > 0) {
      hidden = new Linear(parameters, "fc1", in, width);
      act = new NormNeuron(parameters, "fc_act", null, neuron, Neuron.Residual.NONE, steps);
      last = new Linear(parameters, "fc2", width, classes);
    } else {
      hidden = null;
      act = null;
      last = new Linear(parameters, "fc", in, classes);
    }
  }

  @Override
  public Parameter classWeight() {
    return hidden == null ? last.weight() : null;
  }

  @Override
  public Network.Output forward(
      Tape tape, List<Var> stages, int height, int width, boolean keepStages) {
    Var x = stages.get(stages.size() - 1);
    Var pooled = Pooling.average(tape, x);
    if (!keepStages) {
      tape.drop(x);
    }
    if (hidden != null) {
      pooled = act.forward(tape, hidden.forward(tape, pooled));
    }
    Var stepLogits = last.forward(tape, pooled);
    return new Network.Output(Pooling.timeMean(tape, stepLogits), stepLogits, null, List.of());
  }
}
