package sakd.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;
import sakd.base.UserError;
import sakd.io.AtomicFile;
import sakd.io.IoErrors;
import sakd.io.Protobuf;

/**
 * An event file that TensorBoard reads: {@code events.out.tfevents.SECONDS.sakd.PID}, then with
 * {@code .2}, {@code .3} ... at the end, records of a protocol buffer {@code Event} each.
 *
 * <p>A record is its length (uint64), the length's checksum, the bytes and their checksum, little-
 * endian. Checksums are CRC-32C, masked: rotated right by 15 bits, plus 0xa282ead8. Every record is
 * handed to the system at once, so a killed run leaves at most one cut-off record, before which
 * TensorBoard stops reading.
 */
public final class TensorBoardWriter implements AutoCloseable {
  /** Values are gathered in as many buckets of equal width. */
  private static final int BUCKETS = 30;

  private final Path path;
  private final FileChannel channel;

  /**
   * Starts a new event file in a folder, which is made if it is not there.
   *
   * @param firstStep of the values to come: what older files of the folder say of this step and
   *     later ones was undone, and is not shown
   * @throws UserError if the file cannot be made
   */
  public TensorBoardWriter(Path folder, long firstStep) {
    long seconds = System.currentTimeMillis() / 1000;
    String name = "events.out.tfevents." + seconds + ".sakd." + ProcessHandle.current().pid();
    Path file = folder.resolve(name);
    // Behind a record that was cut off, nothing would be read.
    for (int i = 2; Files.exists(file); i++) {
      file = folder.resolve(name + "." + i);
    }
    path = file;
    try {
      Files.createDirectories(folder);
      channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw unwritable(e);
    }
    write(event(0).text(3, "brain.Event:2"));
    int start = 1;
    write(event(firstStep).message(7, new Protobuf().integer(1, start)));
  }

  /** A number, as a point of the curve {@code tag}. */
  public void scalar(String tag, double value, long step) {
    summary(step, value(tag).real32(2, (float) value));
  }

  /** The distribution of values; those that are not finite are left out. */
  public void histogram(String tag, float[] values, long step) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double squares = 0;
    long count = 0;
    for (float v : values) {
      if (Float.isFinite(v)) {
        min = Math.min(min, v);
        max = Math.max(max, v);
        sum += v;
        squares += (double) v * v;
        count++;
      }
    }
    if (count == 0) {
      return;
    }
    double width = (max - min) / BUCKETS;
    double[] limits = new double[width > 0 ? BUCKETS : 1];
    double[] counts = new double[limits.length];
    for (int i = 0; i < limits.length - 1; i++) {
      limits[i] = min + (i + 1) * width;
    }
    limits[limits.length - 1] = max;
    for (float v : values) {
      if (Float.isFinite(v)) {
        int bucket = width > 0 ? (int) ((v - min) / width) : 0;
        counts[Math.min(bucket, counts.length - 1)]++;
      }
    }
    Protobuf histogram =
        new Protobuf()
            .real64(1, min)
            .real64(2, max)
            .real64(3, (double) count)
            .real64(4, sum)
            .real64(5, squares)
            .packed(6, limits)
            .packed(7, counts);
    summary(step, value(tag).message(5, histogram));
  }

  /**
   * A picture.
   *
   * @param png its file
   */
  public void image(String tag, byte[] png, int width, int height, int channels, long step) {
    Protobuf image =
        new Protobuf().integer(1, height).integer(2, width).integer(3, channels).bytes(4, png);
    summary(step, value(tag).message(4, image));
  }

  /** A text in Markdown. */
  public void text(String tag, String markdown, long step) {
    int dtString = 7;
    Protobuf oneElement = new Protobuf().message(2, new Protobuf().integer(1, 1));
    Protobuf tensor = new Protobuf().integer(1, dtString).message(2, oneElement).text(8, markdown);
    Protobuf plugin = new Protobuf().message(1, new Protobuf().text(1, "text"));
    summary(step, value(tag).message(9, plugin).message(8, tensor));
  }

  /**
   * Begins what the tab HPARAMS shows as a row: a session with settings and, of the folder, the
   * last points of curves.
   *
   * @param settings a {@link Boolean}, a {@link Number}, or what is shown as text, by name
   */
  public void sessionStart(Map<String, Object> settings, long step) {
    Protobuf info = new Protobuf();
    settings.forEach(
        (name, value) -> info.message(1, new Protobuf().text(1, name).message(2, value(value))));
    hparams("session_start_info", 3, info.real64(5, seconds()), step);
  }

  /** Ends the session: all went well. */
  public void sessionEnd(long step) {
    int success = 1;
    Protobuf info = new Protobuf().integer(1, success).real64(2, seconds());
    hparams("session_end_info", 4, info, step);
  }

  /** A {@code google.protobuf.Value}. */
  private static Protobuf value(Object value) {
    Protobuf one = new Protobuf();
    if (value instanceof Number n) {
      return one.real64(2, n.doubleValue());
    }
    return value instanceof Boolean b ? one.integer(4, b ? 1 : 0) : one.text(3, value.toString());
  }

  /**
   * An {@code HParamsPluginData} with one field set, which is in the metadata of an empty value.
   */
  private void hparams(String tag, int field, Protobuf info, long step) {
    Protobuf plugin =
        new Protobuf()
            .text(1, "hparams")
            .message(2, new Protobuf().integer(1, 0).message(field, info));
    Protobuf metadata = new Protobuf().message(1, plugin);
    summary(step, value("_hparams_/" + tag).message(9, metadata));
  }

  private static double seconds() {
    return System.currentTimeMillis() / 1000.0;
  }

  private void summary(long step, Protobuf value) {
    write(event(step).message(5, new Protobuf().message(1, value)));
  }

  private static Protobuf event(long step) {
    return new Protobuf().real64(1, seconds()).integer(2, step);
  }

  private static Protobuf value(String tag) {
    return new Protobuf().text(1, tag);
  }

  private void write(Protobuf event) {
    byte[] data = event.bytes();
    ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedCrc(record.array(), Long.BYTES));
    record.put(data).putInt(maskedCrc(data, data.length)).flip();
    try {
      AtomicFile.writeFully(channel, record);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static int maskedCrc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  private UserError unwritable(IOException e) {
    return new UserError(
        "cannot write "
            + path
            + " ("
            + IoErrors.reason(e)
            + "); expected a writable folder with free space, free some",
        e);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }
}
