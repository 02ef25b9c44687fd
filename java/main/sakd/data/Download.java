package sakd.data;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
import sakd.io.EditDistance;
import sakd.io.IoErrors;
import sakd.io.UserError;

/**
 * Fetches the sets that have a public address. A file grows as {@code NAME.part} and gets its name
 * once its checksum is right; a download that was cut off goes on where it stopped.
 */
public final class Download {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int CHUNK = 1 << 16;
  private static final long LINE_EVERY = 5_000_000_000L;
  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int RANGE_NOT_SATISFIABLE = 416;

  /** A file of a set. */
  record Part(String address, String md5) {
    String name() {
      return address.substring(address.lastIndexOf('/') + 1);
    }
  }

  private static final String CIFAR = "https://www.cs.toronto.edu/~kriz/";
  private static final String FASHION =
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/";
  private static final String MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/";

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
                      MNIST + "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c")));

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
    if (parts == null) {
      throw new UserError(
          "no public address of "
              + name
              + " is known; expected one of "
              + String.join(", ", names())
              + ", did you mean "
              + EditDistance.nearest(name, names())
              + "?");
    }
    fetch(parts, folder, progress);
  }

  /** Fetches every file that is not there yet. */
  static void fetch(List<Part> parts, Path folder, Consumer<String> progress) {
    HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    for (Part part : parts) {
      Path file = folder.resolve(part.name());
      try {
        Files.createDirectories(folder);
        if (Files.exists(file)) {
          progress.accept(file + " is there already");
          continue;
        }
        fetch(client, part, file, progress);
      } catch (IOException | URISyntaxException e) {
        throw new UserError(
            "cannot fetch "
                + part.address
                + " ("
                + (e instanceof IOException io ? IoErrors.reason(io) : e.getMessage())
                + "); expected a connection and free space in "
                + folder
                + ", run the same command again to go on",
            e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new UserError("stopped while fetching " + file + "; run the same command again", e);
      }
    }
  }

  private static void fetch(HttpClient client, Part part, Path file, Consumer<String> progress)
      throws IOException, URISyntaxException, InterruptedException {
    Path partial = file.resolveSibling(part.name() + ".part");
    long have = Files.exists(partial) ? Files.size(partial) : 0;
    HttpRequest.Builder request = HttpRequest.newBuilder(new URI(part.address));
    if (have > 0) {
      request.header("Range", "bytes=" + have + "-");
    }
    HttpResponse<InputStream> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream in = response.body()) {
      int status = response.statusCode();
      if (status != OK && status != PARTIAL && status != RANGE_NOT_SATISFIABLE) {
        throw new IOException("the server answers " + status);
      }
      // A server that cannot go on sends everything; one that has no more, nothing.
      if (status != RANGE_NOT_SATISFIABLE) {
        append(in, partial, status == PARTIAL ? have : 0, response, progress);
      }
    }
    String found = Checksum.md5(partial);
    if (!found.equals(part.md5)) {
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

  private static void append(
      InputStream in, Path partial, long from, HttpResponse<?> response, Consumer<String> progress)
      throws IOException {
    long expected = response.headers().firstValueAsLong("Content-Length").orElse(-1);
    String total = expected < 0 ? "?" : megabytes(from + expected);
    try (FileChannel out =
        FileChannel.open(partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.truncate(from).position(from);
      byte[] chunk = new byte[CHUNK];
      long said = System.nanoTime();
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, n);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        if (System.nanoTime() - said > LINE_EVERY) {
          said = System.nanoTime();
          progress.accept(partial + ": " + megabytes(out.position()) + " of " + total + " MB");
        }
      }
      out.force(true);
    }
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / 1e6);
  }
}
