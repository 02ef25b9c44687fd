package sakd.cli;

import picocli.CommandLine.Option;

/** Whether a weight file may fit in part. */
final class PartialOption {
  @Option(
      names = "--allow-partial",
      description =
          "Use a weight file even if only part of it fits, such as one for other classes; "
              + "what is skipped or missing is listed.")
  boolean allowed;
}
