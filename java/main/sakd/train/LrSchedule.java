package sakd.train;

import java.util.Arrays;
import java.util.Locale;

/**
 * Learning rate by epoch, constant within one, as torchvision's reference training steps it.
 *
 * @param kind cosine or polynomial to 0 over the epochs after the warm-up, in two steps, or
 *     constant
 * @param warmupEpochs epochs of linear growth from a hundredth of the rate
 */
public record LrSchedule(Kind kind, double lr, int epochs, int warmupEpochs) {
  /**
   * COSINE: lr/2 (1 + cos(pi e / E)); POLY: lr (1 - e / E)^0.9; STEP: a tenth of the rate from 8/13
   * of all epochs on and a hundredth from 11/13 on, as torchvision trains detectors (from 16 and 22
   * of 26).
   */
  public enum Kind {
    COSINE,
    POLY,
    STEP,
    CONSTANT;

    /** As people write it, and options do. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** As segmentation is trained since DeepLab (Chen et al. 2017, arXiv 1606.00915). */
  private static final double POWER = 0.9;

  private static final double WARMUP_START = 0.01;

  /** Of so many parts of the epochs, the one after which each step comes. */
  private static final int PARTS = 13;

  private static final int[] STEPS = {8, 11};
  private static final double STEP = 0.1;

  public LrSchedule {
    if (!(lr > 0)
        || epochs < 1
        || warmupEpochs < 0
        || (warmupEpochs > 0 && warmupEpochs >= epochs)) {
      throw new IllegalArgumentException(
          "a learning rate above 0 and fewer warm-up epochs than epochs are needed");
    }
  }

  /** The rate of an epoch, from 0. */
  public double at(int epoch) {
    if (epoch < warmupEpochs) {
      return lr * (WARMUP_START + (1 - WARMUP_START) * epoch / warmupEpochs);
    }
    if (kind == Kind.CONSTANT) {
      return lr;
    }
    if (kind == Kind.STEP) {
      long steps = Arrays.stream(STEPS).filter(part -> epoch * PARTS >= part * epochs).count();
      return lr * Math.pow(STEP, (double) steps);
    }
    double done = (double) (epoch - warmupEpochs) / (epochs - warmupEpochs);
    if (kind == Kind.POLY) {
      return lr * Math.pow(1 - done, POWER);
    }
    return lr / 2 * (1 + Math.cos(Math.PI * done));
  }
}
