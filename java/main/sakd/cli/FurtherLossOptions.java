package sakd.cli;

import picocli.CommandLine.Option;
import sakd.base.UserError;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationWeights;
import sakd.ops.Distance;
import sakd.ops.StepTerms;

/** Losses beyond the paper's, all off by default: other forms of its terms, and more terms. */
final class FurtherLossOptions {
  /** Which step follows which. */
  enum Direction {
    S2W,
    W2S,
    BOTH
  }

  @Option(
      names = "--every-step",
      description =
          "Computes the terms of labels and logits at every time step and averages them, instead "
              + "of at the mean over time: temporal-wise distillation; with --method direct "
              + "this is TET.")
  private boolean everyStep;

  @Option(
      names = "--tet-lambda",
      paramLabel = "SHARE",
      defaultValue = "0",
      description =
          "TET's second part, with --every-step: pulls logits towards the threshold; usually "
              + "0.05 (default: ${DEFAULT-VALUE}).")
  private float tetLambda;

  @Option(
      names = "--feature-loss",
      paramLabel = "mse|l1|normalized|kl",
      defaultValue = "mse",
      description =
          "How features are compared: squared or absolute differences, differences of maps of "
              + "length 1, or divergence over the places of every channel "
              + "(default: ${DEFAULT-VALUE}, the published one).")
  private Distance featureLoss;

  @Option(
      names = "--kd-temperature-end",
      paramLabel = "T",
      description =
          "Temperature of the last epoch, reached in equal steps (default: --kd-temperature).")
  private Float lastTemperature;

  @Option(
      names = "--kd-head",
      paramLabel = "SHARE",
      defaultValue = "0",
      description =
          "Head-tail-aware divergence of the logits: the teacher's likeliest classes with this "
              + "share of its probability are the head, usually 0.5; 0 for the plain one.")
  private float head;

  @Option(
      names = "--kd-noise",
      paramLabel = "S",
      defaultValue = "0",
      description =
          "CKDSNN's noise-smoothed logits: where they follow the teacher's, the student's have "
              + "noise of S times their standard deviation; published 0.1, with --kd-temperature 2 "
              + "(default: ${DEFAULT-VALUE}).")
  private float noise;

  @Option(
      names = "--kd-map",
      paramLabel = "W",
      defaultValue = "0",
      description =
          "Weight of CKDSNN's map: where the last stage spikes follows where the teacher sees the "
              + "picture's class (default: ${DEFAULT-VALUE}).")
  private float map;

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

  /** How the terms are computed. */
  DistillationForm form(float vThreshold) {
    if (tetLambda > 0 && !everyStep) {
      throw new UserError(
          "--tet-lambda is "
              + tetLambda
              + " but the losses are of the mean over time; expected --every-step beside it");
    }
    return new DistillationForm(
        featureLoss,
        everyStep,
        Values.share("--tet-lambda", tetLambda),
        vThreshold,
        Values.share("--kd-head", head),
        Values.notNegative("--kd-noise", noise));
  }

  /** The temperature of the last epoch, which the first one's becomes. */
  float lastTemperature(float first) {
    return (float)
        Values.positive("--kd-temperature-end", lastTemperature == null ? first : lastTemperature);
  }

  /** The paper's weights with those of more terms. */
  DistillationWeights addedTo(DistillationWeights paper) {
    return paper.with(Values.notNegative("--kd-map", map), steps());
  }

  private StepTerms steps() {
    float own = (float) Values.positive("--self-distill-weight", weight);
    return new StepTerms(
        direction == Direction.S2W || direction == Direction.BOTH ? own : 0,
        direction == Direction.W2S || direction == Direction.BOTH ? own : 0,
        Values.notNegative("--prefix-ce", prefix),
        Values.notNegative("--right-steps", rightSteps),
        Values.notNegative("--entropy", entropy));
  }
}
