package sakd.model;

import java.util.Locale;
import java.util.Map;
import sakd.io.UserError;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/**
 * What the metadata of a weight file says of its network, so that {@code eval} and {@code predict}
 * can rebuild it without being told.
 */
public record ModelFile(
    String model,
    Neuron neuron,
    Neuron.Residual merge,
    ResNetSpec.Stem stem,
    int steps,
    int channels,
    int classes) {
  private static final String PREFIX = "sakd.";

  /** Adds this to a file's metadata. */
  public void describe(Map<String, String> metadata) {
    put(metadata, "model", model);
    put(metadata, "neuron", lower(neuron.kind()));
    put(metadata, "tau", neuron.tau());
    put(metadata, "v_threshold", neuron.vThreshold());
    put(metadata, "v_reset", neuron.vReset());
    put(metadata, "decay_input", neuron.decayInput());
    put(metadata, "detach_reset", neuron.detachReset());
    put(metadata, "surrogate", lower(neuron.surrogate()));
    put(metadata, "alpha", neuron.alpha());
    put(metadata, "merge", lower(merge));
    put(metadata, "stem", lower(stem));
    put(metadata, "T", steps);
    put(metadata, "in_channels", channels);
    put(metadata, "classes", classes);
  }

  private static void put(Map<String, String> metadata, String key, Object value) {
    metadata.put(PREFIX + key, value.toString());
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** Whether the metadata is one that {@link #describe} wrote. */
  public static boolean isIn(Map<String, String> metadata) {
    return metadata.containsKey(PREFIX + "model");
  }

  /**
   * Reads what {@link #describe} wrote.
   *
   * @param file named in errors
   * @throws UserError if something is missing or out of range
   */
  public static ModelFile of(Map<String, String> metadata, String file) {
    try {
      Neuron neuron =
          new Neuron(
              Neuron.Kind.valueOf(upper(metadata, "neuron")),
              Float.parseFloat(get(metadata, "tau")),
              Float.parseFloat(get(metadata, "v_threshold")),
              Float.parseFloat(get(metadata, "v_reset")),
              Boolean.parseBoolean(get(metadata, "decay_input")),
              Boolean.parseBoolean(get(metadata, "detach_reset")),
              Neuron.Surrogate.valueOf(upper(metadata, "surrogate")),
              Float.parseFloat(get(metadata, "alpha")));
      return new ModelFile(
          get(metadata, "model"),
          neuron,
          Neuron.Residual.valueOf(upper(metadata, "merge")),
          ResNetSpec.Stem.valueOf(upper(metadata, "stem")),
          Integer.parseInt(get(metadata, "T")),
          Integer.parseInt(get(metadata, "in_channels")),
          Integer.parseInt(get(metadata, "classes")));
    } catch (IllegalArgumentException e) {
      throw new UserError(
          "the metadata of "
              + file
              + " does not describe a network ("
              + e.getMessage()
              + "); give --model, --neuron and --T",
          e);
    }
  }

  private static String get(Map<String, String> metadata, String key) {
    String value = metadata.get(PREFIX + key);
    if (value == null) {
      throw new IllegalArgumentException("no " + PREFIX + key);
    }
    return value;
  }

  private static String upper(Map<String, String> metadata, String key) {
    return get(metadata, key).toUpperCase(Locale.ROOT);
  }

  /** The description of the network; an ANN's is its ANN. */
  public ResNetSpec spec() {
    ResNetSpec spec = ResNetSpec.named(model).withStem(stem);
    return neuron.kind().isSpiking() ? spec.withMerge(merge) : spec.ann();
  }

  /** The network; its parameters are not allocated yet. */
  public Network build(Parameters parameters) {
    return new ResNet(spec(), neuron, steps, channels, classes, parameters);
  }
}
