package sakd.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import sakd.base.UserError;
import sakd.data.image.MaskPicture;
import sakd.infer.MaskPredictor;
import sakd.io.AtomicFile;
import sakd.io.ImageFiles;
import sakd.model.ImageSpec;

/**
 * Writes masks into a folder: for {@code a/cat.jpg} the mask as {@code cat.png} and, if asked, the
 * picture under its colours as {@code cat-overlay.png}.
 *
 * @param overlay whether to write that too
 * @param how pictures became what the network saw; null only without overlays
 */
record MaskFiles(Path folder, boolean overlay, ImageSpec how) {
  private static final String PNG = ".png";
  private static final String OVERLAY = "-overlay.png";

  /**
   * Refuses pictures whose masks would overwrite each other or a picture.
   *
   * @param pictures what the masks are of
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
      for (Path file : files(picture.toString())) {
        if (Files.exists(file) && read.contains(real(file))) {
          throw new UserError(
              "the mask of "
                  + picture
                  + " would be written over "
                  + file
                  + ", which is one of the pictures; expected another folder, give it by --output");
        }
        // Some file systems take a.png and A.png for one file.
        Path other = written.put(file.getFileName().toString().toLowerCase(Locale.ROOT), picture);
        if (other != null) {
          throw new UserError(
              "the masks of "
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

  /** The files of a picture: the mask, and the overlay if there is one. */
  private List<Path> files(String picture) {
    String name = Path.of(picture).getFileName().toString();
    String base = name.substring(0, name.length() - ImageFiles.suffix(name).length());
    List<Path> files = new ArrayList<>(List.of(folder.resolve(base + PNG)));
    if (overlay) {
      files.add(folder.resolve(base + OVERLAY));
    }
    return files;
  }

  /**
   * Writes the files of a mask.
   *
   * @throws UserError if they cannot be written
   */
  void write(MaskPredictor.Mask mask) {
    List<Path> files = files(mask.name());
    write(files.get(0), MaskPicture.png(mask.classes(), mask.height(), mask.width()));
    if (overlay) {
      byte[] picture = how.pixels(mask.image());
      write(
          files.get(1),
          MaskPicture.overlay(
              picture, how.channels(), mask.classes(), mask.height(), mask.width()));
    }
  }

  private static void write(Path file, byte[] png) {
    AtomicFile.write(file, channel -> AtomicFile.writeFully(channel, ByteBuffer.wrap(png)));
  }
}
