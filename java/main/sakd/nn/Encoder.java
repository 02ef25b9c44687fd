package sakd.nn;

import sakd.ops.Encoding;
import sakd.ops.InputOps;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * The layer before the first of a network whose input is spikes ({@link InputOps#encode}). In
 * training it draws anew for every batch; at inference an image becomes the same spikes always,
 * whatever else is in its batch, so that evaluation and prediction agree.
 *
 * @param mean of the images' normalisation, per channel
 * @param std likewise
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record Encoder(Encoding code, float[] mean, float[] std, int steps) {
  /** Images [1, N, H, W, C], which others read too, to spikes [T, N, H, W, C]. */
  public Var forward(Tape tape, Var images) {
    Ops ops = tape.ops();
    Tensor in = images.value();
    int[] shape = in.shape();
    shape[0] = steps;
    Tensor out = ops.allocate(in.type(), shape);
    Tensor draw = tape.training() ? tape.draw() : null;
    ops.encode(code, in, mean, std, draw, draw == null ? null : tape.places(), out);
    return tape.record(out, false, g -> {}).mostSpikes(1);
  }
}
