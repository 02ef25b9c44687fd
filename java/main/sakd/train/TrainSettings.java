package sakd.train;

import sakd.data.HeldOut;
import sakd.data.Mixing;
import sakd.device.DType;

/**
 * How to train; names as in torchvision's and timm's train.py.
 *
 * @param clipGradNorm largest norm of the gradient, 0 for no limit
 * @param emaDecay decay of the average of weights, 0 for none
 * @param augment whether images are cropped, flipped and mixed
 * @param seed fixes initial weights, order and augmentation
 * @param workers threads that read ahead
 * @param printFreq steps between two lines of progress
 * @param storage type of activations
 * @param patience epochs without a better headline score that end the training; 0 to train to the
 *     last epoch
 * @param scale how steps are spread over processes and over time
 * @param valShare share of the training samples on which the best epoch is chosen, whose weights
 *     are then those that count; 0 to choose it on the test samples, and to count the last epoch
 */
public record TrainSettings(
    int epochs,
    int batchSize,
    Algorithm optimizer,
    double lr,
    float momentum,
    WeightDecay weightDecay,
    LrSchedule.Shape schedule,
    int warmupEpochs,
    float clipGradNorm,
    float emaDecay,
    boolean augment,
    Mixing mixing,
    boolean shuffle,
    long seed,
    int workers,
    int printFreq,
    DType storage,
    int patience,
    Scale scale,
    double valShare) {
  /** SGD has Nesterov momentum. */
  public enum Algorithm {
    SGD("SGD"),
    ADAMW("AdamW");

    private final String label;

    Algorithm(String label) {
      this.label = label;
    }

    /** As people write it. */
    public String label() {
      return label;
    }
  }

  /**
   * The same settings for a teacher, which is trained for so many epochs, to the last, at another
   * rate.
   */
  public TrainSettings ofTeacher(int epochs, double lr) {
    return with(epochs, lr, 0, scale);
  }

  /** What the best epoch is chosen on. */
  public HeldOut heldOut() {
    return valShare > 0 ? HeldOut.VALIDATION : HeldOut.TEST;
  }

  /** The same settings, spread in another way. */
  public TrainSettings with(Scale other) {
    return with(epochs, lr, patience, other);
  }

  private TrainSettings with(int epochs, double lr, int patience, Scale scale) {
    return new TrainSettings(
        epochs,
        batchSize,
        optimizer,
        lr,
        momentum,
        weightDecay,
        schedule,
        warmupEpochs,
        clipGradNorm,
        emaDecay,
        augment,
        mixing,
        shuffle,
        seed,
        workers,
        printFreq,
        storage,
        patience,
        scale,
        valShare);
  }
}
