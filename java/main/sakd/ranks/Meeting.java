package sakd.ranks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Where rank 0 listens and the others look for it: at one of a few ports from the one they were all
 * told. The first may be taken: torchrun's own store listens there.
 */
record Meeting(List<String> hosts, int port) {
  private static final int PORTS = 16;
  private static final int CONNECT_MS = 5_000;
  private static final int GREETING_MS = 3_000;
  private static final int AGAIN_MS = 100;
  private static final String LOOPBACK = "127.0.0.1";

  /** A link to rank 0 and who that is. */
  record Found(Link link, Peer first) {}

  static Meeting at(Launch.Master master) {
    return new Meeting(List.of(master.host()), master.port());
  }

  /** Rank 0's socket at one of the ports. */
  ServerSocket listen() throws IOException {
    InetAddress here = isLoopback(hosts.get(0)) ? InetAddress.getLoopbackAddress() : null;
    IOException last = null;
    for (int p = port; p < port + PORTS && p < 65536; p++) {
      ServerSocket socket = new ServerSocket();
      try {
        socket.bind(new InetSocketAddress(here, p));
        return socket;
      } catch (IOException e) {
        socket.close();
        last = e;
      }
    }
    throw new IOException("ports " + port + " to " + (port + PORTS - 1) + " are taken", last);
  }

  private static boolean isLoopback(String host) {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
  }

  /** A socket at any port, on this machine alone or for all. */
  static ServerSocket anywhere(boolean onlyHere) throws IOException {
    return onlyHere
        ? new ServerSocket(0, 0, InetAddress.getLoopbackAddress())
        : new ServerSocket(0);
  }

  /** What others have to know of it: the port and the addresses of this machine. */
  static String describe(ServerSocket socket, boolean onlyHere) throws IOException {
    List<String> words = new ArrayList<>(List.of(Integer.toString(socket.getLocalPort())));
    if (onlyHere) {
      words.add(LOOPBACK);
    } else {
      for (NetworkInterface card : NetworkInterface.networkInterfaces().toList()) {
        if (card.isUp() && !card.isLoopback()) {
          card.inetAddresses().map(InetAddress::getHostAddress).forEach(words::add);
        }
      }
      words.add(LOOPBACK);
    }
    return String.join(" ", words);
  }

  /** Of what {@link #describe} says. */
  static Meeting of(String description) {
    List<String> words = List.of(description.split(" "));
    return new Meeting(words.subList(1, words.size()), Integer.parseInt(words.get(0)));
  }

  /**
   * Looks for rank 0 until it answers.
   *
   * @throws TimeoutException that says where it was looked for and what was met last
   */
  Found find(Peer self, long seconds) throws TimeoutException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    String met = "";
    while (System.nanoTime() < end) {
      for (String host : hosts) {
        for (int p = port; p < port + PORTS && p < 65536; p++) {
          try {
            return greet(self, host, p);
          } catch (UnknownHostException e) {
            met = "there is no machine of this name";
          } catch (IOException e) {
            met = met.contains("because") ? met : String.valueOf(e.getMessage());
          }
        }
      }
      World.sleep(AGAIN_MS);
    }
    throw new TimeoutException(
        "rank 0 cannot be reached at "
            + hosts.get(0)
            + ":"
            + port
            + " within "
            + seconds
            + " s (--comm-timeout): "
            + met);
  }

  private static Found greet(Peer self, String host, int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, port), CONNECT_MS);
      Link link = new Link(socket);
      link.patience(GREETING_MS);
      link.send(Link.Kind.HELLO, self::writeTo);
      Link.Message answer = link.read();
      if (answer.kind() == Link.Kind.REFUSED) {
        throw new IOException(
            "the program at port " + port + " refused, because " + answer.open().readUTF());
      }
      Peer first = Peer.readFrom(answer.open());
      return new Found(link, first);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e instanceof IOException io ? io : new IOException(e);
    }
  }
}
