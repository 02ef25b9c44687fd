package sakd.infer;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import sakd.base.UserError;
import sakd.io.HostTensor;
import sakd.io.WeightFile;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/**
 * The network in a weight file that does not describe it, such as PyTorch's: it has to be named.
 */
public final class ForeignModel {
  private static final int LARGE_KERNEL = 7;

  private ForeignModel() {}

  /**
   * The description of the network of that name, with the stem and the shortcuts of the file.
   *
   * @throws UserError if no network has the name
   */
  public static NetworkSpec spec(WeightFile file, String name) {
    return fitted(Networks.named(name), file);
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
    Set<String> fitting = new LinkedHashSet<>();
    for (NetworkSpec spec : Networks.ALL) {
      if (!fitting.contains(spec.annName()) && fits(spec, file, channels, classes)) {
        fitting.add(spec.annName());
        fitting.add(spec.name());
      } else if (fitting.contains(spec.annName())) {
        fitting.add(spec.name());
      }
    }
    return new UserError(
        file.title()
            + " does not say which network it holds; expected its name as "
            + how
            + (fitting.isEmpty()
                ? ": resnet18 is an ANN, spiking-resnet18 a spiking network"
                : "; its tensors fit " + String.join(", ", fitting)));
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
