package sakd.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;
import sakd.distill.DistillationWeights;
import sakd.distill.Method;
import sakd.io.UserError;

/** What the student learns from: the method, its teacher, and the terms of the loss. */
final class DistillOptions {
  @Option(
      names = "--method",
      paramLabel = "sakd|direct|transfer|logits|features",
      description =
          "How to train the student: both levels, labels alone, level 1 alone, or one term of "
              + "level 2 alone (default: sakd, and direct for comparison).")
  Method method;

  @Option(
      names = "--teacher",
      paramLabel = "W",
      description =
          "A trained ANN of the same architecture: safetensors, .pth, .pt, .th (default: train one).")
  Path teacher;

  @Option(
      names = "--init",
      paramLabel = "W",
      description = "Where the student starts instead of random or transferred weights.")
  Path init;

  @Option(
      names = "--ce-weight",
      defaultValue = "1",
      description = "Weight of the cross-entropy (default: ${DEFAULT-VALUE}).")
  private float ceWeight;

  @Option(
      names = "--logit-weight",
      defaultValue = "1",
      description = "Weight of the logits' distillation (default: ${DEFAULT-VALUE}).")
  private float logitWeight;

  @Option(
      names = "--feature-weight",
      description = "Weight of the features' distillation (default: 100; bundled: 10).")
  private Float featureWeight;

  @Option(
      names = "--kd-temperature",
      defaultValue = "4",
      description = "Temperature of the logits' distillation (default: ${DEFAULT-VALUE}).")
  private float temperature;

  @Option(
      names = "--transform-kernel",
      paramLabel = "1|3",
      defaultValue = "3",
      description = "Kernel of the features' transforms (default: ${DEFAULT-VALUE}).")
  private int transformKernel;

  @Option(
      names = "--label-smoothing",
      defaultValue = "0",
      description = "Share of the target spread over all classes (default: ${DEFAULT-VALUE}).")
  private float labelSmoothing;

  /** The weights of the loss; {@code small} if the data are the bundled ones. */
  DistillationWeights weights(boolean small) {
    DistillationWeights weights =
        new DistillationWeights(
            Values.notNegative("--ce-weight", ceWeight),
            Values.notNegative("--logit-weight", logitWeight),
            Values.notNegative(
                "--feature-weight", featureWeight == null ? small ? 10 : 100 : featureWeight),
            (float) Values.positive("--kd-temperature", temperature),
            Values.share("--label-smoothing", labelSmoothing));
    DistillationWeights left = method().select(weights);
    if (left.ce() == 0 && !left.needsTeacher()) {
      throw new UserError(
          "every term of the loss has weight 0; expected one that is not, give --ce-weight"
              + " (or --logit-weight, --feature-weight) more than 0");
    }
    return weights;
  }

  Method method() {
    return method == null ? Method.SAKD : method;
  }

  /** Kernel of the transforms. */
  int transformKernel() {
    Values.require(
        transformKernel == 1 || transformKernel == 3,
        "--transform-kernel",
        transformKernel,
        "1 or 3");
    return transformKernel;
  }
}
