package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.require;

/** A neuron over a stretch of a longer time, in double precision. */
interface ReferenceStretch extends NeuronOps {
  /** Element {@code i} at every step, of values [steps, n]. */
  private static double[] column(double[] values, int steps, int i) {
    double[] column = new double[steps];
    for (int t = 0; t < steps; t++) {
      column[t] = values[t * (values.length / steps) + i];
    }
    return column;
  }

  @Override
  default void neuronStretch(Neuron neuron, Tensor x, Tensor before, Tensor out, Tensor after) {
    StretchKernels.check(neuron, x, before, out);
    require(floats(after, before.size()), before, after);
    ReferenceNeuron reference = ReferenceNeuron.of(neuron, 0);
    int steps = x.dim(0);
    double[] inputs = read(x);
    double[] v = read(before);
    double[] spikes = new double[inputs.length];
    double[] h = new double[steps];
    for (int i = 0; i < v.length; i++) {
      v[i] = reference.potentials(v[i], column(inputs, steps, i), h);
      for (int t = 0; t < steps; t++) {
        spikes[t * v.length + i] = reference.fires(h[t]) ? 1 : 0;
      }
    }
    write(out, 0, spikes);
    write(after, 0, v);
  }

  @Override
  default void neuronStretchBackward(
      Neuron neuron, Tensor x, Tensor before, Tensor gradOut, Tensor gradV, Tensor gradX) {
    StretchKernels.check(neuron, x, before, gradOut);
    StretchKernels.check(neuron, x, gradV, gradX);
    ReferenceNeuron reference = ReferenceNeuron.of(neuron, 0);
    int steps = x.dim(0);
    double[] inputs = read(x);
    double[] grads = read(gradOut);
    double[] start = read(before);
    double[] gv = read(gradV);
    double[] gx = new double[inputs.length];
    double[] gy = new double[steps];
    for (int i = 0; i < start.length; i++) {
      gv[i] =
          reference
              .backwardThroughTime(
                  start[i], gv[i], column(inputs, steps, i), column(grads, steps, i), gy)
              .start();
      for (int t = 0; t < steps; t++) {
        gx[t * start.length + i] = gy[t];
      }
    }
    write(gradX, 0, gx);
    write(gradV, 0, gv);
  }
}
