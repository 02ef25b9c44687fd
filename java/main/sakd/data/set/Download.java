package sakd.data.set;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import sakd.base.EditDistance;
import sakd.base.UserError;
import sakd.io.AtomicFile;
import sakd.io.Checksum;
import sakd.io.IoErrors;

/**
 * Fetches the sets that have a public address. A file grows as {@code NAME.part} and gets its name
 * once its checksum is right; a download that was cut off goes on where it stopped.
 */
public final class Download {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CHUNK = 1 << 16;
  private static final long LINE_EVERY = 5_000_000_000L;

  /** A file of a set. */
  record Part(String address, String md5) {
    String name() {
      return address.substring(address.lastIndexOf('/') + 1);
    }
  }

  private static final String CIFAR = "https://www.cs.toronto.edu/~kriz/";
  private static final String FASHION =
      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/";
  private static final String VOC = "https://thor.robots.ox.ac.uk/pascal/VOC/voc2012/";
  private static final String MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/";

  /** Boxes and masks of the same pictures. */
  private static final Part VOC_2012 =
      new Part(VOC + "VOCtrainval_11-May-2012.tar", "6cd6e144f989b92b3379bac3b3de84fd");

  private static final Map<String, List<Part>> SETS =
      Map.of(
          "cifar10", List.of(archive(CifarLayout.BINARY_10)),
          "cifar100", List.of(archive(CifarLayout.BINARY_100)),
          "fashion-mnist",
              List.of(
                  new Part(
                      FASHION + "train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                  new Part(
                      FASHION + "train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
                  new Part(
                      FASHION + "t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
                  new Part(
                      FASHION + "t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310")),
          "mnist",
              List.of(
                  new Part(
                      MNIST + "train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
                  new Part(
                      MNIST + "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
                  new Part(MNIST + "t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
                  new Part(
                      MNIST + "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c")),
          "voc", List.of(VOC_2012),
          "voc-seg", List.of(VOC_2012));

  private Download() {}

  private static Part archive(CifarLayout layout) {
    return new Part(CIFAR + layout.archive, layout.archiveMd5);
  }

  /** The sets that can be fetched. */
  public static List<String> names() {
    return SETS.keySet().stream().sorted().toList();
  }

  /**
   * Fetches every file of a set that is not there yet.
   *
   * @param name one of {@link #names}
   * @param folder where to; created if need be
   * @param progress hears a line now and then
   * @throws UserError if there is no such set, or a file cannot be fetched, or has another checksum
   */
  public static void fetch(String name, Path folder, Consumer<String> progress) {
    List<Part> parts = SETS.get(name);
    if (DataSources.elsewhere(name) != null) {
      throw new UserError(
          name
              + " cannot be downloaded by this command; expected one of "
              + String.join(", ", names())
              + ", get "
              + DataSources.elsewhere(name)
              + " and put it, unpacked, in "
              + folder);
    }
    if (parts == null) {
      throw new UserError(
          "no public address for "
              + name
              + " is known; expected one of "
              + String.join(", ", names())
              + ", did you mean "
              + EditDistance.nearest(name, names())
              + "?");
    }
    fetch(parts, folder, PATIENCE, progress);
  }

  /**
   * Fetches every file that is not there yet.
   *
   * @param patience how long to wait for a server that sends nothing
   */
  static void fetch(List<Part> parts, Path folder, Duration patience, Consumer<String> progress) {
    for (Part part : parts) {
      Path file = folder.resolve(part.name());
      try {
        Files.createDirectories(folder);
        if (Files.exists(file)) {
          requirePublished(part, file);
          progress.accept(file + " is there already");
        } else {
          fetch(part, file, patience, progress);
        }
        if (part.name().endsWith(".tar")) { // Masks are read from folders alone.
          progress.accept("unpack it to use it: tar -xf " + file + " -C " + folder);
        }
      } catch (IOException e) {
        throw new UserError(
            "cannot fetch "
                + part.address
                + " ("
                + IoErrors.reason(e)
                + "); expected a connection and free space in "
                + folder
                + ", run the same command again to go on",
            e);
      }
    }
  }

  private static void requirePublished(Part part, Path file) throws IOException {
    String found = Files.isDirectory(file) ? "of a folder" : Checksum.md5(file);
    if (!found.equals(part.md5)) {
      throw new UserError(
          file
              + " is there already but is not the published file: its MD5 is "
              + found
              + "; expected "
              + part.md5
              + ", move it away and run the same command again");
    }
  }

  private static void fetch(Part part, Path file, Duration patience, Consumer<String> progress)
      throws IOException {
    Path partial = file.resolveSibling(part.name() + ".part");
    boolean resumed = Files.exists(partial) && Files.size(partial) > 0;
    boolean complete = transfer(part, partial, true, patience, progress);
    if (resumed && complete && !published(part, partial)) {
      // The bytes before may be damaged, or of another file.
      complete = transfer(part, partial, false, patience, progress);
    }
    if (!published(part, partial)) {
      if (!complete) {
        throw new IOException(
            "the server stopped after "
                + megabytes(Files.size(partial))
                + " MB, which is not the file; if it does so again, delete "
                + partial);
      }
      String found = Checksum.md5(partial);
      Files.delete(partial);
      throw new UserError(
          part.address
              + " has the MD5 "
              + found
              + "; expected "
              + part.md5
              + " as published, it was deleted, fetch it again or from another network");
    }
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    progress.accept(file + ": " + Files.size(file) + " bytes, checksum as published");
  }

  private static boolean published(Part part, Path file) throws IOException {
    return Checksum.md5(file).equals(part.md5);
  }

  /**
   * Fetches what is missing.
   *
   * @param goOn whether after what is there, or from the start
   * @return whether the server has no more; false if it did not say how much there is
   */
  private static boolean transfer(
      Part part, Path partial, boolean goOn, Duration patience, Consumer<String> progress)
      throws IOException {
    long have = goOn && Files.exists(partial) ? Files.size(partial) : 0;
    try (RemoteFile remote = RemoteFile.open(part.address, have, patience)) {
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
    return transfer(part, partial, false, patience, progress);
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
