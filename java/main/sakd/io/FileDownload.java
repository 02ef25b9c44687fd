package sakd.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import sakd.base.UserError;

/**
 * Fetches a published file. It grows as {@code NAME.part} and gets its name once its checksum is
 * right; a download that was cut off goes on where it stopped.
 */
public final class FileDownload {
  /** How long to wait for a server that sends nothing. */
  public static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final int CHUNK = 1 << 16;
  private static final long LINE_EVERY = 5_000_000_000L;

  private FileDownload() {}

  /**
   * Fetches a file if it is not there yet.
   *
   * @param folder where to; created if need be
   * @param patience how long to wait for a server that sends nothing
   * @param progress hears a line now and then
   * @throws UserError if it cannot be fetched or has another checksum, or another file is there
   */
  public static void fetch(
      PublishedFile published, Path folder, Duration patience, Consumer<String> progress) {
    Path file = folder.resolve(published.name());
    try {
      Files.createDirectories(folder);
      if (Files.exists(file)) {
        requirePublished(published, file);
        progress.accept(file + " is there already");
      } else {
        fetchNew(published, file, patience, progress);
      }
    } catch (IOException e) {
      throw new UserError(
          "cannot fetch "
              + published.address()
              + " ("
              + IoErrors.reason(e)
              + "); expected a connection and free space in "
              + folder
              + ", run the same command again to go on",
          e);
    }
  }

  private static void requirePublished(PublishedFile published, Path file) throws IOException {
    String found = Files.isDirectory(file) ? "of a folder" : published.checksumOf(file);
    if (!published.is(found)) {
      throw new UserError(
          file
              + " is there already but is not the published file: its "
              + published.algorithm().title
              + " is "
              + found
              + "; expected "
              + published.expected()
              + ", move it away and run the same command again");
    }
  }

  private static void fetchNew(
      PublishedFile published, Path file, Duration patience, Consumer<String> progress)
      throws IOException {
    Path partial = file.resolveSibling(published.name() + ".part");
    boolean resumed = Files.exists(partial) && Files.size(partial) > 0;
    boolean complete = transfer(published, partial, true, patience, progress);
    if (resumed && complete && !isWhole(published, partial)) {
      // The bytes before may be damaged, or of another file.
      complete = transfer(published, partial, false, patience, progress);
    }
    if (!isWhole(published, partial)) {
      if (!complete) {
        throw new IOException(
            "the server stopped after "
                + megabytes(Files.size(partial))
                + " MB, which is not the file; if it does so again, delete "
                + partial);
      }
      String found = published.checksumOf(partial);
      Files.delete(partial);
      throw new UserError(
          published.address()
              + " has the "
              + published.algorithm().title
              + " "
              + found
              + "; expected "
              + published.expected()
              + " as published, it was deleted, fetch it again or from another network");
    }
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    progress.accept(file + ": " + Files.size(file) + " bytes, checksum as published");
  }

  private static boolean isWhole(PublishedFile published, Path file) throws IOException {
    return published.is(published.checksumOf(file));
  }

  /**
   * Fetches what is missing.
   *
   * @param goOn whether after what is there, or from the start
   * @return whether the server has no more; false if it did not say how much there is
   */
  private static boolean transfer(
      PublishedFile published,
      Path partial,
      boolean goOn,
      Duration patience,
      Consumer<String> progress)
      throws IOException {
    long have = goOn && Files.exists(partial) ? Files.size(partial) : 0;
    try (RemoteFile remote = RemoteFile.open(published.address(), have, patience)) {
      if (remote.atEnd()) {
        return true;
      }
      if (remote.from() == have || remote.from() == 0) {
        return receive(remote, partial, have == 0, progress);
      }
    }
    if (have == 0) {
      throw new IOException("the server sends a different part of the file");
    }
    return transfer(published, partial, false, patience, progress);
  }

  /** Writes what comes; bytes of before stay until others have come in their place. */
  private static boolean receive(
      RemoteFile remote, Path partial, boolean anew, Consumer<String> progress) throws IOException {
    byte[] chunk = new byte[CHUNK];
    InputStream in = remote.body();
    int n = remote.read(in, chunk);
    if (remote.from() == 0 && n > 0 && chunk[0] == '<') {
      throw new IOException("the server sends a web page, as networks that require a log-in do");
    }
    try (FileChannel out =
        FileChannel.open(partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      if (anew) {
        out.truncate(0);
      }
      out.position(remote.from());
      long said = System.nanoTime();
      for (; n >= 0; n = remote.read(in, chunk)) {
        AtomicFile.writeFully(out, ByteBuffer.wrap(chunk, 0, n));
        if (System.nanoTime() - said > LINE_EVERY) {
          said = System.nanoTime();
          progress.accept(
              partial + ": " + megabytes(out.position()) + " of " + total(remote) + " MB");
        }
      }
      long received = out.position() - remote.from();
      if (remote.length() > received) {
        throw new IOException(
            "the connection ended after "
                + megabytes(out.position())
                + " of "
                + total(remote)
                + " MB");
      }
      if (remote.length() >= 0) {
        out.truncate(out.position());
      }
      out.force(true);
    }
    return remote.length() >= 0;
  }

  private static String total(RemoteFile remote) {
    return remote.length() < 0 ? "?" : megabytes(remote.from() + remote.length());
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / 1e6);
  }
}
