package sakd.export;

import java.util.List;
import sakd.device.ConvShape;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Resize;

/**
 * A network at inference as data: what it computes, in order, with batch norm folded into the
 * convolutions before it. {@link Tracer} reads it off a network.
 *
 * @param input the images, or with T steps the spikes that were made of them
 * @param nodes each after those whose values it reads
 * @param logits mean over time: [K], of every pixel [H, W, K], or of every anchor [A, K]
 * @param deltas of a detector, [A, 4], else null
 */
record NetworkGraph(Value input, List<Node> nodes, Value logits, Value deltas) {
  /**
   * An activation.
   *
   * @param steps T, or 1 if it is the same at every step
   * @param shape of one step of one sample: [H, W, C], [C], or of a detector's anchors [A, C]
   */
  record Value(int id, int steps, List<Integer> shape) {
    int channels() {
      return shape.get(shape.size() - 1);
    }
  }

  /** One operation; at every step alike unless said otherwise. */
  sealed interface Node {
    Value out();
  }

  /**
   * A convolution.
   *
   * @param weight [out, in, k, k]
   * @param bias [out]; zero where no batch norm follows
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Conv(String name, Value in, ConvShape shape, float[] weight, float[] bias, Value out)
      implements Node {
    /**
     * With the batch norm after it: y = (w x + b - mean) gamma / sqrt(var + eps) + beta is a
     * convolution with w and b scaled by gamma / sqrt(var + eps) and b shifted.
     */
    Conv normed(float[] gamma, float[] beta, float[] mean, float[] var, double eps) {
      float[] scaled = weight.clone();
      float[] shifted = bias.clone();
      int each = weight.length / bias.length;
      for (int o = 0; o < bias.length; o++) {
        double scale = gamma[o] / Math.sqrt(var[o] + eps);
        for (int k = 0; k < each; k++) {
          scaled[o * each + k] = (float) (weight[o * each + k] * scale);
        }
        shifted[o] = (float) ((bias[o] - mean[o]) * scale + beta[o]);
      }
      return new Conv(name, in, shape, scaled, shifted, out);
    }
  }

  /**
   * A layer of neurons, each with its own potential through the steps.
   *
   * @param leak 1/tau; 0 for IF and ReLU
   * @param residual what joins, or null with {@link Neuron.Residual#NONE}
   */
  record Neurons(
      String name,
      Value in,
      Neuron neuron,
      float leak,
      Neuron.Residual merge,
      Value residual,
      Value out)
      implements Node {}

  /** Maximum over windows. */
  record MaxPool(Value in, Ops.Pool pool, Value out) implements Node {}

  /** Mean over windows of size x size, one beside the other, as {@link Ops#averageWindows}. */
  record AverageWindows(Value in, int size, Value out) implements Node {}

  /** [H, W, C] as [C H W], in PyTorch's order: by channel, then pixel. */
  record Flatten(Value in, Value out) implements Node {}

  /** Mean over space: [H, W, C] to [C]. */
  record AveragePool(Value in, Value out) implements Node {}

  /** [C] as a map of one pixel, [1, 1, C]. */
  record OnePixel(Value in, Value out) implements Node {}

  /** The channels of maps of one size one after another. */
  record Concatenation(List<Value> in, Value out) implements Node {}

  /** A map brought to the height and width of another, as {@link Ops#resize} does it. */
  record Resized(Value in, Resize kind, Value out) implements Node {}

  /** The sum of maps of one size. */
  record Sum(Value a, Value b, Value out) implements Node {}

  /**
   * What is said at the places of maps [h, w, places C] of several sizes, one after another: [A,
   * C].
   */
  record Places(List<Value> in, Value out) implements Node {}

  /** Mean over the steps. */
  record TimeMean(Value in, Value out) implements Node {}

  /**
   * y = w x + b.
   *
   * @param weight [out, in]
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Linear(String name, Value in, float[] weight, float[] bias, Value out) implements Node {}
}
