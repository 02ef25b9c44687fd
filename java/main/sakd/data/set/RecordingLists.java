package sakd.data.set;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sakd.base.UserError;
import sakd.data.DatasetInfo;
import sakd.io.IoErrors;

/** Reads the lists by which N-MNIST and DVS128-Gesture name their recordings and classes. */
final class RecordingLists {
  private static final int SHOWN = 60;

  private RecordingLists() {}

  /** Files of a list of numbers and classes, such as 7 for {@code 7.bs2}. */
  static List<Recording> numbered(Path list, DatasetInfo info) {
    List<Recording> recordings = new ArrayList<>();
    for (String line : lines(list)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int[] cells = numbers(list, line, "\\s+", 2, "a number and a class");
      Path file = beside(list, cells[0] + ".bs2", cells[0] + ".bin");
      recordings.add(Recording.whole(file, label(list, cells[1], info)));
    }
    return notEmpty(list, recordings);
  }

  /** Files of a list, each with a table of class (from 1), first and last microsecond beside it. */
  static List<Recording> gestures(Path list, DatasetInfo info) {
    List<Recording> recordings = new ArrayList<>();
    for (String line : lines(list)) {
      if (line.isBlank()) {
        continue;
      }
      Path file = beside(list, line.strip());
      Path table = beside(list, line.strip().replace(".aedat", "_labels.csv"));
      int before = recordings.size();
      for (String row : lines(table)) {
        if (!row.isBlank() && !row.startsWith("class")) {
          int[] cells = numbers(table, row, ",", 3, "a class and two times");
          recordings.add(new Recording(file, cells[1], cells[2], label(table, cells[0] - 1, info)));
        }
      }
      if (recordings.size() == before) {
        throw IoErrors.damaged(table, "it names no gesture", "a class and two times per line");
      }
    }
    return notEmpty(list, recordings);
  }

  /** The first file of some names that is there. */
  private static Path beside(Path list, String... names) {
    try {
      for (String name : names) {
        Path file = list.resolveSibling(name);
        if (Files.isRegularFile(file)) {
          return file;
        }
      }
    } catch (InvalidPathException e) {
      throw IoErrors.damaged(list, "it names '" + start(names[0]) + "'", "names of files");
    }
    throw new UserError(
        list
            + " names "
            + start(names[0])
            + ", which is not there; expected every recording beside the list, unpack it again");
  }

  /** As much of a text as fits a message. */
  private static String start(String text) {
    return text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
  }

  private static List<Recording> notEmpty(Path list, List<Recording> recordings) {
    if (recordings.isEmpty()) {
      throw IoErrors.damaged(list, "it names no recording", "one per line");
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
      throw IoErrors.damaged(file, "a line is '" + start(line) + "'", form);
    }
  }
}
