package sakd.model;

import java.util.List;
import java.util.Set;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/**
 * The description of a residual network.
 *
 * @param merge how a block's shortcut joins: INPUT, before the last neuron (Spiking-ResNet, and
 *     every ANN); or ADD, AND, IAND of spikes, after it, where also the shortcut's conv-bn has a
 *     neuron (SEW-ResNet, Fang et al. 2021)
 * @param bottleneck 1x1, 3x3, 1x1 with expansion 4 instead of two 3x3
 * @param blocks blocks of each stage; the first block of every stage but the first has stride 2
 * @param widths width of each stage
 * @param stemWidth channels of the stem
 * @param stem CIFAR: 3x3 stride 1; IMAGENET: 7x7 stride 2, then 3x3 stride 2 max pool
 * @param shortcut what a shortcut does where the block changes the size
 * @param headWidth width of a hidden linear layer with a neuron before the last, 0 for none
 */
public record ResNetSpec(
    String name,
    Neuron.Residual merge,
    boolean bottleneck,
    List<Integer> blocks,
    List<Integer> widths,
    int stemWidth,
    Stem stem,
    Shortcut shortcut,
    int headWidth)
    implements NetworkSpec {
  private static final int EXPANSION = 4;
  private static final int LARGE_STAGES = 4;

  /** No stage has dilation: more than all strides together. */
  private static final int STRIDES = Integer.MAX_VALUE;

  /** The two shortcuts of He et al. 2015 (arXiv 1512.03385, section 4.1) that change the size. */
  public enum Shortcut {
    /** Every second pixel, and zeros for the new channels, half of them on either side. */
    A,
    /** A 1x1 convolution and batch norm. */
    B
  }

  public ResNetSpec {
    blocks = List.copyOf(blocks);
    widths = List.copyOf(widths);
    if (blocks.isEmpty() || blocks.size() != widths.size()) {
      throw new IllegalArgumentException("a width for each stage is needed");
    }
    if (merge == Neuron.Residual.NONE) {
      throw new IllegalArgumentException("blocks join at INPUT, or by ADD, AND or IAND");
    }
    if (bottleneck && shortcut == Shortcut.A) {
      throw new IllegalArgumentException("shortcut A is for blocks of two 3x3 convolutions");
    }
  }

  /** torchvision's networks: widths 64 to 512. */
  static ResNetSpec large(String name, boolean sew, boolean bottleneck, List<Integer> blocks) {
    return new ResNetSpec(
        name,
        sew ? Neuron.Residual.ADD : Neuron.Residual.INPUT,
        bottleneck,
        blocks,
        List.of(64, 128, 256, 512),
        64,
        Stem.CIFAR,
        Shortcut.B,
        0);
  }

  /** The networks for CIFAR of He et al. 2015: three stages of n blocks, 6 n + 2 layers. */
  static ResNetSpec small(String name, int n, Shortcut shortcut) {
    return new ResNetSpec(
        name,
        Neuron.Residual.INPUT,
        false,
        List.of(n, n, n),
        List.of(16, 32, 64),
        16,
        Stem.CIFAR,
        shortcut,
        0);
  }

  /** The ResNet-19 of the literature on SNNs (Zheng et al. 2021). */
  static ResNetSpec resnet19(String name) {
    return new ResNetSpec(
        name,
        Neuron.Residual.INPUT,
        false,
        List.of(3, 3, 2),
        List.of(128, 256, 512),
        128,
        Stem.CIFAR,
        Shortcut.B,
        256);
  }

  /** Whether it is one of torchvision's, which are for large images too. */
  boolean isLarge() {
    return blocks.size() == LARGE_STAGES;
  }

  /** Whether it is a SEW-ResNet. */
  public boolean sew() {
    return merge != Neuron.Residual.INPUT;
  }

  /** Channels that leave a block of this width. */
  int outWidth(int width) {
    return bottleneck ? width * EXPANSION : width;
  }

  /**
   * {@inheritDoc}
   *
   * <p>A SEW network's is the plain residual network with the same weights, in which the residual
   * joins before the ReLU, so that pretrained ones can be used.
   */
  @Override
  public ResNetSpec ann() {
    return withMerge(Neuron.Residual.INPUT);
  }

  /** The same network with another way of joining blocks. */
  public ResNetSpec withMerge(Neuron.Residual merge) {
    return new ResNetSpec(
        name, merge, bottleneck, blocks, widths, stemWidth, stem, shortcut, headWidth);
  }

  @Override
  public ResNetSpec withStem(Stem stem) {
    return new ResNetSpec(
        name, merge, bottleneck, blocks, widths, stemWidth, stem, shortcut, headWidth);
  }

  /** The same network with other shortcuts. */
  public ResNetSpec withShortcut(Shortcut shortcut) {
    return new ResNetSpec(
        name, merge, bottleneck, blocks, widths, stemWidth, stem, shortcut, headWidth);
  }

  @Override
  public ResNetSpec fitting(Set<String> names, boolean largeStem) {
    boolean learned = names.stream().anyMatch(n -> n.contains(".downsample."));
    boolean parameterFree = !bottleneck && !learned;
    return withStem(largeStem ? Stem.IMAGENET : Stem.CIFAR)
        .withShortcut(parameterFree ? Shortcut.A : Shortcut.B);
  }

  /** Global average pooling takes every size. */
  @Override
  public void requireImages(int height, int width) {}

  @Override
  public Network build(Neuron neuron, int steps, int channels, int classes, Parameters parameters) {
    ResNet backbone = new ResNet(this, neuron, steps, channels, STRIDES, "", parameters);
    int in = backbone.stages().get(blocks.size() - 1).channels();
    Head head = new ClassHead(in, headWidth, neuron, steps, classes, parameters);
    return new HeadedNetwork(backbone, head, parameters);
  }
}
