package sakd.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import sakd.data.event.EventReader;
import sakd.data.event.Events;
import sakd.io.IoErrors;
import sakd.io.UserError;

/** Finds the recordings of an event data set in its folder, whichever of its layouts it has. */
final class EventFolder {
  private static final Set<String> EXTENSIONS =
      Set.of(".bin", ".bs2", ".aedat", ".aedat4", ".dat", ".mat", ".npz");
  private static final String GESTURE_TRAIN = "trials_to_train.txt";
  private static final String GESTURE_TEST = "trials_to_test.txt";

  private EventFolder() {}

  /** Reads the training or the test part of a set. */
  static Dataset read(DatasetKind kind, Path root, boolean train, ReadOptions options) {
    DatasetInfo info = kind.info;
    List<Recording> recordings;
    Optional<Path> list = sampleList(root, train);
    if (kind == DatasetKind.DVS_GESTURE && gesture(root)) {
      recordings = gestures(root.resolve(train ? GESTURE_TRAIN : GESTURE_TEST), info);
    } else if (kind == DatasetKind.NMNIST && list.isPresent()) {
      recordings = listed(list.get(), info);
    } else {
      ClassSplit<Path> folders = ClassFolders.read(root, train, EXTENSIONS, options.note());
      int known = info.classNames().size();
      if (known > 0 && folders.classNames().size() != known) {
        throw new UserError(
            root
                + " has "
                + folders.classNames().size()
                + " class folders; expected the "
                + known
                + " of "
                + kind.title
                + ", check --data-path and --dataset");
      }
      info = info.withClassNames(folders.classNames());
      recordings = new ArrayList<>();
      for (int i = 0; i < folders.samples().size(); i++) {
        recordings.add(Recording.whole(folders.samples().get(i), folders.labels()[i]));
      }
    }
    return new EventDataset(info, shape(kind, recordings), recordings, options.framesBy());
  }

  /** The set that a folder of recordings holds, as far as that can be told. */
  static Optional<DatasetKind> detect(Path root) {
    if (gesture(root)) {
      return Optional.of(DatasetKind.DVS_GESTURE);
    }
    return sampleList(root, true).isPresent() ? Optional.of(DatasetKind.NMNIST) : Optional.empty();
  }

  private static boolean gesture(Path root) {
    return Files.isRegularFile(root.resolve(GESTURE_TRAIN));
  }

  /** The sensor, one frame at first. Of an unknown one, what its events cover. */
  private static SampleShape shape(DatasetKind kind, List<Recording> recordings) {
    return switch (kind) {
      case NMNIST -> new SampleShape(1, 2, 34, 34);
      case N_CARS -> new SampleShape(1, 2, 100, 120);
      case ST_MNIST -> new SampleShape(1, 2, 10, 10);
      case DVS_GESTURE, CIFAR10_DVS -> new SampleShape(1, 2, 128, 128);
      default -> {
        int[] sides =
            recordings.parallelStream()
                .map(r -> EventReader.read(r.file()))
                .map((Events e) -> new int[] {e.height(), e.width()})
                .reduce(
                    new int[] {1, 1},
                    (a, b) -> new int[] {Math.max(a[0], b[0]), Math.max(a[1], b[1])});
        yield new SampleShape(1, 2, sides[0], sides[1]);
      }
    };
  }

  /** A list such as train1K.txt, of a number and a class a line, beside the recordings. */
  private static Optional<Path> sampleList(Path root, boolean train) {
    String start = train ? "train" : "test";
    try (Stream<Path> files = Files.list(root)) {
      return files
          .filter(
              f ->
                  f.getFileName().toString().startsWith(start)
                      && f.toString().endsWith(".txt")
                      && Files.isRegularFile(f))
          .sorted()
          .findFirst();
    } catch (IOException e) {
      throw IoErrors.unreadable(root, "a folder of recordings", e);
    }
  }

  private static List<Recording> listed(Path list, DatasetInfo info) {
    List<Recording> recordings = new ArrayList<>();
    for (String line : lines(list)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int[] cells = numbers(list, line, "\\s+", 2, "a number and a class");
      Path file =
          Stream.of(".bs2", ".bin")
              .map(end -> list.resolveSibling(cells[0] + end))
              .filter(Files::isRegularFile)
              .findFirst()
              .orElseThrow(
                  () ->
                      new UserError(
                          list
                              + " names "
                              + cells[0]
                              + ", but "
                              + list.resolveSibling(cells[0] + ".bs2")
                              + " is not there; expected every recording beside the list, unpack it"
                              + " again"));
      recordings.add(Recording.whole(file, label(list, cells[1], info)));
    }
    return notEmpty(list, recordings);
  }

  /** Files of a list, each with a table of class (from 1), first and last microsecond beside it. */
  private static List<Recording> gestures(Path list, DatasetInfo info) {
    List<Recording> recordings = new ArrayList<>();
    for (String line : lines(list)) {
      if (line.isBlank()) {
        continue;
      }
      Path file = list.resolveSibling(line.strip());
      Path table = list.resolveSibling(line.strip().replace(".aedat", "_labels.csv"));
      for (String row : lines(table)) {
        if (!row.isBlank() && !row.startsWith("class")) {
          int[] cells = numbers(table, row, ",", 3, "a class and two times");
          recordings.add(new Recording(file, cells[1], cells[2], label(table, cells[0] - 1, info)));
        }
      }
    }
    return notEmpty(list, recordings);
  }

  private static List<Recording> notEmpty(Path list, List<Recording> recordings) {
    if (recordings.isEmpty()) {
      throw IoErrors.damaged(list, "it names no recording", "one a line");
    }
    return recordings;
  }

  private static int label(Path file, int label, DatasetInfo info) {
    if (label < 0 || label >= info.classNames().size()) {
      throw IoErrors.damaged(
          file, "a class is " + label, "classes below " + info.classNames().size());
    }
    return label;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "a list of recordings", e);
    }
  }

  private static int[] numbers(Path file, String line, String separator, int count, String form) {
    try {
      String[] cells = line.strip().split(separator, -1);
      int[] numbers = new int[count];
      for (int i = 0; i < count; i++) {
        numbers[i] = Integer.parseInt(cells[i].strip());
      }
      return numbers;
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw IoErrors.damaged(file, "a line is '" + line + "'", form);
    }
  }
}
