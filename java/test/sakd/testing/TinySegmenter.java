package sakd.testing;

import java.util.List;
import sakd.device.DType;
import sakd.model.Network;
import sakd.nn.BatchNorm2d;
import sakd.nn.Conv2d;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Resize;
import sakd.ops.Tensor;

/** Two stages, the second of half the size, and a head of one convolution on each. */
public final class TinySegmenter implements Network {
  private final Parameters parameters;
  private final Conv2d first;
  private final NormNeuron firstNeuron;
  private final Conv2d second;
  private final NormNeuron secondNeuron;
  private final Conv2d head;
  private final Conv2d auxiliary;

  public TinySegmenter(Neuron neuron, int steps, int classes, Parameters p) {
    parameters = p;
    first = new Conv2d(p, "conv1", 1, 8, 3, 1);
    firstNeuron = layer(p, "bn1", 8, neuron, steps);
    second = new Conv2d(p, "conv2", 8, 16, 3, 2);
    secondNeuron = layer(p, "bn2", 16, neuron, steps);
    head = Conv2d.withBias(p, "classifier", 16, classes, 1, 1);
    auxiliary = Conv2d.withBias(p, "aux_classifier", 8, classes, 1, 1);
  }

  private static NormNeuron layer(Parameters p, String name, int c, Neuron neuron, int steps) {
    return new NormNeuron(
        p, name, new BatchNorm2d(p, name, c), neuron, Neuron.Residual.NONE, steps);
  }

  @Override
  public Output forward(Tape tape, Var images, boolean keepStages) {
    int height = images.value().dim(2);
    int width = images.value().dim(3);
    Var one = firstNeuron.forward(tape, first.forward(tape, images));
    Var two = secondNeuron.forward(tape, second.forward(tape, one));
    Var logits = pixels(tape, head.forward(tape, Pooling.timeMean(tape, two)), height, width);
    Var aux =
        tape.training()
            ? pixels(tape, auxiliary.forward(tape, Pooling.timeMean(tape, one)), height, width)
            : null;
    return new Output(logits, null, aux, keepStages ? List.of(one, two) : List.of());
  }

  /** In float32, and of the size of the pictures. */
  private static Var pixels(Tape tape, Var x, int height, int width) {
    Ops ops = tape.ops();
    Tensor in = x.value();
    Tensor wide = ops.allocate(DType.F32, in.shape());
    ops.convert(in, wide);
    Var single =
        tape.record(
            wide,
            x.needsGradient(),
            g -> {
              Tensor gx = tape.gradientOf(x);
              ops.convert(g, gx);
              tape.pass(x, gx);
            });
    Tensor out = ops.allocate(DType.F32, in.dim(0), in.dim(1), height, width, in.channels());
    ops.resize(Resize.BILINEAR, wide, out);
    return tape.record(
        out,
        single.needsGradient(),
        g ->
            tape.addGradient(single, (gx, add) -> ops.resizeBackward(Resize.BILINEAR, g, gx, add)));
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public List<Integer> stageChannels() {
    return List.of(8, 16);
  }
}
