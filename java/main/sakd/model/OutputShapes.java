package sakd.model;

import java.util.List;
import sakd.data.SampleShape;
import sakd.device.DType;
import sakd.device.IdleDevice;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * How large the feature maps of a network are for one image, known without computing them; those of
 * an ANN and of its SNN are alike.
 *
 * @param stages what each stage gives
 * @param pyramid the levels of a detector's pyramid; else empty
 * @param places for how many places there are logits: the anchors of a detector, the pixels of a
 *     mask, or 1
 */
public record OutputShapes(List<Map> stages, List<Map> pyramid, int places) {
  /** One feature map. */
  public record Map(int channels, int height, int width) {
    private static Map of(Var x) {
      Tensor t = x.value();
      return new Map(t.channels(), t.dim(-3), t.dim(-2));
    }

    /** Rows and columns, as people write them. */
    public String size() {
      return height + "x" + width;
    }

    /** Whether another map has as many rows and columns. */
    public boolean covers(Map other) {
      return height == other.height && width == other.width;
    }
  }

  /**
   * Those of a network.
   *
   * @param image as it is trained on
   * @throws sakd.base.UserError if the network cannot take such an image
   */
  public static OutputShapes of(NetworkSpec spec, SampleShape image, int classes) {
    spec.requireImages(image.height(), image.width());
    Parameters parameters = new Parameters(0);
    try (Ops ops = new KernelOps(new IdleDevice());
        Network network = spec.ann().build(Neuron.RELU, 1, image.channels(), classes, parameters);
        Tensor images =
            ops.allocate(DType.F32, 1, 1, image.height(), image.width(), image.channels());
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32, null)) {
      parameters.reserve(ops);
      Network.Output out = network.forward(tape, tape.input(images), true);
      return new OutputShapes(
          out.stages().stream().map(Map::of).toList(),
          out.boxes() == null ? List.of() : out.boxes().pyramid().stream().map(Map::of).toList(),
          Math.toIntExact(out.logits().value().rows()));
    }
  }
}
