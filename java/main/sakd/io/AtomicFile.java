package sakd.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.regex.Pattern;
import sakd.base.UserError;

/**
 * The one place where files are written: beside the target under a name of its own, {@code
 * name.1a2b3c4d.tmp}, forced to the disk, then renamed over it. A reader, or a run that is killed
 * at any moment, sees the whole old file or the whole new one; of two writers at the same time each
 * writes a whole file, and the one that is renamed last stays.
 *
 * <p>What a killed process left half-written stays until whoever alone may write the target calls
 * {@link #deleteLeftOvers}: nobody else can tell it from a file that is being written.
 */
public final class AtomicFile {
  private static final String ENDING = ".tmp";

  /** Hexadecimal digits that tell one writer's file from another's. */
  private static final int UNIQUE = 8;

  private AtomicFile() {}

  /** Writes the content of a file to a channel that stands at its start. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything; what it throws leaves the target as it was. */
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Creates or replaces a file; missing parent folders are created.
   *
   * @throws UserError if the folder or the file cannot be written; the target is then unchanged and
   *     no temporary file is left
   */
  public static void write(Path path, Content content) {
    Path target = path.toAbsolutePath();
    Path folder = target.getParent();
    if (folder == null) {
      throw new UserError("cannot write " + path + "; expected the name of a file, not a root");
    }
    String unique = UUID.randomUUID().toString().substring(0, UNIQUE);
    Path temporary = folder.resolve(target.getFileName() + "." + unique + ENDING);
    try {
      Files.createDirectories(folder);
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        replace(channel, content, temporary, target);
      }
    } catch (IOException e) {
      throw new UserError(
          "cannot write "
              + path
              + " ("
              + IoErrors.reason(e)
              + "); expected a writable folder with free space, free some or give another path"
              + " (a file already there is unchanged)",
          e);
    }
    forceFolder(folder);
  }

  /** Creates or replaces a text file in UTF-8; errors as for {@link #write}. */
  public static void writeText(Path path, String text) {
    write(path, channel -> writeFully(channel, StandardCharsets.UTF_8.encode(text)));
  }

  /** Writes what remains of a buffer; a channel may take less than it is offered. */
  public static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /**
   * Deletes what killed writers of a file left beside it. For those who keep all other writers
   * away, as by a lock.
   *
   * @throws UserError if the folder cannot be listed or a file not be deleted
   */
  public static void deleteLeftOvers(Path path) {
    Path target = path.toAbsolutePath();
    String name = target.getFileName().toString();
    // Earlier versions named it name.tmp.
    Pattern leftOver =
        Pattern.compile(
            Pattern.quote(name) + "(\\.[0-9a-f]{" + UNIQUE + "})?" + Pattern.quote(ENDING),
            Pattern.DOTALL);
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            target.getParent(),
            f ->
                leftOver.matcher(f.getFileName().toString()).matches()
                    && !Files.isDirectory(f, LinkOption.NOFOLLOW_LINKS))) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | DirectoryIteratorException e) {
      IOException cause = e instanceof IOException io ? io : (IOException) e.getCause();
      throw new UserError(
          "cannot tidy up "
              + target.getParent()
              + " ("
              + IoErrors.reason(cause)
              + "); expected a writable folder, check its permissions",
          e);
    }
  }

  private static void replace(FileChannel channel, Content content, Path temporary, Path target)
      throws IOException {
    boolean done = false;
    try {
      content.writeTo(channel);
      channel.force(true);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      done = true;
    } finally {
      if (!done) {
        Files.deleteIfExists(temporary);
      }
    }
  }

  /**
   * Makes the rename itself survive a power cut. Some file systems cannot force a folder; the file
   * is complete either way.
   */
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // The new file is in place; only its survival of a power cut is less certain.
    }
  }
}
