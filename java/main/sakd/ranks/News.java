package sakd.ranks;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * What has become of a process, for which the others end.
 *
 * @param rank of the process; that of the first, if there are several
 * @param text who and what, without how to go on; for {@link Kind#FAILED}, {@code detail} is in it
 * @param detail the message of the error, if there was one
 * @param code which the others end with
 */
record News(Kind kind, int rank, String text, String detail, int code) {
  /** What can happen. */
  enum Kind {
    /** It is gone without a word. */
    ENDED,
    /** It does not come to where the others wait. */
    BEHIND,
    /** It met an error of its own. */
    FAILED,
    /** It was told to end by a signal. */
    STOPPED
  }

  private static final int OURS = 1;

  static News ended(Peer peer) {
    return new News(Kind.ENDED, peer.rank(), peer + " has ended before the others", "", OURS);
  }

  static News behind(int rank, String text) {
    return new News(Kind.BEHIND, rank, text, "", OURS);
  }

  static News failed(Peer peer, String detail) {
    return new News(
        Kind.FAILED, peer.rank(), peer + " has ended with an error: " + detail, detail, OURS);
  }

  static News stopped(Peer peer, int code) {
    return new News(Kind.STOPPED, peer.rank(), "stopped by a signal to " + peer, "", code);
  }

  void writeTo(DataOutputStream out) throws IOException {
    out.writeByte(kind.ordinal());
    out.writeInt(rank);
    bytes(out, text);
    bytes(out, detail);
    out.writeInt(code);
  }

  static News readFrom(DataInputStream in) throws IOException {
    return new News(
        Kind.values()[in.readUnsignedByte()], in.readInt(), text(in), text(in), in.readInt());
  }

  /** A message may be longer than writeUTF takes. */
  private static void bytes(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }
}
