package sakd.train;

/**
 * Learning rate by epoch, constant within one, as torchvision's reference training steps it.
 *
 * @param kind cosine to 0 over the epochs after the warm-up, or constant
 * @param warmupEpochs epochs of linear growth from a hundredth of the rate
 */
public record LrSchedule(Kind kind, double lr, int epochs, int warmupEpochs) {
  /** COSINE: lr/2 (1 + cos(pi e / E)). */
  public enum Kind {
    COSINE,
    CONSTANT
  }

  private static final double WARMUP_START = 0.01;

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
    double done = (double) (epoch - warmupEpochs) / (epochs - warmupEpochs);
    return lr / 2 * (1 + Math.cos(Math.PI * done));
  }
}
