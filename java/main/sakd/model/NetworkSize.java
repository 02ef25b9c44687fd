package sakd.model;

import sakd.device.DType;
import sakd.device.IdleDevice;
import sakd.nn.Monitor;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * What a network costs for one image, counted without computing it.
 *
 * @param macs multiply-accumulates of the ANN in convolutions and linear layers
 * @param synapticOperations the most additions that the SNN can need over T steps, in the layers
 *     that take spikes: every element of their inputs is the largest number of spikes it can be
 */
public record NetworkSize(long macs, long synapticOperations) {
  /** Trained parameters; running statistics are none. */
  public static long parameters(NetworkSpec spec, int channels, int classes) {
    Parameters parameters = new Parameters(0);
    spec.ann().build(Neuron.RELU, 1, channels, classes, parameters);
    return parameters.all().stream().filter(Parameter::trained).mapToLong(Parameter::size).sum();
  }

  /**
   * Counts the operations for an image.
   *
   * @param steps T of the SNN
   * @throws sakd.base.UserError if the network cannot take such an image
   */
  public static NetworkSize of(
      NetworkSpec spec, int channels, int height, int width, int classes, int steps) {
    return of(spec, channels, height, width, classes, steps, InputEncoding.DIRECT);
  }

  /** The same for an SNN that makes spikes of an image first. */
  public static NetworkSize of(
      NetworkSpec spec,
      int channels,
      int height,
      int width,
      int classes,
      int steps,
      InputEncoding encoding) {
    spec.requireImages(height, width);
    int[] image = {1, 1, height, width, channels};
    Count ann = count(spec.ann(), Neuron.RELU, 1, image, classes, InputEncoding.DIRECT);
    Count snn = count(spec, Neuron.LIF, steps, image, classes, encoding);
    return new NetworkSize(ann.all, snn.fromSpikes);
  }

  private static final class Count implements Monitor {
    private long all;
    private long fromSpikes;

    @Override
    public void neuron(String name, Inputs read, Tensor out) {}

    @Override
    public void weights(String name, Tensor in, int mostSpikes, long macs) {
      all += macs;
      fromSpikes += mostSpikes * macs;
    }
  }

  private static Count count(
      NetworkSpec spec,
      Neuron neuron,
      int steps,
      int[] image,
      int classes,
      InputEncoding encoding) {
    Count count = new Count();
    Parameters parameters = new Parameters(0);
    try (Ops ops = new KernelOps(new IdleDevice());
        Network network =
            encoding.before(
                spec.build(neuron, steps, image[image.length - 1], classes, parameters), steps);
        Tensor images = ops.allocate(DType.F32, image);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32, count)) {
      parameters.reserve(ops);
      network.forward(tape, tape.input(images), false);
    }
    return count;
  }
}
