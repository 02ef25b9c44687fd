package sakd.model;

import java.util.Set;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/**
 * The description of a network. {@link #ann} built with ReLU is the ANN, the description itself
 * built with a spiking neuron the SNN of the same architecture: their tensors have the same names
 * and shapes, which are torchvision's.
 */
public sealed interface NetworkSpec permits DetectionSpec, ResNetSpec, SegmentationSpec, VggSpec {
  /** What goes before the first stage (and, in a VGG, after the last) for images of this kind. */
  enum Stem {
    /** Small images, 32x32. */
    CIFAR,
    /** Large images, 224x224. */
    IMAGENET
  }

  /** What {@code --model} calls it, such as {@code spiking-resnet18}. */
  String name();

  Stem stem();

  /** What the network finds. */
  default Targets.Kind targetKind() {
    return Targets.Kind.CLASSES;
  }

  /** The same network with the stem that suits images of this height. */
  default NetworkSpec forImages(int height) {
    return withStem(Networks.stemFor(height));
  }

  /** The same network with another stem. */
  NetworkSpec withStem(Stem stem);

  /** The ANN of the same architecture, of the same name. */
  NetworkSpec ann();

  /** The network over a neuron; its parameters are not allocated yet. */
  Network build(Neuron neuron, int steps, int channels, int classes, Parameters parameters);

  /**
   * Refuses images that the network cannot take.
   *
   * @throws UserError if they are too small, or not of the size that its linear layers ask for
   */
  void requireImages(int height, int width);

  /**
   * The description with the stem and shortcut that the names of a weight file's tensors show.
   *
   * @param largeStem whether the first convolution is 7x7
   */
  NetworkSpec fitting(Set<String> names, boolean largeStem);

  /** What {@code --model} calls the ANN: the name without {@code spiking-} or {@code sew-}. */
  default String annName() {
    return Networks.annName(name());
  }
}
