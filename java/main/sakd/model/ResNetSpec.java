package sakd.model;

import java.util.List;
import java.util.Locale;
import sakd.io.EditDistance;
import sakd.io.UserError;
import sakd.ops.Neuron;

/**
 * The description of a residual network. {@link #ann} built with ReLU is the ANN, the description
 * itself built with a spiking neuron the SNN of the same architecture.
 *
 * @param name what {@code --model} calls it
 * @param sew whether every conv-bn has a neuron and the residual joins after it (SEW-ResNet, Fang
 *     et al. 2021) or joins before the neuron (Spiking-ResNet)
 * @param merge how SEW blocks join: ADD, AND or IAND; INPUT for Spiking-ResNet
 * @param bottleneck 1x1, 3x3, 1x1 with expansion 4 instead of two 3x3
 * @param blocks blocks of each stage; the first block of every stage but the first has stride 2
 * @param widths width of each stage
 * @param stemWidth channels of the stem
 * @param stem CIFAR: 3x3 stride 1; IMAGENET: 7x7 stride 2, then 3x3 stride 2 max pool
 * @param headWidth width of a hidden linear layer with a neuron before the last, 0 for none
 */
public record ResNetSpec(
    String name,
    boolean sew,
    Neuron.Residual merge,
    boolean bottleneck,
    List<Integer> blocks,
    List<Integer> widths,
    int stemWidth,
    Stem stem,
    int headWidth) {
  /** The layers before the first stage. */
  public enum Stem {
    CIFAR,
    IMAGENET
  }

  public ResNetSpec {
    blocks = List.copyOf(blocks);
    widths = List.copyOf(widths);
    if (blocks.isEmpty() || blocks.size() != widths.size()) {
      throw new IllegalArgumentException("a width for each stage is needed");
    }
    if (sew == (merge == Neuron.Residual.INPUT) || merge == Neuron.Residual.NONE) {
      throw new IllegalArgumentException("SEW blocks join by ADD, AND or IAND, others at INPUT");
    }
  }

  private static final List<Integer> WIDTHS = List.of(64, 128, 256, 512);

  private static ResNetSpec resnet(String name, boolean sew, List<Integer> blocks) {
    return new ResNetSpec(
        name,
        sew,
        sew ? Neuron.Residual.ADD : Neuron.Residual.INPUT,
        false,
        blocks,
        WIDTHS,
        64,
        Stem.CIFAR,
        0);
  }

  /** Every network {@code --model} knows, with the CIFAR stem. */
  public static final List<ResNetSpec> ALL =
      List.of(
          new ResNetSpec(
              "resnet8",
              false,
              Neuron.Residual.INPUT,
              false,
              List.of(1, 1, 1),
              List.of(16, 32, 64),
              16,
              Stem.CIFAR,
              0),
          resnet("spiking-resnet18", false, List.of(2, 2, 2, 2)),
          resnet("spiking-resnet34", false, List.of(3, 4, 6, 3)),
          new ResNetSpec(
              "resnet19",
              false,
              Neuron.Residual.INPUT,
              false,
              List.of(3, 3, 2),
              List.of(128, 256, 512),
              128,
              Stem.CIFAR,
              256),
          resnet("sew-resnet18", true, List.of(2, 2, 2, 2)),
          resnet("sew-resnet34", true, List.of(3, 4, 6, 3)));

  /**
   * The network of that name.
   *
   * @throws UserError naming the known ones if there is none
   */
  public static ResNetSpec named(String name) {
    List<String> known = ALL.stream().map(ResNetSpec::name).toList();
    return ALL.stream()
        .filter(s -> s.name.equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    "unknown model '"
                        + name
                        + "'; expected one of "
                        + String.join(", ", known)
                        + ", did you mean "
                        + EditDistance.nearest(name, known)
                        + "?"));
  }

  /**
   * The ANN of the same architecture. A SEW network's is the plain residual network with the same
   * weights, in which the residual joins before the ReLU, so that pretrained ones can be used.
   */
  public ResNetSpec ann() {
    return new ResNetSpec(
        name, false, Neuron.Residual.INPUT, bottleneck, blocks, widths, stemWidth, stem, headWidth);
  }

  /** The same network with another way of joining SEW blocks. */
  public ResNetSpec withMerge(Neuron.Residual merge) {
    return new ResNetSpec(name, sew, merge, bottleneck, blocks, widths, stemWidth, stem, headWidth);
  }

  /** The network for images of this height where none is named: the small one for 28 pixels. */
  public static String defaultFor(int height) {
    return height == 28 ? "resnet8" : "spiking-resnet18";
  }

  /** The same network with another stem. */
  public ResNetSpec withStem(Stem stem) {
    return new ResNetSpec(name, sew, merge, bottleneck, blocks, widths, stemWidth, stem, headWidth);
  }
}
