package sakd.nn;

import java.util.function.Consumer;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * Inverted dropout in training ({@link Ops#dropout}): the same neurons are silent at every step of
 * time. Nothing is dropped where the tape has nothing to draw from.
 *
 * @param p the probability that an element is dropped, in [0, 1)
 * @param key tells the layers of a network apart
 */
public record Dropout(float p, int key) {
  /** x [T', N, .., C], which is dropped: nobody else reads it. */
  public Var forward(Tape tape, Var x) {
    Tensor draw = tape.draw();
    if (!tape.training() || draw == null || p == 0) {
      return x;
    }
    Ops ops = tape.ops();
    Tensor places = tape.places();
    Tensor in = x.value();
    Consumer<Tensor> compute =
        to -> {
          ops.dropout(x.value(), p, draw, places, key, to);
          tape.drop(x);
        };
    Tensor out = ops.allocate(in.type(), in.shape());
    compute.accept(out);
    return tape.record(
            out,
            x.needsGradient(),
            g -> {
              Tensor gx = tape.gradientOf(x);
              ops.dropout(g, p, draw, places, key, gx);
              tape.pass(x, gx);
            })
        .restoredBy(ops, compute);
  }
}
