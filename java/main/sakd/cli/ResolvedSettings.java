package sakd.cli;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Targets;
import sakd.data.set.BoxOptions;
import sakd.distill.Plan;
import sakd.model.DetectionSpec;
import sakd.model.NetworkSpec;
import sakd.model.ResNetSpec;
import sakd.model.SegmentationSpec;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.train.TrainSettings;

/**
 * The settings that decide a run, defaults included, as the plan has them: what the options came to
 * on these data and this device. Settings that the run does not use are not among them.
 */
final class ResolvedSettings {
  /** Recordings only. */
  private static final String FRAMES_BY = "frames-by";

  /** What is resolved even where it is given: auto stands for a device, 0 and 0.0 are one. */
  private static final Set<String> RESOLVED = Set.of("device", "v-reset");

  private final Map<String, Object> values = new HashMap<>();

  private ResolvedSettings() {}

  /**
   * One of them.
   *
   * @param group what it is about
   * @param name the option's, without {@code --}
   * @param value a {@link Boolean}, a {@link BigDecimal}, a {@link String}, or a list of these;
   *     null for {@code --method} where it is not given, which no value stands for
   */
  record Setting(String group, String name, Object value) {}

  /** The options of train that decide a run. */
  static Stream<OptionSpec> options(CommandSpec train) {
    return groups(train).flatMap(g -> g.getValue().options().stream());
  }

  private static Stream<Map.Entry<String, CommandSpec>> groups(CommandSpec train) {
    return train.mixins().entrySet().stream().filter(m -> OptionGroups.decides(m.getKey()));
  }

  /**
   * The settings of a run, in the order of the help.
   *
   * @param train the command, parsed
   * @param ops of the device that it runs on
   */
  static List<Setting> of(CommandSpec train, Plan plan, Dataset trainSet, Ops ops) {
    ResolvedSettings resolved = new ResolvedSettings();
    resolved.data(trainSet);
    resolved.put("model", plan.modelName());
    resolved.network(plan.model());
    resolved.neuron(plan);
    resolved.losses(plan);
    resolved.training(plan);
    resolved.put("device", ops.device().name());
    Set<String> unused = UnusedOptions.names(plan, trainSet.recordings(), ops.ranks());
    List<Setting> all = new ArrayList<>();
    groups(train)
        .forEach(
            group -> {
              String heading = OptionGroups.heading(group.getKey()).toLowerCase(Locale.ROOT);
              for (OptionSpec option : group.getValue().options()) {
                String name = option.longestName().substring(2);
                Object given = option.getValue();
                Object value =
                    given == null || RESOLVED.contains(name) ? resolved.values.get(name) : given;
                boolean used =
                    !unused.contains(option.longestName())
                        && (trainSet.recordings() || !name.equals(FRAMES_BY));
                boolean unnamed = name.equals("method") && value == null;
                if (used && (value != null || unnamed)) {
                  all.add(new Setting(heading, name, unnamed ? null : plain(value)));
                }
              }
            });
    return all;
  }

  private void put(String name, Object value) {
    values.put(name, value);
  }

  private void data(Dataset set) {
    put("dataset", set.name());
    DatasetInfo info = set.info();
    put("mean", info.mean());
    put("std", info.std());
    if (set.targetKind() == Targets.Kind.MASKS && set.height() == set.width()) {
      put("crop-size", set.height());
    }
    if (set.targetKind() == Targets.Kind.BOXES) {
      BoxOptions usual = BoxOptions.DEFAULT;
      put("scale-jitter", new double[] {usual.smallestScale(), usual.largestScale()});
    }
  }

  private void network(NetworkSpec spec) {
    put("stem", spec.stem());
    NetworkSpec body = spec;
    if (spec instanceof SegmentationSpec s) {
      put("output-stride", s.outputStride());
      put("aux", s.auxiliary());
      put("head", s.spikingHead() ? "spiking" : "ann");
      body = s.body();
    } else if (spec instanceof DetectionSpec d) {
      put("head", d.spikingHead() ? "spiking" : "ann");
      put("fpn-channels", d.pyramidChannels());
      body = d.body();
    }
    if (body instanceof ResNetSpec resnet) {
      put("shortcut", resnet.shortcut());
      if (resnet.sew()) {
        put("connect-f", resnet.merge());
      }
    }
  }

  private void neuron(Plan plan) {
    Neuron n = plan.neuron();
    put("T", plan.steps());
    put("neuron", n.kind() == Neuron.Kind.CUSTOM ? null : n.kind());
    put("tau", n.tau());
    put("v-threshold", n.vThreshold());
    put("v-reset", Float.isNaN(n.vReset()) ? "none" : (Object) n.vReset());
    put("decay-input", n.decayInput());
    put("detach-reset", n.detachReset());
    put("surrogate", n.surrogate());
    put("alpha", n.alpha());
  }

  private void losses(Plan plan) {
    put("feature-weight", plan.weights().start().features());
    if (plan.model().targetKind() == Targets.Kind.BOXES) {
      put("box-weight", plan.weights().start().boxes());
      put("pyramid-weight", plan.weights().start().pyramid());
    }
  }

  private void training(Plan plan) {
    TrainSettings s = plan.settings();
    put(
        "amp",
        switch (s.storage()) {
          case F32 -> "off";
          case F16 -> "fp16";
          case BF16 -> "bf16";
          default -> throw new IllegalStateException("activations in " + s.storage());
        });
    put("epochs", s.epochs());
    put("teacher-epochs", plan.teacherEpochs());
    put("teacher-lr", plan.teacherLr());
    put("batch-size", s.batchSize());
    put("lr", s.lr());
    put("weight-decay", s.weightDecay().rate());
    put("dist-bn", s.scale().distBn());
  }

  /** The values that are set by name; lists as texts. */
  static Map<String, Object> byName(List<Setting> settings) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Setting s : settings) {
      if (s.value() != null) {
        values.put(s.name(), s.value() instanceof List<?> ? text(s.value()) : s.value());
      }
    }
    return values;
  }

  /** A value on one line. */
  static String text(Object value) {
    if (value instanceof List<?> list) {
      return String.join(",", list.stream().map(ResolvedSettings::text).toList());
    }
    return value instanceof BigDecimal n ? n.toPlainString() : value.toString();
  }

  /** As people write it, exact where it is read again. */
  private static Object plain(Object value) {
    if (value instanceof Boolean || value instanceof String) {
      return value;
    }
    if (value instanceof Number n) {
      return new BigDecimal(n.toString()).stripTrailingZeros();
    }
    if (value instanceof float[] f) {
      return IntStream.range(0, f.length).mapToObj(i -> plain(f[i])).toList();
    }
    if (value instanceof double[] d) {
      return IntStream.range(0, d.length).mapToObj(i -> plain(d[i])).toList();
    }
    if (value instanceof Collection<?> all) {
      return all.stream().map(ResolvedSettings::plain).toList();
    }
    if (value instanceof Map<?, ?> map) {
      return String.join(
          ",",
          map.entrySet().stream()
              .map(e -> text(plain(e.getKey())) + "=" + text(plain(e.getValue())))
              .toList());
    }
    if (value instanceof TeacherSource source) {
      return source.toString();
    }
    return value instanceof Path path
        ? path.toAbsolutePath().normalize().toString()
        : value.toString().toLowerCase(Locale.ROOT);
  }
}
