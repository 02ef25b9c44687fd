package sakd.cli;

import picocli.CommandLine.Option;
import sakd.data.Mixing;
import sakd.device.DType;
import sakd.train.Scale;
import sakd.train.TrainSettings;
import sakd.train.WeightDecay;

/** How the weights are found; names as in torchvision's and timm's train.py. */
final class OptimizerOptions {
  /** Each reads two batches ahead, all of which are in memory. */
  private static final int MOST_WORKERS = 256;

  private static final double MOST_HELD_OUT = 0.5;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Epochs of a student (default: 200; bundled: 5).")
  private Integer epochs;

  @Option(
      names = "--teacher-epochs",
      paramLabel = "N",
      description = "Epochs of the teacher (default: as --epochs; bundled: 12).")
  private Integer teacherEpochs;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Images per step (default: 128; bundled: 50; for detection 8).")
  private Integer batchSize;

  @Option(
      names = "--opt",
      paramLabel = "sgd|adamw",
      defaultValue = "sgd",
      description = "sgd has Nesterov momentum (default: ${DEFAULT-VALUE}).")
  private TrainSettings.Algorithm optimizer;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Learning rate (default: 0.1, for detection 0.01; adamw: 0.001).")
  private Double lr;

  @Option(
      names = "--teacher-lr",
      paramLabel = "RATE",
      description =
          "Learning rate of the teacher (default: as --lr; with --finetune a tenth of it).")
  private Double teacherLr;

  @Option(
      names = "--momentum",
      paramLabel = "M",
      defaultValue = "0.9",
      description = "Momentum of sgd (default: ${DEFAULT-VALUE}).")
  private float momentum;

  @Option(
      names = "--weight-decay",
      paramLabel = "D",
      description = "Weight decay, on every parameter (default: 5e-4; adamw: 5e-3).")
  private Float weightDecay;

  @Option(
      names = "--no-decay-norm",
      description =
          "Spare parameters of fewer than two dimensions from weight decay, as timm does: norms, "
              + "biases, leaks of plif.")
  private boolean noDecayNorm;

  @Option(
      names = "--clip-grad-norm",
      paramLabel = "NORM",
      defaultValue = "0",
      description = "Largest norm of the gradient, 0 for no limit (default: ${DEFAULT-VALUE}).")
  private float clipGradNorm;

  @Option(
      names = "--model-ema",
      paramLabel = "DECAY",
      arity = "0..1",
      fallbackValue = "0.9998",
      defaultValue = "0",
      description =
          "Evaluate a moving average of the weights with this decay (0.9998 if no "
              + "value is given).")
  private float ema;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "Early stopping: a student's training ends after N epochs without a better score on the "
              + "test images, or with --val-share on the validation images, and its best epoch "
              + "counts; the learning rate is scheduled as without (default: every epoch).")
  private Integer patience;

  @Option(
      names = "--val-share",
      paramLabel = "SHARE",
      description =
          "Cuts this share of the training images, at most 0.5, for validation, by --seed and of "
              + "every class alike: the best epoch is chosen on them and counts, and the test "
              + "images are for the final table alone (default: none, the best epoch is chosen on "
              + "the test images, and the table is of the last).")
  private Double valShare;

  @Option(
      names = "--no-augment",
      description = "No random crop or flip, nor any other augmentation.")
  private boolean noAugment;

  @Option(names = "--no-shuffle", description = "Take images in the order of the files.")
  private boolean noShuffle;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of initial weights, order and augmentation (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads that read ahead, 0 to 256 (default: ${DEFAULT-VALUE}).")
  private int workers;

  @Option(
      names = "--print-freq",
      paramLabel = "STEPS",
      defaultValue = "100",
      description = "Steps between lines of progress (default: ${DEFAULT-VALUE}).")
  private int printFreq;

  /**
   * The settings of the student's training.
   *
   * @param small whether the data are the bundled ones
   * @param boxes whether it is of a detector
   * @param teacher whether a teacher is trained too, with the same warm-up
   * @param schedule of both
   * @param lowestLr the lowest learning rate of those that are trained with
   * @param mixing of images, unless there is no augmentation
   */
  TrainSettings settings(
      boolean small,
      boolean boxes,
      boolean teacher,
      ScheduleOptions schedule,
      double lowestLr,
      Mixing mixing,
      DType storage,
      Scale scale) {
    int batch = boxes ? 8 : small ? 50 : 128;
    boolean sgd = optimizer == TrainSettings.Algorithm.SGD;
    int studentEpochs = Values.atLeast(1, "--epochs", studentEpochs(small));
    int fewest = teacher ? Math.min(studentEpochs, teacherEpochs(small)) : studentEpochs;
    return new TrainSettings(
        studentEpochs,
        Values.atLeast(1, "--batch-size", batchSize == null ? batch : batchSize),
        optimizer,
        lr(boxes),
        Values.share("--momentum", momentum),
        new WeightDecay(
            Values.notNegative(
                "--weight-decay", weightDecay == null ? sgd ? 5e-4f : 5e-3f : weightDecay),
            !noDecayNorm),
        schedule.shape(lowestLr),
        schedule.warmupEpochs(fewest),
        Values.notNegative("--clip-grad-norm", clipGradNorm),
        Values.share("--model-ema", ema),
        !noAugment,
        mixing,
        !noShuffle,
        seed,
        workers(),
        Values.atLeast(1, "--print-freq", printFreq),
        storage,
        patience(),
        scale,
        valShare());
  }

  private int patience() {
    return patience == null ? 0 : Values.atLeast(1, "--patience", patience);
  }

  private double valShare() {
    if (valShare == null) {
      return 0;
    }
    Values.require(
        valShare > 0 && valShare <= MOST_HELD_OUT,
        "--val-share",
        valShare,
        "more than 0 and at most 0.5");
    return valShare;
  }

  /** The student's learning rate. */
  double lr(boolean boxes) {
    double sgdRate = boxes ? 0.01 : 0.1;
    double otherwise = optimizer == TrainSettings.Algorithm.SGD ? sgdRate : 1e-3;
    return Values.positive("--lr", lr == null ? otherwise : lr);
  }

  /**
   * The teacher's learning rate. A body that is trained already would forget what it knows at the
   * rate of one that is not.
   *
   * @param boxes whether it is a detector
   * @param alone whether no student is trained, so that {@code --lr} can mean the teacher only
   */
  double teacherLr(boolean boxes, boolean finetune, boolean alone) {
    if (teacherLr != null) {
      return Values.positive("--teacher-lr", teacherLr);
    }
    return finetune && !(alone && lr != null) ? lr(boxes) / 10 : lr(boxes);
  }

  private int workers() {
    Values.require(workers >= 0 && workers <= MOST_WORKERS, "--workers", workers, "0 to 256");
    return workers;
  }

  /** Epochs of the teacher. */
  int teacherEpochs(boolean small) {
    int student = studentEpochs(small);
    int otherwise = small && epochs == null ? 12 : student;
    return Values.atLeast(1, "--teacher-epochs", teacherEpochs == null ? otherwise : teacherEpochs);
  }

  /** Epochs of the student. */
  int studentEpochs(boolean small) {
    return epochs != null ? epochs : small ? 5 : 200;
  }
}
