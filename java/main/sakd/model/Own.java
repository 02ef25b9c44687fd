package sakd.model;

import sakd.base.UserError;
import sakd.device.UserSource;
import sakd.ops.Neuron;

/**
 * What weight files only name, because it is code, and whoever reads them has to bring along: a
 * network that a program describes itself, and the functions of a neuron. Without them such a file
 * is refused, so that reading a stranger's weights runs nothing of his.
 *
 * @param network the program's own; null for none
 * @param neuron the functions of a {@link Neuron.Kind#CUSTOM} neuron; null for none
 */
public record Own(NetworkSpec network, UserSource neuron) {
  /** Nothing. */
  public static final Own NONE = new Own(null, null);

  /**
   * A network of one's own, of neurons that SAKD knows.
   *
   * @throws IllegalArgumentException if its name does not begin with {@code spiking-}, after which
   *     comes that of the ANN, or is that of a network of SAKD's
   */
  public static Own of(NetworkSpec network) {
    String name = network.name();
    if (!name.startsWith("spiking-") || Networks.isKnown(name)) {
      throw new IllegalArgumentException(
          "the network's name is "
              + name
              + "; expected spiking- and a name that is not one of SAKD's networks");
    }
    return new Own(network, null);
  }

  /** Of a network of SAKD's, a neuron of one's own: {@link Neuron#ofFile}. */
  public static Own of(Neuron neuron) {
    return new Own(null, neuron.file());
  }

  /** Of a network and a neuron, each of one's own or not. */
  public static Own of(NetworkSpec network, Neuron neuron) {
    return new Own(Networks.isKnown(network.name()) ? null : network, neuron.file());
  }

  /**
   * The network of that name, as {@link Networks#named}, or one's own.
   *
   * @throws UserError if there is none
   */
  public NetworkSpec named(String name) {
    boolean mine =
        network != null
            && (name.equalsIgnoreCase(network.name()) || name.equalsIgnoreCase(network.annName()));
    return mine ? network : Networks.named(name);
  }
}
