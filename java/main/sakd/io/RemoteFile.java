package sakd.io;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bytes of a file on a web server from some place on. A server is waited for only so long, for
 * an answer and for each piece of one; nothing that it says is believed that could do harm.
 */
final class RemoteFile implements AutoCloseable {
  private static final int MOST_REDIRECTS = 10;
  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int RANGE_NOT_SATISFIABLE = 416;
  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-.*");

  private final HttpURLConnection connection;
  private final Duration patience;
  private final long from;
  private final boolean atEnd;
  private long received;

  private RemoteFile(HttpURLConnection connection, Duration patience, long from, boolean atEnd) {
    this.connection = connection;
    this.patience = patience;
    this.from = from;
    this.atEnd = atEnd;
  }

  /**
   * Asks for a file, which redirects may lead elsewhere, but never from https to anything else.
   *
   * @param wanted the first byte; a server that cannot go on there sends everything
   * @throws IOException if there is no such file, or no such server
   */
  static RemoteFile open(String address, long wanted, Duration patience) throws IOException {
    String next = address;
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      HttpURLConnection connection = connect(next, wanted, patience);
      int status = status(connection, patience);
      switch (status) {
        case OK -> {
          return new RemoteFile(connection, patience, 0, false);
        }
        case PARTIAL -> {
          return new RemoteFile(connection, patience, first(connection, wanted), false);
        }
        case 301, 302, 303, 307, 308 -> {
          connection.disconnect();
          next = redirected(next, connection.getHeaderField("Location"));
        }
        default -> {
          if (status == RANGE_NOT_SATISFIABLE && wanted > 0) {
            return new RemoteFile(connection, patience, wanted, true);
          }
          connection.disconnect();
          throw new IOException(
              status < 0 ? "the server does not speak HTTP" : "the server answers " + status);
        }
      }
    }
    throw new IOException("the server redirects more than " + MOST_REDIRECTS + " times");
  }

  private static HttpURLConnection connect(String address, long wanted, Duration patience)
      throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
    connection.setConnectTimeout((int) patience.toMillis());
    connection.setReadTimeout((int) patience.toMillis());
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setRequestProperty("Accept-Encoding", "identity");
    if (wanted > 0) {
      connection.setRequestProperty("Range", "bytes=" + wanted + "-");
    }
    return connection;
  }

  private static int status(HttpURLConnection connection, Duration patience) throws IOException {
    try {
      return connection.getResponseCode();
    } catch (IOException e) {
      throw told(e, patience);
    } catch (RuntimeException e) {
      // What the library did not expect of a server.
      throw new IOException("the server's answer is not HTTP", e);
    }
  }

  /** Where a part begins, by the server's word; a part of no place begins where it was asked. */
  private static long first(HttpURLConnection connection, long wanted) {
    String range = connection.getHeaderField("Content-Range");
    Matcher numbers = CONTENT_RANGE.matcher(range == null ? "" : range.strip());
    return numbers.matches() ? Long.parseLong(numbers.group(1)) : wanted;
  }

  private static String redirected(String address, String location) throws IOException {
    try {
      URI from = URI.create(address);
      URI to = from.resolve(new URI(location == null ? "" : location));
      boolean web = "https".equals(to.getScheme()) || from.getScheme().equals(to.getScheme());
      if (location != null && web && to.getHost() != null) {
        return to.toString();
      }
    } catch (URISyntaxException e) {
      // Told as any other.
    }
    throw new IOException(
        "the server redirects to "
            + (location == null ? "no address" : "'" + location + "'")
            + ", where nothing is fetched from");
  }

  /** Where the bytes begin in the file: where they were asked for, or at 0, or elsewhere. */
  long from() {
    return from;
  }

  /** Whether the server has no more than what was asked to go on after. */
  boolean atEnd() {
    return atEnd;
  }

  /** How many bytes follow, by the server's word; -1 if it gives none. */
  long length() {
    return Math.max(-1, connection.getContentLengthLong());
  }

  /** The bytes, which {@link #close} gives up. */
  InputStream body() throws IOException {
    try {
      return connection.getInputStream();
    } catch (IOException e) {
      throw told(e, patience);
    }
  }

  /** Some of the bytes, none beyond their length; -1 at the end, which may come too early. */
  int read(InputStream body, byte[] chunk) throws IOException {
    long most = length() < 0 ? chunk.length : Math.min(chunk.length, length() - received);
    if (most == 0) {
      return -1;
    }
    try {
      int n = body.read(chunk, 0, (int) most);
      received += Math.max(0, n);
      return n;
    } catch (IOException e) {
      throw told(e, patience);
    }
  }

  private static IOException told(IOException e, Duration patience) {
    String reason =
        e instanceof SocketTimeoutException
            ? "the server sends nothing for " + patience.toMillis() / 1000.0 + " s"
            : e instanceof UnknownHostException
                ? "no server of that name is found"
                : "Premature EOF".equals(e.getMessage())
                    ? "the connection ended"
                    : IoErrors.reason(e);
    return new IOException(reason, e);
  }

  /** Closes the connection too: what is left over of one answer is not to be read as the next. */
  @Override
  public void close() {
    connection.disconnect();
  }
}
