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
 *
 * <p>A program may describe networks of its own, of which {@link #name} and {@link #build} are all
 * that has to be written. They are trained by {@code Sakd.model(spec)}, and loaded by whoever
 * brings the description along, as {@link Own}.
 */
public interface NetworkSpec {
  /** What goes before the first stage (and, in a VGG, after the last) for images of this kind. */
  enum Stem {
    /** Small images, 32x32. */
    CIFAR,
    /** Large images, 224x224. */
    IMAGENET
  }

  /** What {@code --model} calls it, such as {@code spiking-resnet18}. */
  String name();

  /** CIFAR where a network has but one. */
  default Stem stem() {
    return Stem.CIFAR;
  }

  /** What the network finds. */
  default Targets.Kind targetKind() {
    return Targets.Kind.CLASSES;
  }

  /** The same network with the stem that suits images of this height. */
  default NetworkSpec forImages(int height) {
    return withStem(Networks.stemFor(height));
  }

  /** The same network with another stem; itself where it has but one. */
  default NetworkSpec withStem(Stem stem) {
    return this;
  }

  /**
   * The ANN of the same architecture, of the same name; itself where only the neuron makes the
   * difference.
   */
  default NetworkSpec ann() {
    return this;
  }

  /**
   * The network over a neuron; its parameters are not allocated yet.
   *
   * @param neuron {@link Neuron#RELU} for the ANN
   * @param steps T of a spiking neuron
   * @param channels of the images
   * @param classes that the logits tell apart
   * @param parameters collects those of the network's layers, by name
   */
  Network build(Neuron neuron, int steps, int channels, int classes, Parameters parameters);

  /**
   * Refuses images that the network cannot take.
   *
   * @throws UserError if they are too small, or not of the size that its linear layers ask for
   */
  default void requireImages(int height, int width) {}

  /**
   * For files from elsewhere: the description with the stem and shortcut that the names of a weight
   * file's tensors show.
   *
   * @param largeStem whether the first convolution is 7x7
   */
  default NetworkSpec fitting(Set<String> names, boolean largeStem) {
    return this;
  }

  /** What {@code --model} calls the ANN: the name without {@code spiking-} or {@code sew-}. */
  default String annName() {
    return Networks.annName(name());
  }
}
