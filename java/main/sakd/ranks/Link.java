package sakd.ranks;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;

/**
 * A connection between rank 0 and another process. A message is its kind, the length of what it
 * says, and that; one thread reads, any may send.
 */
final class Link implements AutoCloseable {
  /** Longer ones are not of this program. */
  private static final int LONGEST = 1 << 28;

  /** What is said; the order is that of the wire. */
  enum Kind {
    /** The other process's {@link Peer}. */
    HELLO,
    /** Answers it: that of rank 0. */
    WELCOME,
    /** Answers it too: why the other is not wanted. */
    REFUSED,
    /** All have come: how many processors are the other's share. */
    START,
    /** {@link World#broadcast}'s bytes. */
    DATA,
    /** How many collectives the sender has begun and ended. */
    PULSE,
    /** What has become of a process. */
    NEWS,
    /** The sender has done its work. */
    GOODBYE
  }

  /** One message. */
  record Message(Kind kind, byte[] body) {
    DataInputStream open() {
      return new DataInputStream(new ByteArrayInputStream(body));
    }
  }

  /** Writes what a message says. */
  @FunctionalInterface
  interface Body {
    void writeTo(DataOutputStream out) throws IOException;
  }

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  Link(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setKeepAlive(true);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
  }

  /** How long {@link #read} waits at most; 0 for ever. */
  void patience(int milliseconds) throws IOException {
    socket.setSoTimeout(milliseconds);
  }

  void send(Kind kind, Body body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    body.writeTo(new DataOutputStream(bytes));
    synchronized (out) {
      out.writeByte(kind.ordinal());
      out.writeInt(bytes.size());
      bytes.writeTo(out);
      out.flush();
    }
  }

  /** The same, where whoever reads from the connection learns that it is gone. */
  void offer(Kind kind, Body body) {
    try {
      send(kind, body);
    } catch (IOException e) {
      // The reader says so.
    }
  }

  /**
   * The next message.
   *
   * @throws java.net.SocketTimeoutException if none has begun in time
   * @throws java.io.EOFException at the end
   */
  Message read() throws IOException {
    int kind = in.readUnsignedByte();
    int length = in.readInt();
    if (kind >= Kind.values().length || length < 0 || length > LONGEST) {
      throw new IOException("no message of this program");
    }
    return new Message(Kind.values()[kind], in.readNBytes(length));
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing was to come from it.
    }
  }
}
