package sakd.model;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import sakd.base.UserError;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/**
 * The description of a VGG with batch norm (Simonyan &amp; Zisserman 2015), torchvision's {@code
 * vgg*_bn}: stages of 3x3 convolutions with bias, batch norm and neuron, each closed by a 2x2 max
 * pool. Dropout between the linear layers is left out: batch norm and distillation do its work, and
 * a pretrained network does not need it.
 *
 * @param widths of each convolution of each stage
 * @param headWidth width of the two hidden linear layers of the IMAGENET head
 * @param stem CIFAR: global average, then one linear layer; IMAGENET: two hidden linear layers over
 *     all {@value #SIDE}x{@value #SIDE} pixels of the last stage, then the last
 */
public record VggSpec(String name, List<List<Integer>> widths, int headWidth, Stem stem)
    implements NetworkSpec {
  /** Side of the last stage's feature map that the linear layers of the IMAGENET head are for. */
  static final int SIDE = 7;

  /** Before the names of the hidden layers of the IMAGENET head in timm's files. */
  public static final String TIMM_HIDDEN = "pre_logits.";

  /** Of the stages of the VGGs for images. */
  private static final List<Integer> WIDTHS = List.of(64, 128, 256, 512, 512);

  public VggSpec {
    widths = widths.stream().map(List::copyOf).toList();
    if (widths.isEmpty() || widths.stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException("stages of at least one convolution are needed");
    }
  }

  /**
   * A VGG for images.
   *
   * @param convs of each stage
   */
  static VggSpec vgg(String name, List<Integer> convs) {
    List<List<Integer>> widths =
        IntStream.range(0, convs.size())
            .mapToObj(s -> Collections.nCopies(convs.get(s), WIDTHS.get(s)))
            .toList();
    return new VggSpec(name, widths, 4096, Stem.CIFAR);
  }

  /** The description itself: only the neuron makes the difference. */
  @Override
  public VggSpec ann() {
    return this;
  }

  @Override
  public VggSpec withStem(Stem stem) {
    return new VggSpec(name, widths, headWidth, stem);
  }

  @Override
  public VggSpec fitting(Set<String> names, boolean largeStem) {
    return withStem(
        names.stream().anyMatch(n -> n.endsWith("classifier.6.weight") || n.contains(TIMM_HIDDEN))
            ? Stem.IMAGENET
            : Stem.CIFAR);
  }

  @Override
  public void requireImages(int height, int width) {
    int scale = 1 << widths.size();
    if (stem == Stem.CIFAR) {
      if (height < scale || width < scale) {
        throw unfit(height, width, "at least " + scale + "x" + scale, "a resnet");
      }
    } else if (height / scale != SIDE || width / scale != SIDE) {
      int side = SIDE * scale;
      throw unfit(height, width, side + "x" + side + " with --stem imagenet", "--stem cifar");
    }
  }

  private UserError unfit(int height, int width, String expected, String instead) {
    return new UserError(
        name
            + " cannot take images of "
            + height
            + "x"
            + width
            + "; expected "
            + expected
            + ", give other images or "
            + instead);
  }

  @Override
  public Network build(Neuron neuron, int steps, int channels, int classes, Parameters parameters) {
    return new Vgg(this, neuron, steps, channels, classes, parameters);
  }
}
