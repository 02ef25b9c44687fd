package sakd.cli;

import picocli.CommandLine.Option;

/** Whether a weight file may fit in part. */
final class PartialOption {
  @Option(
      names = "--allow-partial",
      description =
          "Use a weight file of which only a part fits, such as one of other classes; what is "
              + "skipped and what is missing is named.")
  boolean allowed;
}
