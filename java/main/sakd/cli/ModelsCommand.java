package sakd.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.model.NetworkSize;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.ops.Neuron;

/** {@code models}: every network and what it costs; of one of them, the memory of its training. */
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Lists the networks that --model knows.",
      "For each of them, the number of parameters, the multiply-accumulates (MAC) of its ANN for "
          + "one image, and the most synaptic operations (SOP) that the spiking network can "
          + "need over T steps, namely if every neuron fires at every step. A sew-resnet adds "
          + "spikes, and a sum of k spikes takes k additions.",
      "What a trained network really needs is measured by eval. Layers that take the image, or "
          + "the mean of several pixels as the last one does, multiply and are not counted as "
          + "SOP.",
      "With --train, the most memory that a training step of MODEL takes, with SGD: as computed, "
          + "without a device, and where --device is given, as measured there too."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd models",
      "sakd models --input 3x224x224 --num-classes 1000 --stem imagenet",
      "sakd models sew-resnet50 --train --batch-size 32 --device cuda"
    })
final class ModelsCommand implements Callable<Integer> {
  private static final Pattern IMAGE =
      Pattern.compile("([1-9]\\d{0,4})x([1-9]\\d{0,4})x([1-9]\\d{0,4})");

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "The only network to list (default: all).")
  private String model;

  @Option(
      names = "--input",
      paramLabel = "CxHxW",
      defaultValue = "3x32x32",
      description = "Channels, height and width of an image (default: ${DEFAULT-VALUE}).")
  private String input;

  @Option(
      names = "--T",
      paramLabel = "1..32",
      defaultValue = "4",
      description = "Time steps (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--num-classes",
      paramLabel = "K",
      defaultValue = "10",
      description = "Classes (default: ${DEFAULT-VALUE}).")
  private int classes;

  @Option(
      names = "--stem",
      paramLabel = "cifar|imagenet",
      defaultValue = "cifar",
      description = "Layers before the first stage (default: ${DEFAULT-VALUE}).")
  private NetworkSpec.Stem stem;

  @Mixin private StepMemoryOptions training;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    Matcher image = IMAGE.matcher(input);
    if (!image.matches()) {
      throw new UserError(
          "--input is " + input + "; expected channels x height x width, such as 3x224x224");
    }
    int channels = Integer.parseInt(image.group(1));
    int height = Integer.parseInt(image.group(2));
    int width = Integer.parseInt(image.group(3));
    Values.require(
        steps >= 1 && steps <= Neuron.MAX_STEPS, "--T", steps, "1 to " + Neuron.MAX_STEPS);
    Values.atLeast(1, "--num-classes", classes);
    PrintWriter out = spec.commandLine().getOut();
    if (training.wanted(spec.commandLine().getParseResult())) {
      if (model == null) {
        throw new UserError(
            "--train is about one network; expected its name, as in sakd models sew-resnet50"
                + " --train");
      }
      int[] size = {channels, height, width};
      training.print(out, stemmed(Networks.named(model)), size, classes, steps);
      return 0;
    }
    out.printf(
        "%-28s %-20s %12s %12s %21s%n",
        "network", "ANN", "parameters", "ANN, M MAC", "SNN, M SOP at most");
    for (NetworkSpec listed : model == null ? Networks.ALL : List.of(Networks.named(model))) {
      NetworkSpec network = stemmed(listed);
      out.printf(
          Locale.ROOT,
          "%-28s %-20s %,12d %s%n",
          network.name(),
          network.annName(),
          NetworkSize.parameters(network, channels, classes),
          operations(network, channels, height, width));
    }
    out.flush();
    return 0;
  }

  private NetworkSpec stemmed(NetworkSpec network) {
    return network.targetKind() == Targets.Kind.CLASSES ? network.withStem(stem) : network;
  }

  private String operations(NetworkSpec network, int channels, int height, int width) {
    try {
      NetworkSize size = NetworkSize.of(network, channels, height, width, classes, steps);
      return String.format(
          Locale.ROOT, "%,12.2f %,21.2f", size.macs() / 1e6, size.synapticOperations() / 1e6);
    } catch (UserError e) {
      return e.getMessage(); // A row of one network does not stop the list.
    }
  }
}
