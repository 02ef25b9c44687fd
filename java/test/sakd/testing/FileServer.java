package sakd.testing;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A web server of files on this machine, in the place of the public ones. */
public final class FileServer implements AutoCloseable {
  private final Map<String, byte[]> served = new ConcurrentHashMap<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private volatile boolean ranges = true;

  public FileServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String range = exchange.getRequestHeaders().getFirst("Range");
          String name = exchange.getRequestURI().getPath().substring(1);
          asked.add(range == null ? name : name + " " + range);
          byte[] content = served.get(name);
          int status = content == null ? 404 : 200;
          if (content != null && range != null && ranges) {
            int from = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
            status = from >= content.length ? 416 : 206;
            content = Arrays.copyOfRange(content, Math.min(from, content.length), content.length);
          }
          try (exchange) {
            boolean empty = content == null || content.length == 0;
            exchange.sendResponseHeaders(status, empty ? -1 : content.length);
            if (!empty) {
              exchange.getResponseBody().write(content);
            }
          }
        });
    server.start();
  }

  /** Serves a file. */
  public void put(String name, byte[] content) {
    served.put(name, content);
  }

  /** What was asked for so far: names, with the range if there was one. */
  public List<String> asked() {
    return asked;
  }

  /** Answers with the whole file from now on, whatever part is asked for. */
  public void ignoreRanges() {
    ranges = false;
  }

  /** The address of a file. */
  public String address(String name) {
    String host = server.getAddress().getAddress().getHostAddress();
    return "http://" + host + ":" + server.getAddress().getPort() + "/" + name;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
