package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import sakd.base.Numbers;
import sakd.base.Processors;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.set.Download;

/** {@code data}: what a folder holds, and fetching what has a public address. */
@Command(
    name = "data",
    mixinStandardHelpOptions = true,
    description = "Downloads and describes data sets.",
    footerHeading = Main.EXAMPLES,
    footer = {"sakd data download cifar10 --data-path data", "sakd data info --data-path data"},
    subcommands = {DataCommand.Fetch.class, DataCommand.Info.class})
final class DataCommand implements Runnable {
  private static final int CLASSES_SHOWN = 12;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** {@code data download}. */
  @Command(
      name = "download",
      mixinStandardHelpOptions = true,
      abbreviateSynopsis = true,
      footerHeading = Main.EXAMPLES,
      footer = "sakd data download cifar10 --data-path data",
      description = "Downloads a data set, resuming where it was interrupted, and verifies it.")
  static final class Fetch implements Callable<Integer> {
    @Parameters(
        paramLabel = "NAME",
        description =
            "cifar10, cifar100, fashion-mnist, mnist, or voc or voc-seg (both PASCAL VOC 2012).")
    private String name;

    @Option(
        names = "--data-path",
        required = true,
        paramLabel = "DIR",
        description = "Folder to download to.")
    private Path folder;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      Download.fetch(name, folder, spec.commandLine().getErr()::println);
      return CommandLine.ExitCode.OK;
    }
  }

  /** {@code data info}. */
  @Command(
      name = "info",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      abbreviateSynopsis = true,
      footerHeading = Main.EXAMPLES,
      footer = "sakd data info --data-path cifar-10-binary.tar.gz",
      description = "Describes the data in a folder or an archive.")
  static final class Info implements Callable<Integer> {
    @Mixin private DataOptions data;
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      var out = spec.commandLine().getOut();
      for (boolean train : new boolean[] {true, false}) {
        Dataset set = data.open(train);
        SampleShape s = set.shape();
        out.printf(
            Locale.ROOT,
            switch (set.targetKind()) {
              case CLASSES -> "%s, %s: %s of %dx%dx%d, %s%n";
              case MASKS -> "%s, %s: %s with masks, seen in training as %dx%dx%d, %s%n";
              case BOXES -> "%s, %s: %s with objects, seen in training as %dx%dx%d, %s%n";
            },
            set.name(),
            train ? "training" : "test",
            Numbers.count(
                set.size(), set.targetKind() == Targets.Kind.CLASSES ? "sample" : "picture"),
            s.channels(),
            s.height(),
            s.width(),
            Numbers.count(set.classes(), "class", "classes"));
        if (!set.formats().isEmpty()) {
          out.println(
              "  files of "
                  + String.join(
                      ", ",
                      set.formats().entrySet().stream()
                          .map(e -> e.getKey() + " (" + e.getValue() + ")")
                          .toList()));
        }
        switch (set.targetKind()) {
          case CLASSES -> samples(set, out);
          case MASKS -> pixels(set, out);
          case BOXES -> ObjectCounts.print(set, out);
        }
      }
      out.flush();
      return CommandLine.ExitCode.OK;
    }

    private static void samples(Dataset set, PrintWriter out) {
      int[] counts = new int[set.classes()];
      for (int i = 0; i < set.size(); i++) {
        counts[set.label(i)]++;
      }
      for (int c = 0; c < Math.min(CLASSES_SHOWN, counts.length); c++) {
        out.printf(Locale.ROOT, "  %6d  %s%n", counts[c], set.classNames().get(c));
      }
      if (counts.length > CLASSES_SHOWN) {
        int more = counts.length - CLASSES_SHOWN;
        out.printf("  and %s%n", Numbers.count(more, "more class", "more classes"));
      }
    }

    /** Reads all pictures and masks, so that what is wrong with one of them is said. */
    private static void pixels(Dataset set, PrintWriter out) {
      long[] counts = new long[Targets.IGNORED + 1];
      long all = 0;
      int workers = Processors.count();
      DataLoader loader = new DataLoader(set, 1, false, false, Augment.NONE, 0, workers);
      try (Epoch epoch = loader.epoch(0)) {
        for (int i = 0; epoch.hasNext(); i++) {
          for (byte label : ((Targets.Masks) epoch.next().targets()).labels()) {
            counts[label & 0xff]++;
          }
          all += (long) set.shape(i).height() * set.shape(i).width();
        }
      }
      long known = LongStream.of(counts).limit(Targets.IGNORED).sum();
      for (int c = 0; c < set.classes(); c++) { // The rarest may be the last.
        out.printf(
            Locale.ROOT, "  %5.2f %%  %s%n", 100.0 * counts[c] / all, set.classNames().get(c));
      }
      out.printf(
          Locale.ROOT, "  %5.2f %%  of the pixels are ignored%n", 100.0 * (all - known) / all);
    }
  }
}
