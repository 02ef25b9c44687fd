package sakd.data.set;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.SampleShape;
import sakd.data.event.EventReader;
import sakd.io.IoErrors;

/** Finds the recordings of an event data set in its folder, whichever of its layouts it has. */
final class EventFolder {
  private static final String GESTURE_TRAIN = "trials_to_train.txt";
  private static final String GESTURE_TEST = "trials_to_test.txt";

  private EventFolder() {}

  /** Recordings, and what their set is about. */
  private record Part(DatasetInfo info, List<Recording> recordings) {}

  /** Reads the training or the test part of a set. */
  static Dataset read(DatasetKind kind, Path root, boolean train, ReadOptions options) {
    Part part = part(kind, root, train, options.note());
    Sensor sensor = options.sensor();
    if (sensor != null) {
      OutsideEvents.note(files(part.recordings), sensor, options.note());
    } else {
      sensor = known(kind).orElseGet(() -> found(part, kind, root, train, options.note()));
    }
    SampleShape shape = new SampleShape(1, 2, sensor.height(), sensor.width());
    boolean drops = options.sensor() != null;
    return new EventDataset(part.info, shape, sensor, part.recordings, options.framesBy(), drops);
  }

  /** The sensor of both parts of a set, whichever of them is read. */
  private static Sensor found(
      Part part, DatasetKind kind, Path root, boolean train, Consumer<String> note) {
    List<Path> own = files(part.recordings);
    List<Path> other;
    try {
      other = files(part(kind, root, !train, silent -> {}).recordings);
    } catch (UserError e) {
      other = List.of(); // Said when that part is read, if it ever is.
    }
    return SensorSearch.find(train ? own : other, train ? other : own, note);
  }

  private static List<Path> files(List<Recording> recordings) {
    return recordings.stream().map(Recording::file).distinct().toList();
  }

  /** The sensor of a set that has one, whoever recorded it. */
  private static Optional<Sensor> known(DatasetKind kind) {
    return switch (kind) {
      case NMNIST -> Optional.of(new Sensor(34, 34));
      case N_CARS -> Optional.of(new Sensor(100, 120));
      case ST_MNIST -> Optional.of(new Sensor(10, 10));
      case DVS_GESTURE, CIFAR10_DVS -> Optional.of(new Sensor(128, 128));
      default -> Optional.empty();
    };
  }

  private static Part part(DatasetKind kind, Path root, boolean train, Consumer<String> note) {
    DatasetInfo info = kind.info;
    List<Recording> recordings;
    Optional<Path> list = sampleList(root, train);
    if (kind == DatasetKind.DVS_GESTURE && gesture(root)) {
      recordings =
          RecordingLists.gestures(root.resolve(train ? GESTURE_TRAIN : GESTURE_TEST), info);
    } else if (kind == DatasetKind.NMNIST && list.isPresent()) {
      recordings = RecordingLists.numbered(list.get(), info);
    } else {
      ClassSplit<Path> folders = ClassFolders.read(root, train, EventReader.EXTENSIONS, note);
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
    return new Part(info, recordings);
  }

  /** The set whose lists of recordings a folder holds, if it does. */
  static Optional<DatasetKind> detect(Path root) {
    if (gesture(root)) {
      return Optional.of(DatasetKind.DVS_GESTURE);
    }
    // Lists of pictures have the same names.
    return sampleList(root, true).isPresent()
            && FolderListing.any(root, 1, Set.of(".bs2", ".bin")::contains)
        ? Optional.of(DatasetKind.NMNIST)
        : Optional.empty();
  }

  /**
   * Whether a folder looks like recordings in a folder for each class: of its training or test
   * part, or at least two.
   */
  static boolean hasClasses(Path root) {
    Optional<Path> part = ClassFolders.part(root, true).or(() -> ClassFolders.part(root, false));
    long classes =
        FolderListing.folders(part.orElse(root)).stream()
            .filter(f -> FolderListing.any(f, 2, EventReader.EXTENSIONS::contains))
            .limit(2)
            .count();
    return classes >= (part.isPresent() ? 1 : 2);
  }

  private static boolean gesture(Path root) {
    return Files.isRegularFile(root.resolve(GESTURE_TRAIN));
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
}
