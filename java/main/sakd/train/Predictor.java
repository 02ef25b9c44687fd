package sakd.train;

import sakd.device.DType;
import sakd.io.HostTensor;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Runs a network on images given as plain arrays. */
public final class Predictor {
  private Predictor() {}

  /**
   * What a network says of N images.
   *
   * @param logits [N, K], mean over time
   * @param stepLogits [T, N, K]
   */
  public record Prediction(HostTensor logits, HostTensor stepLogits) {}

  /** Predicts for images [N, C, H, W], which are normalised already. */
  public static Prediction predict(
      Ops ops, Network network, HostTensor images, int batchSize, DType storage) {
    int[] shape = images.shape();
    int n = shape[0];
    int c = shape[1];
    int area = shape[2] * shape[3];
    float[] all = images.toFloats();
    float[] logits = null;
    float[] stepLogits = null;
    int classes = 0;
    int steps = 0;
    for (int first = 0; first < n; first += batchSize) {
      int count = Math.min(batchSize, n - first);
      float[] channelsLast = new float[count * c * area];
      for (int i = 0; i < count; i++) {
        for (int k = 0; k < c; k++) {
          for (int p = 0; p < area; p++) {
            channelsLast[(i * area + p) * c + k] = all[((first + i) * c + k) * area + p];
          }
        }
      }
      try (Tensor plain = Inputs.floats(ops, channelsLast);
          Tensor in = ops.allocate(storage, 1, count, shape[2], shape[3], c);
          Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage)) {
        ops.convert(plain, in);
        Network.Output out = network.forward(tape, tape.input(in), false);
        float[] rows = Transfers.floats(ops.device(), out.logits().value());
        float[] each = Transfers.floats(ops.device(), out.stepLogits().value());
        if (logits == null) {
          classes = out.logits().value().channels();
          steps = out.stepLogits().value().dim(0);
          logits = new float[n * classes];
          stepLogits = new float[steps * n * classes];
        }
        System.arraycopy(rows, 0, logits, first * classes, rows.length);
        for (int t = 0; t < steps; t++) {
          System.arraycopy(
              each, t * rows.length, stepLogits, (t * n + first) * classes, rows.length);
        }
      }
    }
    return new Prediction(
        HostTensor.ofFloats(logits, n, classes),
        HostTensor.ofFloats(stepLogits, steps, n, classes));
  }
}
