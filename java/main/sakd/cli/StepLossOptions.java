package sakd.cli;

import picocli.CommandLine.Option;
import sakd.ops.StepTerms;

/** Terms of the loss between the student's own time steps, which need no teacher. */
final class StepLossOptions {
  /** Which step follows which. */
  enum Direction {
    S2W,
    W2S,
    BOTH
  }

  @Option(
      names = "--self-distill",
      paramLabel = "s2w|w2s|both",
      description =
          "A divergence between the steps of highest and lowest confidence: the weak step follows "
              + "the strong one, the strong one the weak, or both (default: none).")
  private Direction direction;

  @Option(
      names = "--self-distill-weight",
      paramLabel = "W",
      defaultValue = "1",
      description = "Weight of --self-distill, 1 as published (default: ${DEFAULT-VALUE}).")
  private float weight;

  @Option(
      names = "--prefix-ce",
      paramLabel = "W",
      defaultValue = "0",
      description =
          "Weight of MEOM's term: the logits' mean up to a step follows that up to the next; "
              + "usually 0.3 (default: ${DEFAULT-VALUE}).")
  private float prefix;

  @Option(
      names = "--right-steps",
      paramLabel = "W",
      defaultValue = "0",
      description =
          "Weight of TWSNN's term: every step follows the mean of those that are right, at "
              + "--kd-temperature; usually 0.5 with 3 (default: ${DEFAULT-VALUE}).")
  private float rightSteps;

  @Option(
      names = "--entropy",
      paramLabel = "W",
      defaultValue = "0",
      description =
          "Weight of TSER's term, which rewards the entropy of every step (default: "
              + "${DEFAULT-VALUE}).")
  private float entropy;

  /** The weights of the terms. */
  StepTerms terms() {
    float own = (float) Values.positive("--self-distill-weight", weight);
    return new StepTerms(
        direction == Direction.S2W || direction == Direction.BOTH ? own : 0,
        direction == Direction.W2S || direction == Direction.BOTH ? own : 0,
        Values.notNegative("--prefix-ce", prefix),
        Values.notNegative("--right-steps", rightSteps),
        Values.notNegative("--entropy", entropy));
  }
}
