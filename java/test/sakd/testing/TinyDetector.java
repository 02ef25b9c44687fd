package sakd.testing;

import java.util.List;
import sakd.model.DetectionSpec;
import sakd.model.NetworkSpec;
import sakd.model.ResNetSpec;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/** RetinaNets of a block a stage and a pyramid of eight channels. */
public final class TinyDetector {
  private TinyDetector() {}

  /** The description of one with this kind of blocks and of head. */
  public static DetectionSpec spec(Neuron.Residual merge, boolean spikingHead) {
    ResNetSpec body =
        new ResNetSpec(
            "tiny",
            merge,
            false,
            List.of(1, 1, 1),
            List.of(4, 8, 8),
            4,
            NetworkSpec.Stem.IMAGENET,
            ResNetSpec.Shortcut.B,
            0);
    return new DetectionSpec("tiny", body, 8, spikingHead);
  }

  /** Makes an untrained network, which is sure of nothing, see objects with some anchors. */
  public static void sure(Parameters parameters) {
    Parameter bias = parameters.get("head.classification_head.cls_logits.bias");
    float[] values = new float[bias.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = -4 + i % 5;
    }
    bias.set(values);
  }
}
