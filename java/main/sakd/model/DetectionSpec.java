package sakd.model;

import java.util.Set;
import sakd.data.Targets;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/**
 * The description of a detector: RetinaNet over the last three stages of a ResNet. Names, shapes
 * and arithmetic are those of torchvision's {@code retinanet_resnet50_fpn}; of classes, the first
 * is the background.
 *
 * @param name such as {@code spiking-retinanet-resnet18}
 * @param body the ResNet, of whose parts the stages are used
 * @param pyramidChannels of every level of the pyramid
 * @param spikingHead whether an SNN's pyramid and head have spiking neurons too, or else are an ANN
 *     on the means of the stages' maps over time
 */
public record DetectionSpec(String name, ResNetSpec body, int pyramidChannels, boolean spikingHead)
    implements NetworkSpec {
  /** Channels of the pyramid where nothing else is asked. */
  public static final int PYRAMID_CHANNELS = 256;

  /** Before the names of the body's parameters. */
  public static final String BODY = "backbone.body.";

  private static final String PREFIX = "retinanet-";

  /** No stage has dilation: more than all strides together. */
  private static final int STRIDES = Integer.MAX_VALUE;

  public DetectionSpec {
    if (pyramidChannels < 1) {
      throw new IllegalArgumentException("a pyramid has channels");
    }
  }

  /**
   * The network over a ResNet, with the stem for large images, as torchvision has it.
   *
   * @param prefix {@code spiking-} or {@code sew-}
   */
  static DetectionSpec over(String prefix, ResNetSpec body) {
    return new DetectionSpec(
        prefix + PREFIX + body.annName(), body.withStem(Stem.IMAGENET), PYRAMID_CHANNELS, false);
  }

  @Override
  public Targets.Kind targetKind() {
    return Targets.Kind.BOXES;
  }

  @Override
  public Stem stem() {
    return body.stem();
  }

  /** The same network over another body. */
  public DetectionSpec withBody(ResNetSpec other) {
    return new DetectionSpec(name, other, pyramidChannels, spikingHead);
  }

  /** The same network with another width of the pyramid. */
  public DetectionSpec withPyramidChannels(int channels) {
    return new DetectionSpec(name, body, channels, spikingHead);
  }

  /** The same network with spiking neurons in pyramid and head or with an ANN as these. */
  public DetectionSpec withSpikingHead(boolean spiking) {
    return new DetectionSpec(name, body, pyramidChannels, spiking);
  }

  @Override
  public DetectionSpec withStem(Stem stem) {
    return withBody(body.withStem(stem));
  }

  /** torchvision's stem, whatever the images: its published weights have it. */
  @Override
  public DetectionSpec forImages(int height) {
    return this;
  }

  @Override
  public DetectionSpec ann() {
    return withBody(body.ann());
  }

  @Override
  public DetectionSpec fitting(Set<String> names, boolean largeStem) {
    return withBody(body.fitting(names, largeStem));
  }

  /** Maps of any size have a pyramid. */
  @Override
  public void requireImages(int height, int width) {}

  @Override
  public Network build(Neuron neuron, int steps, int channels, int classes, Parameters parameters) {
    ResNet backbone = new ResNet(body, neuron, steps, channels, STRIDES, BODY, parameters);
    boolean overMeans = neuron.kind().isSpiking() && !spikingHead;
    Head head =
        new RetinaHead(
            parameters,
            backbone.stages(),
            pyramidChannels,
            overMeans ? Neuron.RELU : neuron,
            overMeans ? 1 : steps,
            classes,
            overMeans);
    return new HeadedNetwork(backbone, head, parameters);
  }
}
