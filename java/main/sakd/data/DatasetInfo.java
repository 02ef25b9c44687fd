package sakd.data;

import java.util.List;

/**
 * What a set is about, however it is stored.
 *
 * @param name the name the user knows it by, such as {@code cifar10}
 * @param classNames the name of each class, by class number
 * @param mean of pixel / 255 per channel, which normalisation subtracts
 * @param std of pixel / 255 per channel, by which normalisation divides
 * @param horizontalFlip whether a mirrored image is still one of its class: not so for digits
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared; copied on the way in and out.
public record DatasetInfo(
    String name, List<String> classNames, float[] mean, float[] std, boolean horizontalFlip) {
  /**
   * Copies what can change.
   *
   * @throws IllegalArgumentException if mean and std are not of the same channels
   */
  public DatasetInfo {
    if (mean.length != std.length) {
      throw new IllegalArgumentException(name + ": mean and std need one value a channel");
    }
    classNames = List.copyOf(classNames);
    mean = mean.clone();
    std = std.clone();
  }

  @Override
  public float[] mean() {
    return mean.clone();
  }

  @Override
  public float[] std() {
    return std.clone();
  }

  /** The same with the class names that a folder brought. */
  public DatasetInfo withClassNames(List<String> names) {
    return new DatasetInfo(name, names, mean, std, horizontalFlip);
  }

  /** The same with another normalisation. */
  public DatasetInfo withNormalisation(float[] newMean, float[] newStd) {
    return new DatasetInfo(name, classNames, newMean, newStd, horizontalFlip);
  }
}
