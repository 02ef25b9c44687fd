package sakd.infer;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.io.HostTensor;
import sakd.io.WeightFile;
import sakd.model.ModelFile;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/**
 * The network in a weight file that does not describe it, such as PyTorch's: it has to be named.
 */
public final class ForeignModel {
  private static final int LARGE_KERNEL = 7;

  /** Where the file does not tell. */
  private static final int CLASSES = 10;

  private static final int COLOURS = 3;

  private ForeignModel() {}

  /**
   * The network of that name, an ANN or one of LIF neurons over four steps, with the stem and the
   * shortcuts of the file.
   *
   * @throws UserError if no network has the name
   */
  public static ModelFile named(WeightFile file, String name, int channels, int classes) {
    boolean ann = Networks.isAnnName(name);
    return new ModelFile(
        fitted(Networks.named(name), file),
        ann ? Neuron.RELU : Neuron.LIF,
        ann ? 1 : Neuron.USUAL_STEPS,
        channels,
        classes);
  }

  /** The channels of the images that the first convolution takes, 3 if it is not known. */
  public static int channels(WeightFile file) {
    return Stream.of("conv1.weight", "features.0.weight")
        .map(name -> Weights.find(file, name))
        .filter(weight -> weight != null && weight.shape().length == 4)
        .findFirst()
        .map(weight -> weight.shape()[1])
        .orElse(COLOURS);
  }

  /** The classes that its last layer tells apart, 10 if it is not known. */
  public static int classes(WeightFile file) {
    return Weights.classes(file, CLASSES);
  }

  private static NetworkSpec fitted(NetworkSpec spec, WeightFile file) {
    HostTensor first = Weights.find(file, "conv1.weight"); // Of a backbone too.
    boolean large = first != null && Arrays.stream(first.shape()).skip(2).sum() == 2 * LARGE_KERNEL;
    return spec.fitting(file.tensors().keySet(), large);
  }

  /**
   * Asks for the name.
   *
   * @param how the name is given, e.g. {@code --model}
   * @return to be thrown; it tells which networks the file fits
   */
  public static UserError unnamed(WeightFile file, String how, int channels, int classes) {
    Set<String> fitting = fitting(file, channels, classes);
    return new UserError(
        file.title()
            + " does not say which network it holds; expected its name as "
            + how
            + (fitting.isEmpty()
                ? ": resnet18 is an ANN, spiking-resnet18 a spiking network"
                : "; its tensors fit " + String.join(", ", fitting)));
  }

  /** The names of the networks, ANNs and SNNs, whose tensors the file has. */
  public static Set<String> fitting(WeightFile file, int channels, int classes) {
    Set<String> fitting = new LinkedHashSet<>();
    for (NetworkSpec spec : Networks.ALL) {
      if (!fitting.contains(spec.annName()) && fits(spec, file, channels, classes)) {
        fitting.add(spec.annName());
        fitting.add(spec.name());
      } else if (fitting.contains(spec.annName())) {
        fitting.add(spec.name());
      }
    }
    return fitting;
  }

  private static boolean fits(NetworkSpec spec, WeightFile file, int channels, int classes) {
    Parameters parameters = new Parameters(0);
    fitted(spec, file).ann().build(Neuron.RELU, 1, channels, classes, parameters);
    try {
      Weights.match(file, parameters, name -> true, spec.annName(), false);
      return true;
    } catch (UserError e) {
      return false;
    }
  }
}
