package sakd.testing;

import java.util.List;
import sakd.model.NetworkSpec;
import sakd.model.ResNetSpec;
import sakd.ops.Neuron;

/** A network of five convolutions, which is trained in a fraction of a second. */
public final class TinyNetwork {
  public static final ResNetSpec SPEC =
      new ResNetSpec(
          "tiny",
          Neuron.Residual.INPUT,
          false,
          List.of(1, 1),
          List.of(8, 16),
          8,
          NetworkSpec.Stem.CIFAR,
          ResNetSpec.Shortcut.B,
          0);

  private TinyNetwork() {}
}
