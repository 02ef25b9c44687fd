package sakd.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import sakd.base.UserError;

/** A set with the class numbers of a network that was trained on another, or on another copy. */
public final class RenumberedDataset extends ForwardingDataset {
  private final DatasetInfo info;
  private final int[] numbers;

  private RenumberedDataset(Dataset set, List<String> classNames, int[] numbers) {
    super(set);
    this.info = set.info().withClassNames(classNames);
    this.numbers = numbers;
  }

  /**
   * The set with its labels as numbers of these classes, which it may have some of. Labels follow
   * the classes' names; where those of one side are but numbers, the numbers are taken as they are.
   *
   * @param classNames by class number
   * @throws UserError if the set has a class that is not among them
   */
  public static Dataset of(Dataset set, List<String> classNames) {
    List<String> own = set.classNames();
    if (own.equals(classNames)) {
      return set;
    }
    int[] numbers = ClassNames.numbers(classNames, own);
    List<String> unknown = ClassNames.unknown(own, numbers);
    if (!unknown.isEmpty()) {
      throw new UserError(
          set.name()
              + " has classes that the network was not trained on ("
              + ClassNames.some(unknown)
              + "); expected some or all of its "
              + classNames.size()
              + " ("
              + ClassNames.some(classNames)
              + "), rename the folders or give another data set");
    }
    return new RenumberedDataset(set, classNames, numbers);
  }

  /** Whether labels of the set are the numbers of other classes than these. */
  public static boolean isNeeded(Dataset set, List<String> classNames) {
    if (set.classNames().equals(classNames)) {
      return false; // Several may be called N/A.
    }
    int[] numbers = ClassNames.numbers(classNames, set.classNames());
    return !Arrays.equals(numbers, IntStream.range(0, classNames.size()).toArray());
  }

  @Override
  protected Dataset around(Dataset other) {
    return new RenumberedDataset(other, info.classNames(), numbers);
  }

  @Override
  public DatasetInfo info() {
    return info;
  }

  @Override
  public int label(int index) {
    return numbers[super.label(index)];
  }

  @Override
  public Targets targets(int index, Placement placement, SampleShape shape) {
    Targets own = super.targets(index, placement, shape);
    if (own instanceof Targets.Classes classes) {
      return new Targets.Classes(IntStream.of(classes.labels()).map(k -> numbers[k]).toArray());
    }
    if (own instanceof Targets.Boxes boxes) {
      return new Targets.Boxes(
          boxes.samples().stream().map(this::renumbered).toList(), boxes.most());
    }
    Targets.Masks masks = (Targets.Masks) own;
    byte[] labels = masks.labels().clone();
    for (int i = 0; i < labels.length; i++) {
      int label = labels[i] & 0xff;
      labels[i] = label == Targets.IGNORED ? labels[i] : (byte) numbers[label];
    }
    return new Targets.Masks(labels, masks.samples(), masks.height(), masks.width());
  }

  private Targets.Boxes.Sample renumbered(Targets.Boxes.Sample sample) {
    return new Targets.Boxes.Sample(
        sample.placement(),
        sample.objects().stream().map(o -> o.withLabel(numbers[o.label()])).toList());
  }
}
