package sakd.data.image;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import sakd.base.SplitMix64;

/**
 * Policies that change pictures at random: AutoAugment (Cubuk et al. 2019) as it was found for
 * CIFAR-10 and ImageNet, and RandAugment (Cubuk et al. 2020), with torchvision's operations and
 * ranges.
 *
 * @param policy which
 * @param magnitude of RandAugment, 0 to 30
 */
public record AutoAugment(Policy policy, int magnitude) {
  /** What {@code --auto-augment} may say. */
  public enum Policy {
    /** Two random operations for each picture. */
    RA,
    /** One of 25 pairs of operations, found for ImageNet. */
    IMAGENET,
    /** One of 25 pairs of operations, found for CIFAR-10. */
    CIFAR10
  }

  /** The largest magnitude of RandAugment. */
  public static final int MOST = 30;

  private static final int RANDOM_OPERATIONS = 2;
  private static final int BINS = 10;

  private enum Operation {
    IDENTITY,
    SHEAR_X,
    SHEAR_Y,
    TRANSLATE_X,
    TRANSLATE_Y,
    ROTATE,
    BRIGHTNESS,
    COLOR,
    CONTRAST,
    SHARPNESS,
    POSTERIZE,
    SOLARIZE,
    AUTO_CONTRAST,
    EQUALIZE,
    INVERT;

    /**
     * Applies itself.
     *
     * @param level in [0, 1]
     */
    void apply(Raster raster, double level, SplitMix64 random) {
      double sign = signed() && random.nextInt(2) == 1 ? -level : level;
      switch (this) {
        case IDENTITY -> {}
        case SHEAR_X -> raster.shearX(0.3 * sign);
        case SHEAR_Y -> raster.shearY(0.3 * sign);
        case TRANSLATE_X -> raster.translate((int) (150 / 331.0 * raster.width() * sign), 0);
        case TRANSLATE_Y -> raster.translate(0, (int) (150 / 331.0 * raster.height() * sign));
        case ROTATE -> raster.rotate(30 * sign);
        case BRIGHTNESS -> raster.brightness(1 + 0.9 * sign);
        case COLOR -> raster.colour(1 + 0.9 * sign);
        case CONTRAST -> raster.contrast(1 + 0.9 * sign);
        case SHARPNESS -> raster.sharpness(1 + 0.9 * sign);
        case POSTERIZE -> raster.posterize(8 - (int) Math.round(4 * level));
        case SOLARIZE -> raster.solarize(255 * (1 - level));
        case AUTO_CONTRAST -> raster.autoContrast();
        case EQUALIZE -> raster.equalize();
        case INVERT -> raster.invert();
      }
    }

    private boolean signed() {
      return compareTo(SHEAR_X) >= 0 && compareTo(SHARPNESS) <= 0;
    }
  }

  private static final List<Operation> RANDOM =
      Arrays.stream(Operation.values()).filter(o -> o != Operation.INVERT).toList();

  /**
   * An operation, its probability and its level of 0 to 9, or - for those without.
   *
   * @param level 0 where there is none
   */
  private record Step(Operation operation, double probability, int level) {
    static Step parse(String text) {
      String[] cells = text.strip().split(" ", -1);
      Operation operation = Operation.valueOf(cells[0].toUpperCase(Locale.ROOT));
      return new Step(
          operation,
          Double.parseDouble(cells[1]),
          cells.length > 2 ? Integer.parseInt(cells[2]) : 0);
    }
  }

  private record Pair(Step first, Step second) {}

  private static List<Pair> pairs(String table) {
    return table
        .lines()
        .map(line -> line.split(",", -1))
        .map(cells -> new Pair(Step.parse(cells[0]), Step.parse(cells[1])))
        .toList();
  }

  private static final List<Pair> CIFAR10_PAIRS =
      pairs(
          """
          invert 0.1, contrast 0.2 6
          rotate 0.7 2, translate_x 0.3 9
          sharpness 0.8 1, sharpness 0.9 3
          shear_y 0.5 8, translate_y 0.7 9
          auto_contrast 0.5, equalize 0.9
          shear_y 0.2 7, posterize 0.3 7
          color 0.4 3, brightness 0.6 7
          sharpness 0.3 9, brightness 0.7 9
          equalize 0.6, equalize 0.5
          contrast 0.6 7, sharpness 0.6 5
          color 0.7 7, translate_x 0.5 8
          equalize 0.3, auto_contrast 0.4
          translate_y 0.4 3, sharpness 0.2 6
          brightness 0.9 6, color 0.2 8
          solarize 0.5 2, invert 0.0
          equalize 0.2, auto_contrast 0.6
          equalize 0.2, equalize 0.6
          color 0.9 9, equalize 0.6
          auto_contrast 0.8, solarize 0.2 8
          brightness 0.1 3, color 0.7 0
          solarize 0.4 5, auto_contrast 0.9
          translate_y 0.9 9, translate_y 0.7 9
          auto_contrast 0.9, solarize 0.8 3
          equalize 0.8, invert 0.1
          translate_y 0.7 9, auto_contrast 0.9""");

  private static final List<Pair> IMAGENET_PAIRS =
      pairs(
          """
          posterize 0.4 8, rotate 0.6 9
          solarize 0.6 5, auto_contrast 0.6
          equalize 0.8, equalize 0.6
          posterize 0.6 7, posterize 0.6 6
          equalize 0.4, solarize 0.2 4
          equalize 0.4, rotate 0.8 8
          solarize 0.6 3, equalize 0.6
          posterize 0.8 5, equalize 1.0
          rotate 0.2 3, solarize 0.6 8
          equalize 0.6, posterize 0.4 6
          rotate 0.8 8, color 0.4 0
          rotate 0.4 9, equalize 0.6
          equalize 0.0, equalize 0.8
          invert 0.6, equalize 1.0
          color 0.6 4, contrast 1.0 8
          rotate 0.8 8, color 1.0 2
          color 0.8 8, solarize 0.8 7
          sharpness 0.4 7, invert 0.6
          shear_x 0.6 5, equalize 1.0
          color 0.4 0, equalize 0.6
          equalize 0.4, solarize 0.2 4
          solarize 0.6 5, auto_contrast 0.6
          invert 0.6, equalize 1.0
          color 0.6 4, contrast 1.0 8
          equalize 0.8, equalize 0.6""");

  /** Checks the magnitude. */
  public AutoAugment {
    if (magnitude < 0 || magnitude > MOST) {
      throw new IllegalArgumentException("a magnitude is 0 to " + MOST + ", not " + magnitude);
    }
  }

  /** Changes a picture; a pure function of it and of what the generator draws. */
  public void apply(Raster raster, SplitMix64 random) {
    if (policy == Policy.RA) {
      for (int i = 0; i < RANDOM_OPERATIONS; i++) {
        Operation operation = RANDOM.get(random.nextInt(RANDOM.size()));
        operation.apply(raster, (double) magnitude / MOST, random);
      }
      return;
    }
    List<Pair> pairs = policy == Policy.CIFAR10 ? CIFAR10_PAIRS : IMAGENET_PAIRS;
    Pair pair = pairs.get(random.nextInt(pairs.size()));
    for (Step step : List.of(pair.first, pair.second)) {
      if (random.nextDouble() < step.probability) {
        step.operation.apply(raster, step.level / (BINS - 1.0), random);
      }
    }
  }
}
