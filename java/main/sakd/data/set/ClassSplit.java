package sakd.data.set;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import sakd.base.UserError;
import sakd.data.ClassNames;

/**
 * The samples of a part of a set. Classes are numbered in the order in which the training part has
 * them; the test part's follow them by name. Of a set without a test part, the last tenth of each
 * class is held out for it, at least one of two.
 *
 * @param classNames by class number
 * @param samples class by class
 * @param labels the class number of each
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record ClassSplit<S>(List<String> classNames, List<S> samples, int[] labels) {
  /** The names by which parts are known, those before preferred. */
  static final List<String> TRAIN = List.of("train", "training");

  static final List<String> TEST = List.of("test", "val", "validation", "valid", "testing");

  /** As in SpikingJelly. */
  private static final double TRAIN_SHARE = 0.9;

  /**
   * Reads a part.
   *
   * @param root the set's folder, for messages
   * @param training the training part, or null
   * @param test the test part, or null
   * @param train which of them is wanted
   * @param note hears of classes without samples, and of what is held out
   * @throws UserError if the part has no samples, or the test part a class that training lacks
   */
  static <S> ClassSplit<S> of(
      Path root,
      ClassSource<S> training,
      ClassSource<S> test,
      boolean train,
      Consumer<String> note) {
    if (train && training == null) {
      throw new UserError(
          root
              + " has a test part, "
              + test
              + ", but none for training; expected a folder named "
              + String.join(" or ", TRAIN)
              + " beside it, add or rename it");
    }
    if (!train && test != null) {
      return tested(training, test, note);
    }
    Map<String, List<S>> all = training.samples();
    if (test != null) {
      return numbered(all, samples -> samples);
    }
    if (!train) {
      heldOut(root, all, note);
    }
    return numbered(
        all,
        samples ->
            train
                ? samples.subList(0, trainCount(samples.size()))
                : samples.subList(trainCount(samples.size()), samples.size()));
  }

  /** The same with samples in another form. */
  <T> ClassSplit<T> map(Function<S, T> form) {
    return new ClassSplit<>(classNames, samples.stream().map(form).toList(), labels);
  }

  /** The same samples in another order. */
  ClassSplit<S> sorted(Comparator<S> order) {
    int[] sorted =
        IntStream.range(0, labels.length)
            .boxed()
            .sorted(Comparator.comparing(samples::get, order))
            .mapToInt(i -> i)
            .toArray();
    return new ClassSplit<>(
        classNames,
        IntStream.of(sorted).mapToObj(samples::get).toList(),
        IntStream.of(sorted).map(i -> labels[i]).toArray());
  }

  /** How many of a class without a test part are for training. */
  private static int trainCount(int count) {
    return count < 2 ? count : Math.min(count - 1, (int) Math.ceil(TRAIN_SHARE * count));
  }

  private static <S> void heldOut(Path root, Map<String, List<S>> all, Consumer<String> note) {
    String none = root + " has no test part (" + String.join(", ", TEST) + ")";
    if (all.values().stream().allMatch(samples -> samples.size() < 2)) {
      throw new UserError(
          none
              + ", so that a tenth of each class is held out for testing, but no class has two"
              + " samples; expected a folder with one of these names, or more samples, add them");
    }
    note.accept(none + ": the last tenth of each class, at least one sample of two, is held out");
  }

  private static <S> ClassSplit<S> numbered(
      Map<String, List<S>> all, UnaryOperator<List<S>> share) {
    List<String> names = List.copyOf(all.keySet());
    return numbered(names, all, IntStream.range(0, names.size()).toArray(), share);
  }

  /**
   * @param numbers of the classes in their order
   */
  private static <S> ClassSplit<S> numbered(
      List<String> names, Map<String, List<S>> all, int[] numbers, UnaryOperator<List<S>> share) {
    List<S> samples = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    int next = 0;
    for (List<S> those : all.values()) {
      int number = numbers[next++];
      for (S sample : share.apply(those)) {
        samples.add(sample);
        labels.add(number);
      }
    }
    return new ClassSplit<>(names, samples, labels.stream().mapToInt(i -> i).toArray());
  }

  private static <S> ClassSplit<S> tested(
      ClassSource<S> training, ClassSource<S> test, Consumer<String> note) {
    Map<String, List<S>> all = new LinkedHashMap<>(test.samples());
    if (training == null) {
      return numbered(all, samples -> samples);
    }
    all.values().removeIf(List::isEmpty);
    List<String> names = training.classNames();
    List<String> own = List.copyOf(all.keySet());
    int[] numbers = ClassNames.find(names, own);
    List<String> unknown = ClassNames.unknown(own, numbers);
    if (!unknown.isEmpty()) {
      throw new UserError(
          test
              + " has samples of classes that "
              + training
              + " has none of ("
              + ClassNames.some(unknown)
              + "); expected only the classes of training ("
              + ClassNames.some(names)
              + "), rename or remove these, or add samples to train on");
    }
    TreeSet<Integer> missing = new TreeSet<>(IntStream.range(0, names.size()).boxed().toList());
    IntStream.of(numbers).forEach(missing::remove);
    if (!missing.isEmpty()) {
      note.accept(
          test
              + " has no samples of "
              + missing.size()
              + " of the "
              + names.size()
              + " classes ("
              + ClassNames.some(missing.stream().map(names::get).toList())
              + ")");
    }
    return numbered(names, all, numbers, samples -> samples);
  }
}
