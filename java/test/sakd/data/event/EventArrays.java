package sakd.data.event;

import static sakd.data.event.EventFiles.array;
import static sakd.data.event.EventFiles.ascii;
import static sakd.data.event.EventFiles.buffer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntToLongFunction;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Sinks;

/** Writes small recordings as arrays: NumPy's .npz and .npy, and MATLAB's .mat. */
public final class EventArrays {
  private EventArrays() {}

  /** SpikingJelly's vectors; t as int64, x as uint16, y as int16, p as bool. */
  public static Path npz(Path file, Events events) throws IOException {
    return zip(file, vectors(events));
  }

  /** The entries of {@link #npz}. */
  static Map<String, byte[]> vectors(Events events) {
    int n = events.size();
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("t.npy", npy("'<i8'", "(" + n + ",)", numbers(n, 8, events::time)));
    entries.put("x.npy", npy("'<u2'", "(" + n + ",)", numbers(n, 2, events::x)));
    entries.put("y.npy", npy("'<i2'", "(" + n + ",)", numbers(n, 2, events::y)));
    entries.put("p.npy", npy("'|b1'", "(" + n + ",)", numbers(n, 1, i -> events.on(i) ? 1 : 0)));
    return entries;
  }

  /** Vectors of big-endian numbers, times in seconds as float64, polarities -1 and 1. */
  static Path bigEndian(Path file, Events events) throws IOException {
    int n = events.size();
    ByteBuffer t = ByteBuffer.allocate(8 * n);
    ByteBuffer x = ByteBuffer.allocate(2 * n);
    ByteBuffer y = ByteBuffer.allocate(4 * n);
    ByteBuffer p = ByteBuffer.allocate(n);
    for (int i = 0; i < n; i++) {
      t.putDouble(1e-6 * events.time(i));
      x.putShort((short) events.x(i));
      y.putFloat(events.y(i));
      p.put((byte) (events.on(i) ? 1 : -1));
    }
    String shape = "(" + n + ",)";
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("label.npy", npy("'|O'", "()", ascii("pickled")));
    entries.put("timestamp.npy", npy("'>f8'", shape, t.array()));
    entries.put("x.npy", npy("'>u2'", shape, x.array()));
    entries.put("y.npy", npy("'>f4'", "(" + n + ", 1)", y.array()));
    entries.put("polarity.npy", npy("'|i1'", shape, p.array()));
    return zip(file, entries);
  }

  /** One array of records in an .npz, with space between the fields. */
  static Path records(Path file, Events events) throws IOException {
    ByteBuffer rows = buffer(16 * events.size());
    for (int i = 0; i < events.size(); i++) {
      rows.putShort((short) events.x(i)).putShort((short) events.y(i)).putInt(-1);
      rows.putInt((int) events.time(i)).put((byte) (events.on(i) ? 1 : 0)).put(new byte[3]);
    }
    String type =
        "[('x', '<u2'), ('y', '<u2'), ('', '|V4'), ('ts', '<u4'), ('pol', '|b1'), ('', '|V3')]";
    byte[] array = npy(type, "(" + events.size() + ",)", rows.array());
    return zip(file, Map.of("events.npy", array));
  }

  /** An .npy of floats [n, 4]: x, y, p, t. */
  static Path table(Path file, Events events) throws IOException {
    ByteBuffer rows = buffer(16 * events.size());
    for (int i = 0; i < events.size(); i++) {
      rows.putFloat(events.x(i)).putFloat(events.y(i)).putFloat(events.on(i) ? 1 : 0);
      rows.putFloat(events.time(i));
    }
    return Files.write(file, npy("'<f4'", "(" + events.size() + ", 4)", rows.array()));
  }

  /** Little-endian whole numbers of so many bytes. */
  static byte[] numbers(int count, int bytes, IntToLongFunction number) {
    ByteBuffer out = buffer(bytes * count + Long.BYTES);
    for (int i = 0; i < count; i++) {
      out.putLong(bytes * i, number.applyAsLong(i));
    }
    return array(out.limit(bytes * count));
  }

  /** Little-endian floating-point numbers of 8 bytes. */
  static byte[] doubles(int count, IntToDoubleFunction number) {
    return numbers(count, 8, i -> Double.doubleToRawLongBits(number.applyAsDouble(i)));
  }

  /** An array of version 1 in C order. */
  static byte[] npy(String type, String shape, byte[] data) {
    byte[] header =
        ascii("{'descr': " + type + ", 'fortran_order': False, 'shape': " + shape + ", }\n");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("\u0093NUMPY\1\0".getBytes(StandardCharsets.ISO_8859_1));
    out.writeBytes(array(buffer(2).putShort((short) header.length).flip()));
    out.writeBytes(header);
    out.writeBytes(data);
    return out.toByteArray();
  }

  /** An archive of entries by name. */
  static Path zip(Path file, Map<String, byte[]> entries) throws IOException {
    Files.createDirectories(file.getParent());
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
    return file;
  }

  /** ST-MNIST: a column for each moment; events of one time share it. */
  static Path touches(Path file, Events events) throws IOException {
    Matrix train = Mat5.newMatrix(101, events.size());
    for (int i = 0; i < events.size(); i++) {
      train.setDouble(10 * events.y(i) + events.x(i), i, events.on(i) ? 1 : -1);
      train.setDouble(100, i, (double) events.time(i) * 1e-6);
    }
    return mat(file, "spiketrain", train);
  }

  /** CIFAR10-DVS by dat2mat. */
  public static Path dat2mat(Path file, Events events) throws IOException {
    Matrix rows = Mat5.newMatrix(events.size(), 6);
    for (int i = 0; i < events.size(); i++) {
      rows.setDouble(i, 0, (double) events.time(i));
      rows.setDouble(i, 3, events.x(i));
      rows.setDouble(i, 4, events.y(i));
      rows.setDouble(i, 5, events.on(i) ? 1 : -1);
    }
    return mat(file, "out1", rows);
  }

  /** Vectors in a struct that is not packed, behind a cell. */
  static Path struct(Path file, Events events) throws IOException {
    try (var sink = Sinks.newStreamingFile(file.toFile())) {
      Mat5.newWriter(sink)
          .setDeflateLevel(Deflater.NO_COMPRESSION)
          .writeMat(
              Mat5.newMatFile()
                  .addArray("notes", Mat5.newCell(1, 1).set(0, Mat5.newString("of a cell")))
                  .addArray(
                      "TD",
                      Mat5.newStruct()
                          .set("x", vector(events, events::x))
                          .set("y", vector(events, events::y))
                          .set("p", vector(events, i -> events.on(i) ? 1 : -1))
                          .set("ts", vector(events, events::time))));
    }
    return file;
  }

  private static Matrix vector(Events events, IntToLongFunction number) {
    Matrix vector = Mat5.newMatrix(events.size(), 1);
    for (int i = 0; i < events.size(); i++) {
      vector.setDouble(i, number.applyAsLong(i));
    }
    return vector;
  }

  private static Path mat(Path file, String name, Matrix matrix) throws IOException {
    try (var sink = Sinks.newStreamingFile(file.toFile())) {
      Mat5.newMatFile().addArray(name, matrix).writeTo(sink);
    }
    return file;
  }
}
