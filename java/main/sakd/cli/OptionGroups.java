package sakd.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The groups of the options of {@code train}, by which its help and a run's settings order them.
 */
final class OptionGroups {
  /** Headings by the names of the mixins. */
  private static final Map<String, String> HEADINGS =
      Map.ofEntries(
          Map.entry("data", "Data"),
          Map.entry("augment", "Augmentation"),
          Map.entry("model", "Network"),
          Map.entry("neuron", "Neuron"),
          Map.entry("input", "Neuron"),
          Map.entry("device", "Device"),
          Map.entry("distill", "Method and losses"),
          Map.entry("partial", "Method and losses"),
          Map.entry("further", "Losses beyond the paper"),
          Map.entry("optimizer", "Training"),
          Map.entry("schedule", "Training"),
          Map.entry("scale", "Several devices and memory"),
          Map.entry("processes", "Several devices and memory"));

  /** Of the options that are in no mixin. */
  private static final String OTHERS = "Run";

  private OptionGroups() {}

  /** What has no part in what is trained. */
  private static final Set<String> ASIDE = Set.of("processes", "mixinStandardHelpOptions");

  /** Whether the options of a mixin decide what is trained. */
  static boolean decides(String mixin) {
    return !ASIDE.contains(mixin);
  }

  /** The heading of a mixin's options. */
  static String heading(String mixin) {
    String heading = HEADINGS.get(mixin);
    if (heading == null) {
      throw new IllegalStateException("options " + mixin + " are in no group");
    }
    return heading;
  }

  /** Has the help of {@code train} say what its options are about. */
  static void head(CommandLine train) {
    train.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionGroups::list);
  }

  private static String list(Help help) {
    List<OptionSpec> all = help.commandSpec().options();
    StringBuilder text = new StringBuilder();
    groups(help.commandSpec())
        .forEach(
            (heading, options) -> {
              // All are as wide as the widest of any group.
              Help.Layout layout = help.createDefaultLayout(all, List.of(), help.colorScheme());
              layout.addOptions(options, help.parameterLabelRenderer());
              text.append(String.format("%n%s:%n", heading)).append(layout);
            });
    return text.toString();
  }

  /** The options of each group, both in the order they are declared. */
  private static Map<String, List<OptionSpec>> groups(CommandSpec train) {
    Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
    List<OptionSpec> others = new ArrayList<>(train.options());
    train
        .mixins()
        .forEach(
            (name, mixin) -> {
              if (HEADINGS.containsKey(name)) {
                groups
                    .computeIfAbsent(heading(name), h -> new ArrayList<>())
                    .addAll(mixin.options());
                others.removeAll(mixin.options());
              }
            });
    groups.put(OTHERS, others);
    return groups;
  }
}
