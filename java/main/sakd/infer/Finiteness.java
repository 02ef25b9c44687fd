package sakd.infer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.model.Network;
import sakd.nn.Monitor;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Finds the first of the things it is shown that holds a NaN or an infinity. Layers have to be
 * looked at one by one: a neuron hides a NaN, which is not above its threshold.
 */
public final class Finiteness implements Monitor {
  private final Ops ops;
  private String broken = "";

  public Finiteness(Ops ops) {
    this.ops = ops;
  }

  /** The first that was not finite, or empty. */
  public String broken() {
    return broken;
  }

  /** Whether all elements are finite: their sum is only then. */
  public static boolean isFinite(Ops ops, Tensor t) {
    try (Tensor sums = ops.allocate(DType.F32, t.channels())) {
      ops.sumRows(t, sums);
      for (float sum : Transfers.floats(ops.device(), sums)) {
        if (!Float.isFinite(sum)) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Looks at what a network says of images.
   *
   * @param logits of the forward pass, [1, N, K]
   * @param images that it saw, as it saw them
   * @param of what, for the message: "cifar10", "cat.png and 3 others"
   * @throws UserError if a logit is not finite, which names the layer that was the first to be
   *     broken when the network sees the images once more
   */
  public static void requireLogits(
      Ops ops, Network network, Tensor images, DType storage, Tensor logits, String of) {
    if (isFinite(ops, logits)) {
      return;
    }
    Finiteness finiteness = new Finiteness(ops);
    finiteness.checkWeights(network.parameters());
    finiteness.checkStatistics(network.parameters());
    try (Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage, finiteness)) {
      network.forward(tape, tape.input(images), false);
    }
    throw new UserError(
        "the logits of "
            + of
            + " are not finite"
            + (finiteness.broken().isEmpty() ? "" : ", first in " + finiteness.broken())
            + "; expected finite ones, "
            + (storage == DType.F32 ? "" : "try --amp off, or ")
            + "use weights of a training that did not diverge, such as one of a smaller --lr");
  }

  @Override
  public void computed(String what, Tensor t) {
    if (broken.isEmpty() && !isFinite(ops, t)) {
      broken = "the " + what;
    }
  }

  public void checkWeights(Parameters parameters) {
    for (Parameter p : parameters.all()) {
      if (p.trained()) {
        computed("weights " + p.name(), p.value());
      }
    }
  }

  /** A gradient comes from the layers after. */
  public void checkGradients(Parameters parameters) {
    List<Parameter> backwards = new ArrayList<>(parameters.all());
    Collections.reverse(backwards);
    for (Parameter p : backwards) {
      if (p.trained()) {
        computed("gradient of " + p.name(), p.gradient());
      }
    }
  }

  public void checkStatistics(Parameters parameters) {
    for (Parameter p : parameters.all()) {
      if (!p.trained()) {
        computed("running statistics " + p.name(), p.value());
      }
    }
  }

  @Override
  public void neuron(String name, Inputs read, Tensor out) {}

  @Override
  public void weights(String name, Tensor in, int mostSpikes, long macs) {}
}
