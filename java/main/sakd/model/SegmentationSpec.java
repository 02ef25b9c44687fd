package sakd.model;

import java.util.Locale;
import java.util.Set;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/**
 * The description of a network for segmentation: a ResNet whose later strides become dilation, and
 * a head that says the class of every pixel. Names and shapes are those of torchvision's {@code
 * fcn_resnet50}, {@code deeplabv3_resnet101} ...
 *
 * @param name such as {@code spiking-fcn-resnet18}
 * @param kind of the head
 * @param body the ResNet, of whose parts the stages are used
 * @param outputStride by how much the last stage's maps are smaller than the images, if the body's
 *     strides reach it: 8, 16 or 32
 * @param auxiliary whether training has a second head, an FCN's, on the stage before the last
 * @param spikingHead whether an SNN's head has spiking neurons too, or else is an ANN on the means
 *     of the stage's maps over time
 */
public record SegmentationSpec(
    String name,
    Kind kind,
    ResNetSpec body,
    int outputStride,
    boolean auxiliary,
    boolean spikingHead)
    implements NetworkSpec {
  /** By how much maps are smaller than the images where nothing else is asked. */
  public static final int OUTPUT_STRIDE = 8;

  /** Before the names of the body's parameters. */
  public static final String BODY = "backbone.";

  private static final String CLASSIFIER = "classifier";
  private static final String AUXILIARY = "aux_classifier";

  /** The heads there are. */
  public enum Kind {
    /** Fully convolutional (Long et al. 2015). */
    FCN,
    /** Atrous spatial pyramid pooling (Chen et al. 2017). */
    DEEPLABV3;

    /** Before the body's name. */
    String prefix() {
      return name().toLowerCase(Locale.ROOT) + "-";
    }
  }

  public SegmentationSpec {
    if (outputStride != 8 && outputStride != 16 && outputStride != 32) {
      throw new IllegalArgumentException(
          "the output stride is " + outputStride + "; expected 8, 16 or 32");
    }
  }

  /**
   * The network over a ResNet, large ones with the stem for large images, as torchvision has them.
   *
   * @param prefix {@code spiking-} or {@code sew-}
   */
  static SegmentationSpec over(String prefix, Kind kind, ResNetSpec body) {
    return new SegmentationSpec(
        prefix + kind.prefix() + body.annName(),
        kind,
        body.withStem(body.isLarge() ? Stem.IMAGENET : Stem.CIFAR),
        OUTPUT_STRIDE,
        true,
        true);
  }

  @Override
  public Targets.Kind targetKind() {
    return Targets.Kind.MASKS;
  }

  @Override
  public Stem stem() {
    return body.stem();
  }

  /** The same network over another body. */
  public SegmentationSpec withBody(ResNetSpec other) {
    return new SegmentationSpec(name, kind, other, outputStride, auxiliary, spikingHead);
  }

  /** The same network of another output stride. */
  public SegmentationSpec withOutputStride(int stride) {
    return new SegmentationSpec(name, kind, body, stride, auxiliary, spikingHead);
  }

  /** The same network with or without the second head. */
  public SegmentationSpec withAuxiliary(boolean second) {
    return new SegmentationSpec(name, kind, body, outputStride, second, spikingHead);
  }

  /** The same network with spiking neurons in the head or with an ANN as head. */
  public SegmentationSpec withSpikingHead(boolean spiking) {
    return new SegmentationSpec(name, kind, body, outputStride, auxiliary, spiking);
  }

  @Override
  public SegmentationSpec withStem(Stem stem) {
    return withBody(body.withStem(stem));
  }

  /** torchvision's stem, whatever the images: its published weights have it. */
  @Override
  public SegmentationSpec forImages(int height) {
    return this;
  }

  @Override
  public SegmentationSpec ann() {
    return withBody(body.ann());
  }

  @Override
  public SegmentationSpec fitting(Set<String> names, boolean largeStem) {
    return withBody(body.fitting(names, largeStem))
        .withAuxiliary(names.stream().anyMatch(n -> n.contains(AUXILIARY + ".")));
  }

  /**
   * {@inheritDoc}
   *
   * @throws UserError also if blocks of the body can have no dilation
   */
  @Override
  public void requireImages(int height, int width) {
    boolean dilated =
        body.stem() == Stem.IMAGENET && 4 << (body.blocks().size() - 1) > outputStride;
    if (body.shortcut() == ResNetSpec.Shortcut.A && dilated) {
      throw new UserError(
          name
              + " cannot have an output stride of "
              + outputStride
              + " with shortcuts that skip pixels; expected --shortcut b, --stem cifar or a larger"
              + " --output-stride");
    }
  }

  @Override
  public Network build(Neuron neuron, int steps, int channels, int classes, Parameters parameters) {
    ResNet backbone = new ResNet(body, neuron, steps, channels, outputStride, BODY, parameters);
    int last = backbone.stages().size() - 1;
    boolean overMeans = neuron.kind().isSpiking() && !spikingHead;
    HeadLayers layers =
        overMeans
            ? new HeadLayers(parameters, Neuron.RELU, 1)
            : new HeadLayers(parameters, neuron, steps);
    int in = backbone.stages().get(last).channels();
    MaskHead.Layers classifier =
        kind == Kind.FCN
            ? layers.fcn(CLASSIFIER, in, classes, 0)
            : layers.deepLab(CLASSIFIER, in, classes, 0);
    int before = backbone.stages().get(last - 1).channels();
    MaskHead.Layers second = auxiliary ? layers.fcn(AUXILIARY, before, classes, 1) : null;
    return new HeadedNetwork(backbone, new MaskHead(classifier, second, overMeans), parameters);
  }
}
