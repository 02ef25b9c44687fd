package sakd.ranks;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import sakd.base.Version;

/**
 * A process as the others know it.
 *
 * @param program its version, which all have to share
 * @param job what tells its job from others
 * @param host the name of its machine, for people
 * @param machine what tells its machine from others
 * @param processors those that it may run on: {@code 0-3,8}
 */
record Peer(
    String program,
    String job,
    int rank,
    int size,
    String host,
    long process,
    String machine,
    String processors) {
  /** Opens every greeting; spells SAKDrank. */
  private static final long MAGIC = 0x53414b4472616e6bL;

  /** This process. */
  static Peer self(Launch launch) {
    return new Peer(
        Version.text(),
        job(launch),
        launch.rank(),
        launch.size(),
        hostName(),
        ProcessHandle.current().pid(),
        line("/proc/sys/kernel/random/boot_id", ""),
        line("/proc/self/status", "Cpus_allowed_list:"));
  }

  /**
   * Launchers do not name every job, but two on a machine have different ports; looking for rank 0
   * at the next ports too, a process may meet that of another.
   */
  private static String job(Launch launch) {
    return launch.job() + launch.master().map(master -> ":" + master.port()).orElse("");
  }

  /** For people: {@code rank 2 (node3, process 4711)}. */
  @Override
  public String toString() {
    return "rank " + rank + " (" + host + ", process " + process + ")";
  }

  /** Why the other is not one of these processes; empty if it is. */
  String differs(Peer other) {
    if (!other.job.equals(job)) {
      return "it belongs to another job";
    }
    if (!other.program.equals(program)) {
      return "it is sakd " + other.program + " and not " + program;
    }
    return other.size == size ? "" : "it is one of " + other.size + " and not of " + size;
  }

  void writeTo(DataOutputStream out) throws IOException {
    out.writeLong(MAGIC);
    out.writeUTF(program);
    out.writeUTF(job);
    out.writeInt(rank);
    out.writeInt(size);
    out.writeUTF(host);
    out.writeLong(process);
    out.writeUTF(machine);
    out.writeUTF(processors);
  }

  static Peer readFrom(DataInputStream in) throws IOException {
    if (in.readLong() != MAGIC) {
      throw new IOException("no greeting of this program");
    }
    return new Peer(
        in.readUTF(),
        in.readUTF(),
        in.readInt(),
        in.readInt(),
        in.readUTF(),
        in.readLong(),
        in.readUTF(),
        in.readUTF());
  }

  private static String hostName() {
    String name = line("/proc/sys/kernel/hostname", "");
    if (!name.isEmpty()) {
      return name;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "a machine without a name";
    }
  }

  /** What follows the word at the start of a line of the file; empty if there is none. */
  private static String line(String file, String word) {
    try {
      return Files.readAllLines(Path.of(file)).stream()
          .filter(l -> l.startsWith(word))
          .findFirst()
          .map(l -> l.substring(word.length()).strip())
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }
}
