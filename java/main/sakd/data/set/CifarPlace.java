package sakd.data.set;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import sakd.base.UserError;
import sakd.io.Checksum;
import sakd.io.Gunzip;
import sakd.io.IoErrors;

/**
 * Where one layout of CIFAR lies: a folder of its files, or the archive as it was downloaded.
 *
 * @param path the folder or the archive
 */
record CifarPlace(CifarLayout layout, Path path) {
  /** Above any file of the sets (CIFAR-100's training batch has 155 MB): for damaged archives. */
  private static final long MAX_FILE = 256L << 20;

  /** Finds a set in a folder, in its usual subfolder, or as an archive there or itself. */
  static Optional<CifarPlace> find(DatasetKind kind, Path root) {
    List<CifarLayout> layouts = CifarLayout.of(kind);
    Stream<CifarPlace> folders =
        layouts.stream()
            .flatMap(
                l ->
                    Stream.of(root.resolve(l.subfolder), root)
                        .filter(
                            f ->
                                Files.isRegularFile(f.resolve(l.trainFiles.get(0)))
                                    || Files.isRegularFile(f.resolve(l.testFiles.get(0))))
                        .map(f -> new CifarPlace(l, f)));
    Stream<CifarPlace> archives =
        layouts.stream()
            .flatMap(
                l ->
                    Stream.of(root.resolve(l.archive), root)
                        .filter(f -> f.endsWith(l.archive) && Files.isRegularFile(f))
                        .map(f -> new CifarPlace(l, f)));
    return Stream.concat(folders, archives).findFirst();
  }

  /** What a file of this place is called in a message. */
  String name(String file) {
    return (archived() ? path + ":" + layout.subfolder + "/" : path + "/") + file;
  }

  /**
   * The contents of the files.
   *
   * @param optional not missed if it is not there
   * @param note hears of checksums that are not the published ones
   * @throws UserError if one is missing or cannot be read
   */
  Map<String, byte[]> read(List<String> files, String optional, Consumer<String> note) {
    Map<String, byte[]> read = archived() ? unpack(files, optional, note) : new HashMap<>();
    if (!archived()) {
      for (String file : files) {
        read.put(file, content(path.resolve(file), note));
      }
      if (Files.isRegularFile(path.resolve(optional))) {
        read.put(optional, content(path.resolve(optional), note));
      }
    }
    for (String file : files) {
      if (!read.containsKey(file)) {
        throw missing(file, files);
      }
    }
    return read;
  }

  private boolean archived() {
    return !Files.isDirectory(path);
  }

  private UserError missing(String file, List<String> files) {
    return new UserError(
        layout.kind.title
            + ": no "
            + file
            + " in "
            + path
            + "; expected "
            + String.join(", ", files)
            + ", give their folder or archive with --data-path");
  }

  private byte[] content(Path file, Consumer<String> note) {
    if (!Files.isRegularFile(file)) {
      throw missing(file.getFileName().toString(), layout.files(true));
    }
    try {
      if (Files.size(file) > MAX_FILE) {
        throw IoErrors.damaged(
            file, "it has " + Files.size(file) + " bytes", "a file of " + layout.kind.title);
      }
      byte[] bytes = Files.readAllBytes(file);
      String published = layout.md5.get(file.getFileName().toString());
      if (published != null) {
        Checksum.compare(file, Checksum.md5(bytes), published, note);
      }
      return bytes;
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "a file of " + layout.kind.title, e);
    }
  }

  private Map<String, byte[]> unpack(List<String> files, String optional, Consumer<String> note) {
    Set<String> wanted = Set.copyOf(Stream.concat(files.stream(), Stream.of(optional)).toList());
    Map<String, byte[]> read = new HashMap<>();
    String expected = "the archive of " + layout.kind.title + " as published";
    Checksum sum = Checksum.md5();
    try (InputStream in =
            new BufferedInputStream(sum.watching(Files.newInputStream(path)), 1 << 16);
        TarArchiveInputStream tar = new TarArchiveInputStream(new Gunzip(in, Files.size(path)))) {
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        String name = e.getName().substring(e.getName().lastIndexOf('/') + 1);
        if (!e.isFile() || !wanted.contains(name)) {
          continue;
        }
        if (e.getSize() > MAX_FILE) {
          throw IoErrors.damaged(path, name + " claims " + e.getSize() + " bytes", expected);
        }
        byte[] bytes = tar.readNBytes((int) e.getSize());
        if (bytes.length < e.getSize()) {
          throw IoErrors.damaged(path, "it ends within " + name, expected);
        }
        read.put(name, bytes);
      }
      tar.transferTo(OutputStream.nullOutputStream());
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException | IllegalArgumentException e) {
      throw IoErrors.damaged(path, "it cannot be unpacked (" + e.getMessage() + ")", expected);
    }
    Checksum.compare(path, sum.hex(), layout.archiveMd5, note);
    return read;
  }
}
