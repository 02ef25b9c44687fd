package sakd.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import sakd.base.UserError;
import sakd.io.AtomicFile;
import sakd.io.ImageFiles;

/**
 * Files in a folder that are named for pictures: {@code cat.png} for {@code a/cat.jpg}.
 *
 * @param what they are, for messages
 * @param endings of the files of each picture
 */
record PictureFiles(Path folder, String what, List<String> endings) {
  /**
   * Refuses pictures whose files would overwrite each other or a picture.
   *
   * @param pictures what they are of
   */
  void requireDistinct(List<Path> pictures) {
    Set<Path> read = new HashSet<>();
    for (Path picture : pictures) {
      if (Files.exists(picture)) {
        read.add(real(picture));
      }
    }
    Map<String, Path> written = new HashMap<>();
    for (Path picture : new HashSet<>(pictures)) {
      for (Path file : of(picture.toString())) {
        if (Files.exists(file) && read.contains(real(file))) {
          throw new UserError(
              "the "
                  + what
                  + " of "
                  + picture
                  + " would be written over "
                  + file
                  + ", which is one of the pictures; expected another folder, give it by --output");
        }
        // Some file systems take a.png and A.png for one file.
        Path other = written.put(file.getFileName().toString().toLowerCase(Locale.ROOT), picture);
        if (other != null) {
          throw new UserError(
              "the "
                  + what
                  + "s of "
                  + other
                  + " and "
                  + picture
                  + " would both be "
                  + file
                  + "; expected pictures of different names, run predict for each with an --output"
                  + " of its own");
        }
      }
    }
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files of a picture, in the order of the endings. */
  List<Path> of(String picture) {
    String base = base(picture);
    return endings.stream().map(ending -> folder.resolve(base + ending)).toList();
  }

  /** The name of a picture without its folder and ending. */
  static String base(String picture) {
    String name = Path.of(picture).getFileName().toString();
    return name.substring(0, name.length() - ImageFiles.suffix(name).length());
  }

  /**
   * Writes a file.
   *
   * @throws UserError if it cannot be written
   */
  static void write(Path file, byte[] png) {
    AtomicFile.write(file, channel -> AtomicFile.writeFully(channel, ByteBuffer.wrap(png)));
  }
}
