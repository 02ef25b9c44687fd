package sakd.cli;

import picocli.CommandLine.Option;

/** How results are written to stdout. */
enum ResultFormat {
  TEXT,
  JSON,
  CSV;

  /** The option of the commands that have results for other programs. */
  static final class Choice {
    @Option(
        names = "--format",
        paramLabel = "text|json|csv",
        defaultValue = "text",
        description =
            "How results are written to stdout: text for people, json as one object a line, csv as a"
                + " table with a header (default: ${DEFAULT-VALUE}).")
    ResultFormat format;
  }
}
