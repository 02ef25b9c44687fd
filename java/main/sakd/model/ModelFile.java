package sakd.model;

import java.util.Locale;
import java.util.Map;
import sakd.base.UserError;
import sakd.device.UserSource;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/**
 * What the metadata of a weight file says of its network, so that {@code eval} and {@code predict}
 * can rebuild it without being told.
 *
 * @param encoding what a spiking network makes of images first
 */
public record ModelFile(
    NetworkSpec spec, Neuron neuron, int steps, int channels, int classes, InputEncoding encoding) {
  private static final String PREFIX = "sakd.";
  private static final String NEURON_FILE = "neuron_file";
  private static final String NEURON_SHA = "neuron_sha256";

  /** Of a network that sees images as they are. */
  public ModelFile(NetworkSpec spec, Neuron neuron, int steps, int channels, int classes) {
    this(spec, neuron, steps, channels, classes, InputEncoding.DIRECT);
  }

  /** Adds this to a file's metadata. */
  public void describe(Map<String, String> metadata) {
    put(metadata, "model", spec.name());
    put(metadata, "neuron", lower(neuron.kind()));
    if (neuron.file() != null) {
      put(metadata, NEURON_FILE, neuron.file().name());
      put(metadata, NEURON_SHA, neuron.file().sha256());
    }
    put(metadata, "tau", neuron.tau());
    put(metadata, "v_threshold", neuron.vThreshold());
    put(metadata, "v_reset", neuron.vReset());
    put(metadata, "decay_input", neuron.decayInput());
    put(metadata, "detach_reset", neuron.detachReset());
    put(metadata, "surrogate", lower(neuron.surrogate()));
    put(metadata, "alpha", neuron.alpha());
    put(metadata, "stem", lower(spec.stem()));
    if (spec instanceof SegmentationSpec s) {
      put(metadata, "output_stride", s.outputStride());
      put(metadata, "auxiliary", s.auxiliary());
      put(metadata, "spiking_head", s.spikingHead());
    } else if (spec instanceof DetectionSpec d) {
      put(metadata, "pyramid_channels", d.pyramidChannels());
      put(metadata, "spiking_head", d.spikingHead());
    }
    ResNetSpec resnet = body(spec);
    if (resnet != null) {
      put(metadata, "merge", lower(resnet.merge()));
      put(metadata, "shortcut", lower(resnet.shortcut()));
    }
    put(metadata, "T", steps);
    put(metadata, "in_channels", channels);
    put(metadata, "classes", classes);
    encoding.describe(metadata);
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
   * @param own what is of the reader's own
   * @throws UserError if something is missing or out of range, or {@code own} lacks the network or
   *     the neuron's functions
   */
  public static ModelFile of(Map<String, String> metadata, String file, Own own) {
    try {
      Neuron.Kind kind = neuronKind(metadata);
      Neuron neuron =
          new Neuron(
              kind,
              Float.parseFloat(get(metadata, "tau")),
              Float.parseFloat(get(metadata, "v_threshold")),
              Float.parseFloat(get(metadata, "v_reset")),
              Boolean.parseBoolean(get(metadata, "decay_input")),
              Boolean.parseBoolean(get(metadata, "detach_reset")),
              Neuron.Surrogate.valueOf(upper(metadata, "surrogate")),
              Float.parseFloat(get(metadata, "alpha")),
              kind == Neuron.Kind.CUSTOM ? functions(metadata, file, own) : null);
      return new ModelFile(
          spec(metadata, file, own),
          neuron,
          Integer.parseInt(get(metadata, "T")),
          Integer.parseInt(get(metadata, "in_channels")),
          Integer.parseInt(get(metadata, "classes")),
          InputEncoding.of(metadata, file));
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

  private static Neuron.Kind neuronKind(Map<String, String> metadata) {
    return Neuron.Kind.valueOf(upper(metadata, "neuron"));
  }

  /** The name of the file that has the neuron's functions; null if the neuron is one of SAKD's. */
  public static String neuronFile(Map<String, String> metadata) {
    return metadata.get(PREFIX + NEURON_FILE);
  }

  /** SHA-256 of its text; null too then. */
  public static String neuronSha256(Map<String, String> metadata) {
    return metadata.get(PREFIX + NEURON_SHA);
  }

  /** One's own functions, if they are those that the file was trained with. */
  private static UserSource functions(Map<String, String> metadata, String file, Own own) {
    String name = get(metadata, NEURON_FILE);
    UserSource given = own.neuron();
    if (given == null) {
      throw new UserError(
          file
              + " is of a network whose neuron is in "
              + name
              + ", code that weight files do not hold; expected that file, give it with"
              + " --neuron-file");
    }
    String wanted = get(metadata, NEURON_SHA);
    if (!given.sha256().equals(wanted)) {
      throw new UserError(
          given.name()
              + " with the SHA-256 "
              + given.sha256()
              + " is not the neuron of "
              + file
              + "; expected "
              + name
              + " with "
              + wanted
              + ", give that file");
    }
    return given;
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

  private static NetworkSpec spec(Map<String, String> metadata, String file, Own own) {
    NetworkSpec spec =
        named(get(metadata, "model"), file, own)
            .withStem(NetworkSpec.Stem.valueOf(upper(metadata, "stem")));
    ResNetSpec resnet = body(spec);
    if (resnet == null) {
      return spec;
    }
    Neuron.Residual merge = Neuron.Residual.valueOf(upper(metadata, "merge"));
    // Files of an ANN do not say how the blocks of its SEW network join.
    ResNetSpec joined =
        resnet.sew() && merge != Neuron.Residual.INPUT ? resnet.withMerge(merge) : resnet;
    if (metadata.containsKey(PREFIX + "shortcut")) {
      joined = joined.withShortcut(ResNetSpec.Shortcut.valueOf(upper(metadata, "shortcut")));
    }
    if (spec instanceof SegmentationSpec s) {
      return s.withBody(joined)
          .withOutputStride(Integer.parseInt(get(metadata, "output_stride")))
          .withAuxiliary(Boolean.parseBoolean(get(metadata, "auxiliary")))
          .withSpikingHead(Boolean.parseBoolean(get(metadata, "spiking_head")));
    }
    if (spec instanceof DetectionSpec d) {
      return d.withBody(joined)
          .withPyramidChannels(Integer.parseInt(get(metadata, "pyramid_channels")))
          .withSpikingHead(Boolean.parseBoolean(get(metadata, "spiking_head")));
    }
    return joined;
  }

  private static NetworkSpec named(String name, String file, Own own) {
    try {
      return own.named(name);
    } catch (UserError e) {
      throw new UserError(
          file
              + " is of the network "
              + name
              + ", which SAKD does not know; expected one that the command models lists, or load it"
              + " in the program that describes it, by Sakd.load(path, device, Own.of(description))",
          e);
    }
  }

  /** The residual network in a description, or null. */
  private static ResNetSpec body(NetworkSpec spec) {
    if (spec instanceof SegmentationSpec s) {
      return s.body();
    }
    if (spec instanceof DetectionSpec d) {
      return d.body();
    }
    return spec instanceof ResNetSpec resnet ? resnet : null;
  }

  /** What {@code --model} calls the network: an ANN by its own name. */
  public String name() {
    return neuron.kind().isSpiking() ? spec.name() : spec.annName();
  }

  /** For messages: the network, and what it takes and gives. */
  public String architecture() {
    return name() + " for " + channels + " channels and " + classes + " classes";
  }

  /** The network, an ANN if the neuron does not spike; its parameters are not allocated yet. */
  public Network build(Parameters parameters) {
    NetworkSpec built = neuron.kind().isSpiking() ? spec : spec.ann();
    Network network = built.build(neuron, steps, channels, classes, parameters);
    return neuron.kind().isSpiking() ? encoding.before(network, steps) : network;
  }
}
