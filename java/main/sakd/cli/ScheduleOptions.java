package sakd.cli;

import java.util.List;
import picocli.CommandLine.Option;
import sakd.base.UserError;
import sakd.train.LrSchedule;

/** The learning rate by epoch; names as in torchvision's and timm's train.py. */
final class ScheduleOptions {
  /** Families of schedules by name. */
  enum Kind {
    COSINE,
    POLY,
    STEP,
    CONSTANT
  }

  @Option(
      names = "--lr-scheduler",
      paramLabel = "cosine|poly|step|constant",
      defaultValue = "cosine",
      description =
          "Learning rate by epoch; step: times --lr-gamma from 8/13 and again from 11/13 of the "
              + "epochs on (default: ${DEFAULT-VALUE}).")
  private Kind kind;

  @Option(
      names = "--min-lr",
      paramLabel = "RATE",
      defaultValue = "0",
      description = "What cosine and poly fall towards (default: ${DEFAULT-VALUE}).")
  private double minLr;

  @Option(
      names = "--lr-power",
      paramLabel = "P",
      defaultValue = "0.9",
      description = "Power of poly (default: ${DEFAULT-VALUE}).")
  private double power;

  @Option(
      names = "--lr-step-size",
      paramLabel = "N",
      description = "Steps after every N epochs instead, warm-up counted.")
  private Integer stepSize;

  @Option(
      names = "--lr-milestones",
      paramLabel = "N,N...",
      hideParamSyntax = true,
      split = ",",
      description = "Steps after these numbers of epochs instead, warm-up counted: 60,120.")
  private List<Integer> milestones;

  @Option(
      names = "--lr-gamma",
      paramLabel = "G",
      defaultValue = "0.1",
      description = "Factor of a step (default: ${DEFAULT-VALUE}).")
  private double gamma;

  @Option(
      names = "--lr-warmup-epochs",
      paramLabel = "N",
      defaultValue = "0",
      description = "Epochs of linear warm-up (default: ${DEFAULT-VALUE}).")
  private int warmupEpochs;

  /**
   * How the rate goes on after the warm-up.
   *
   * @param lowest the lowest learning rate of those that are trained with
   */
  LrSchedule.Shape shape(double lowest) {
    return switch (kind) {
      case COSINE -> new LrSchedule.Cosine(minLr(lowest));
      case POLY -> new LrSchedule.Poly(Values.positive("--lr-power", power), minLr(lowest));
      case STEP -> steps();
      case CONSTANT -> new LrSchedule.Constant();
    };
  }

  private double minLr(double lowest) {
    Values.require(
        minLr >= 0 && minLr <= lowest,
        "--min-lr",
        minLr,
        "0 or more and at most the learning rate, " + Values.written(lowest));
    return minLr;
  }

  private LrSchedule.Shape steps() {
    Values.require(gamma > 0 && gamma <= 1, "--lr-gamma", gamma, "more than 0 and at most 1");
    if (stepSize != null && milestones != null) {
      throw new UserError(
          "--lr-step-size and --lr-milestones are both given; expected one of them, leave one out");
    }
    if (stepSize != null) {
      return new LrSchedule.Steps(Values.atLeast(1, "--lr-step-size", stepSize), gamma);
    }
    if (milestones == null) {
      return new LrSchedule.TwoSteps(gamma);
    }
    int before = 0;
    for (int epoch : milestones) {
      if (epoch <= before) {
        throw new UserError(
            "--lr-milestones is "
                + String.join(",", milestones.stream().map(String::valueOf).toList())
                + "; expected numbers of epochs from 1 on, each above the one before, such as"
                + " 60,120, give such ones");
      }
      before = epoch;
    }
    return new LrSchedule.Milestones(milestones, gamma);
  }

  /**
   * Epochs of warm-up.
   *
   * @param fewest the epochs of the shortest training
   */
  int warmupEpochs(int fewest) {
    Values.require(
        warmupEpochs == 0 || (warmupEpochs > 0 && warmupEpochs < fewest),
        "--lr-warmup-epochs",
        warmupEpochs,
        "0 or more and less than the " + fewest + " epochs of training");
    return warmupEpochs;
  }
}
