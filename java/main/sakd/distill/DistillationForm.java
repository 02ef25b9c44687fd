package sakd.distill;

import sakd.ops.Distance;

/**
 * How the terms of the loss are computed; {@link #PUBLISHED} is the paper's way.
 *
 * @param distance of the features
 * @param everyStep whether cross-entropy and the logits' divergence are those of every step,
 *     averaged, instead of those of the logits' mean over time: with a teacher this is
 *     temporal-wise distillation (Yu et al. 2025, arXiv 2501.15925), with labels alone TET (Deng et
 *     al. 2022, arXiv 2202.11946)
 * @param tetLambda lambda of TET's second part: the cross-entropy of every step becomes (1 -
 *     lambda) CE(z_t, y) + lambda mean (z_t - tetTarget)^2; 0 for none
 * @param tetTarget the neurons' threshold, as published
 * @param head the divergence is head-tail-aware (HTA-KL, Zhang et al. 2025, arXiv 2504.20445;
 *     weights as in Wu et al. 2024, arXiv 2404.02657): this share of the teacher's probability is
 *     its head; 0 for the plain one
 * @param noise S of noise-smoothed logits (CKDSNN, Liu et al. 2026, arXiv 2511.06902): where they
 *     follow the teacher's, the student's logits z are z + S e, e ~ N(mean z, std z) over the
 *     classes of a sample, drawn anew at each step; the mean shifts all logits alike and softmax
 *     does not see it. e counts as constant. (The paper's formula; its published code mixes the
 *     probabilities of z and e, and takes the variance for the deviation.) 0 for none
 */
public record DistillationForm(
    Distance distance,
    boolean everyStep,
    float tetLambda,
    float tetTarget,
    float head,
    float noise) {
  /** Squared distances, losses of the mean over time, plain divergence. */
  public static final DistillationForm PUBLISHED =
      new DistillationForm(Distance.MSE, false, 0, 1, 0, 0);

  public DistillationForm {
    if (!(tetLambda >= 0 && tetLambda <= 1) || !(head >= 0 && head <= 1)) {
      throw new IllegalArgumentException("shares must be in [0, 1]");
    }
    if (!(noise >= 0)) {
      throw new IllegalArgumentException("noise must not be negative");
    }
    if (tetLambda > 0 && !everyStep) {
      throw new IllegalArgumentException("TET is a loss of every step");
    }
  }
}
