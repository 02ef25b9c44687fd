package sakd.train;

import java.util.List;
import sakd.base.Numbers;

/**
 * Learning rate by epoch, constant within one, as torchvision's reference training steps it.
 *
 * @param shape how it goes on after the warm-up
 * @param warmupEpochs epochs of linear growth from a hundredth of the rate
 */
public record LrSchedule(Shape shape, double lr, int epochs, int warmupEpochs) {
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
    return epoch < warmupEpochs
        ? lr * (WARMUP_START + (1 - WARMUP_START) * epoch / warmupEpochs)
        : shape.at(epoch, this);
  }

  /** The share of the epochs after the warm-up that are done before this one: p, in [0, 1). */
  private double done(int epoch) {
    return (double) (epoch - warmupEpochs) / (epochs - warmupEpochs);
  }

  /** The rate after so many steps. */
  private double stepped(double gamma, long steps) {
    return lr * Math.pow(gamma, (double) steps);
  }

  /**
   * A family of schedules; their text is what people read. Epochs of steps are counted from the
   * first, warm-up included, as timm and torchvision's training of detectors do.
   */
  public sealed interface Shape {
    /** The rate of an epoch after the warm-up. */
    double at(int epoch, LrSchedule schedule);

    /** As {@code --lr-scheduler} calls the family. */
    String name();
  }

  /** Of steps by a tenth, PyTorch's default. */
  public static final double GAMMA = 0.1;

  private static String floor(double minLr) {
    return minLr == 0 ? "" : " to " + Numbers.plain(minLr);
  }

  private static String factor(double gamma) {
    return gamma == GAMMA ? "" : " by " + Numbers.plain(gamma);
  }

  /**
   * min + (lr - min) (1 + cos(pi p)) / 2: SGDR's without restarts (Loshchilov and Hutter 2017,
   * arXiv 1608.03983), PyTorch's CosineAnnealingLR.
   *
   * @param minLr PyTorch's eta_min
   */
  public record Cosine(double minLr) implements Shape {
    /** To 0, as the method is published. */
    public static final Cosine TO_ZERO = new Cosine(0);

    @Override
    public double at(int epoch, LrSchedule s) {
      return minLr + (s.lr - minLr) / 2 * (1 + Math.cos(Math.PI * s.done(epoch)));
    }

    @Override
    public String name() {
      return "cosine";
    }

    @Override
    public String toString() {
      return name() + floor(minLr);
    }
  }

  /**
   * min + (lr - min) (1 - p)^power: PyTorch's PolynomialLR where min is 0, timm's otherwise.
   * Segmentation is trained so since DeepLab (Chen et al. 2017, arXiv 1606.00915), with power 0.9.
   */
  public record Poly(double power, double minLr) implements Shape {
    /** DeepLab's, which torchvision has too. */
    public static final double POWER = 0.9;

    @Override
    public double at(int epoch, LrSchedule s) {
      return minLr + (s.lr - minLr) * Math.pow(1 - s.done(epoch), power);
    }

    @Override
    public String name() {
      return "poly";
    }

    @Override
    public String toString() {
      return name() + (power == POWER ? "" : " of power " + Numbers.plain(power)) + floor(minLr);
    }
  }

  /** Factors {@code gamma} after 8/13 and 11/13 of all epochs: torchvision's 16 and 22 of 26. */
  public record TwoSteps(double gamma) implements Shape {
    private static final int PARTS = 13;
    private static final List<Integer> STEPS = List.of(8, 11);

    @Override
    public double at(int epoch, LrSchedule s) {
      return s.stepped(
          gamma, STEPS.stream().filter(part -> epoch * PARTS >= part * s.epochs).count());
    }

    @Override
    public String name() {
      return "step";
    }

    @Override
    public String toString() {
      return name() + factor(gamma);
    }
  }

  /** A factor {@code gamma} after every so many epochs: PyTorch's StepLR. */
  public record Steps(int size, double gamma) implements Shape {
    @Override
    public double at(int epoch, LrSchedule s) {
      return s.stepped(gamma, epoch / size);
    }

    @Override
    public String name() {
      return "step";
    }

    @Override
    public String toString() {
      return name() + " every " + Numbers.count(size, "epoch") + factor(gamma);
    }
  }

  /**
   * A factor {@code gamma} after each of these numbers of epochs: PyTorch's MultiStepLR.
   *
   * @param milestones ascending
   */
  public record Milestones(List<Integer> milestones, double gamma) implements Shape {
    public Milestones {
      milestones = List.copyOf(milestones);
    }

    @Override
    public double at(int epoch, LrSchedule s) {
      return s.stepped(gamma, milestones.stream().filter(m -> epoch >= m).count());
    }

    @Override
    public String name() {
      return "step";
    }

    @Override
    public String toString() {
      return name()
          + " after "
          + String.join(", ", milestones.stream().map(String::valueOf).toList())
          + factor(gamma);
    }
  }

  /** The rate itself. */
  public record Constant() implements Shape {
    @Override
    public double at(int epoch, LrSchedule s) {
      return s.lr;
    }

    @Override
    public String name() {
      return "constant";
    }

    @Override
    public String toString() {
      return name();
    }
  }
}
