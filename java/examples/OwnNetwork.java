import java.nio.file.Path;
import java.util.List;
import sakd.Classifier;
import sakd.Sakd;
import sakd.distill.Pipeline;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.model.Own;
import sakd.nn.BatchNorm2d;
import sakd.nn.Conv2d;
import sakd.nn.Linear;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;

/** Trains a network that the program describes itself, and classifies a picture with it. */
public final class OwnNetwork {
  private OwnNetwork() {}

  /** One description of the ANN and the SNN: what differs is the neuron that it is built with. */
  record TwoStages(int width) implements NetworkSpec {
    @Override
    public String name() {
      return "spiking-two-stages";
    }

    @Override
    public Network build(Neuron neuron, int steps, int channels, int classes, Parameters p) {
      return new Layers(
          neuron,
          new Conv2d(p, "conv1", channels, width, 3, 2),
          new NormNeuron(
              p, "act1", new BatchNorm2d(p, "bn1", width), neuron, Neuron.Residual.NONE, steps),
          new Conv2d(p, "conv2", width, 2 * width, 3, 2),
          new NormNeuron(
              p, "act2", new BatchNorm2d(p, "bn2", 2 * width), neuron, Neuron.Residual.NONE, steps),
          new Linear(p, "fc", 2 * width, classes),
          List.of(width, 2 * width),
          p);
    }
  }

  record Layers(
      Neuron neuron,
      Conv2d conv1,
      NormNeuron act1,
      Conv2d conv2,
      NormNeuron act2,
      Linear fc,
      List<Integer> stageChannels,
      Parameters parameters)
      implements Network {
    @Override
    public Output forward(Tape tape, Var images, boolean keepStages) {
      // An ANN has no time: of a recording it sees the mean over the frames.
      Var seen = neuron.kind().isSpiking() ? images : Pooling.timeMean(tape, images);
      Var first = act1.forward(tape, conv1.forward(tape, seen));
      Var second = act2.forward(tape, conv2.forward(tape, first));
      Var stepLogits = fc.forward(tape, Pooling.average(tape, second));
      List<Var> features = keepStages ? List.of(first, second) : List.of();
      return new Output(Pooling.timeMean(tape, stepLogits), stepLogits, null, features);
    }
  }

  /** Arguments: a folder of MNIST, a folder for the run, a picture of 28x28 pixels. */
  public static void main(String[] args) {
    NetworkSpec network = new TwoStages(16);
    Path run = Path.of(args[1]);
    Sakd training = Sakd.on("auto").data("mnist", Path.of(args[0])).model(network);
    for (Pipeline.Row row : training.epochs(2).train(run)) {
      System.out.println(row);
    }
    Path weights = run.resolve("best.safetensors");
    try (Classifier trained = Sakd.load(weights, "auto", Own.of(network))) {
      System.out.println(trained.predict(Path.of(args[2])));
    }
  }
}
