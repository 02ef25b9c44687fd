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
 * vgg*_bn}: stages of 3x3 convolutions with bias, batch norm and neuron, each closed by a 2x2 pool.
 * Dropout between the linear layers is left out: batch norm and distillation do its work, and a
 * pretrained network does not need it.
 *
 * @param widths of each convolution of each stage
 * @param forEvents whether it is a VGG for event cameras: average instead of max pools, and one
 *     linear layer over all {@value #EVENT_SIDE}x{@value #EVENT_SIDE} pixels of the last stage
 * @param headWidth width of the two hidden linear layers of the IMAGENET head
 * @param stem CIFAR: global average, then one linear layer; IMAGENET: two hidden linear layers over
 *     all {@value #SIDE}x{@value #SIDE} pixels of the last stage, then the last. For events there
 *     is one form alone, which counts as CIFAR
 */
public record VggSpec(
    String name, List<List<Integer>> widths, boolean forEvents, int headWidth, Stem stem)
    implements NetworkSpec {
  /** Side of the last stage's feature map that the linear layers of the IMAGENET head are for. */
  static final int SIDE = 7;

  /** Side of the last stage's feature map in a VGG for events, whose frames are of 48x48. */
  static final int EVENT_SIDE = 3;

  /** Before the names of the hidden layers of the IMAGENET head in timm's files. */
  public static final String TIMM_HIDDEN = "pre_logits.";

  /** Of the stages of the VGGs for images. */
  private static final List<Integer> WIDTHS = List.of(64, 128, 256, 512, 512);

  public VggSpec {
    widths = widths.stream().map(List::copyOf).toList();
    if (widths.isEmpty() || widths.stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException("stages of at least one convolution are needed");
    }
    if (forEvents && stem != Stem.CIFAR) {
      throw new IllegalArgumentException("a VGG for events has no stem for photographs");
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
    return new VggSpec(name, widths, false, 4096, Stem.CIFAR);
  }

  /**
   * VGGSNN of Deng et al. (Temporal Efficient Training of Spiking Neural Network via Gradient
   * Re-weighting, ICLR 2022), which later papers about CIFAR10-DVS call VGG-9: {@code
   * 64C3-128C3-AP2-256C3-256C3-AP2-512C3-512C3-AP2-512C3-512C3-AP2-FC} for frames of 48x48.
   */
  static VggSpec vgg9(String name) {
    List<List<Integer>> widths =
        List.of(List.of(64, 128), List.of(256, 256), List.of(512, 512), List.of(512, 512));
    return new VggSpec(name, widths, true, 0, Stem.CIFAR);
  }

  /** The description itself: only the neuron makes the difference. */
  @Override
  public VggSpec ann() {
    return this;
  }

  @Override
  public VggSpec withStem(Stem stem) {
    return forEvents ? this : new VggSpec(name, widths, false, headWidth, stem);
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
    int last = headSide();
    if (last == 0) {
      if (height < scale || width < scale) {
        throw unfit(height, width, "at least " + scale + "x" + scale, "a resnet");
      }
    } else if (height / scale != last || width / scale != last) {
      String side = last * scale + "x" + last * scale;
      throw forEvents
          ? unfit(height, width, side, "--image-size " + last * scale + " or a resnet")
          : unfit(height, width, side + " with --stem imagenet", "--stem cifar");
    }
  }

  /** Side of the last stage's feature map that the head is for; 0 if it averages one of any. */
  int headSide() {
    return forEvents ? EVENT_SIDE : stem == Stem.IMAGENET ? SIDE : 0;
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
