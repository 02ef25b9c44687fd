package sakd.data.event;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import sakd.io.IoErrors;

/**
 * Recordings in NumPy's files: an .npz of vectors, as SpikingJelly keeps them, or an .npz or .npy
 * of one array, of records with such fields or of four columns.
 */
final class NpzEvents {
  private NpzEvents() {}

  static Events read(Path file, byte[] bytes) {
    UnpackLimit limit = new UnpackLimit(file, bytes.length);
    Map<String, Column> named = new TreeMap<>();
    List<List<Column>> matrices = new ArrayList<>();
    Map<String, String> entries = new TreeMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = entry.getName();
        if (entries.put(name, "") != null) {
          throw IoErrors.damaged(file, "it has two entries " + name, EventTable.EXPECTED);
        }
        if (name.endsWith(".npy")) {
          NpyColumns array = NpyColumns.read(file + ":" + name, zip, limit);
          entries.put(name, array.type());
          add(array, name.substring(0, name.length() - 4), named, matrices);
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw IoErrors.damaged(
          file, "it cannot be unpacked (" + e.getMessage() + ")", "a complete .npz file");
    }
    if (entries.isEmpty()) {
      throw IoErrors.damaged(file, "it is not a zip archive", "a complete .npz file");
    }
    return events(file, named, matrices, "it has " + entries);
  }

  /** A single array. */
  static Events readNpy(Path file, byte[] bytes) {
    Map<String, Column> named = new TreeMap<>();
    List<List<Column>> matrices = new ArrayList<>();
    try {
      UnpackLimit limit = new UnpackLimit(file, bytes.length);
      NpyColumns array = NpyColumns.read(file, new ByteArrayInputStream(bytes), limit);
      add(array, "", named, matrices);
      return events(file, named, matrices, "its elements are " + array.type());
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "a .npy file", e);
    }
  }

  private static void add(
      NpyColumns array, String name, Map<String, Column> named, List<List<Column>> matrices) {
    List<String> fields = array.names();
    if (fields.size() == 4 && fields.stream().allMatch(String::isEmpty)) {
      matrices.add(array.columns());
      return;
    }
    for (int i = 0; i < fields.size(); i++) {
      named.putIfAbsent(fields.get(i).isEmpty() ? name : fields.get(i), array.columns().get(i));
    }
  }

  private static Events events(
      Path file, Map<String, Column> named, List<List<Column>> matrices, String found) {
    Optional<Events> events = EventTable.named(file, named);
    if (events.isEmpty() && matrices.size() == 1) {
      return EventTable.unnamed(file, matrices.get(0));
    }
    return events.orElseThrow(
        () ->
            IoErrors.damaged(file, found, EventTable.EXPECTED + ", or one array of four columns"));
  }
}
