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

  /** Logits [N, K] of images [N, C, H, W], which are normalised already. */
  public static HostTensor logits(
      Ops ops, Network network, HostTensor images, int batchSize, DType storage) {
    int[] shape = images.shape();
    int n = shape[0];
    int c = shape[1];
    int area = shape[2] * shape[3];
    float[] all = images.toFloats();
    float[] logits = null;
    int classes = 0;
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
        Tensor out = network.forward(tape, tape.input(in), false).logits().value();
        classes = out.channels();
        if (logits == null) {
          logits = new float[n * classes];
        }
        float[] rows = Transfers.floats(ops.device(), out);
        System.arraycopy(rows, 0, logits, first * classes, rows.length);
      }
    }
    return HostTensor.ofFloats(logits, n, classes);
  }
}
