package sakd.data.event;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import sakd.io.IoErrors;
import sakd.io.UserError;
import us.hebi.matlab.mat.format.BufferAllocator;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Sources;
import us.hebi.matlab.mat.types.Struct;

/**
 * Recordings in MATLAB's version 5 files, in one of three forms:
 *
 * <ul>
 *   <li>{@code spiketrain} [101, n] as in ST-MNIST: each column a moment, of 10 x 10 touch cells a
 *       1 or -1 where one fired, and the time in seconds;
 *   <li>vectors {@code x}, {@code y}, {@code t} or {@code ts}, {@code p} or {@code pol}, alone or
 *       in a struct;
 *   <li>a matrix [n, 6] as {@code dat2mat} makes it of CIFAR10-DVS: time, two columns of the chip,
 *       x, y, polarity.
 * </ul>
 */
final class MatEvents {
  private static final String EXPECTED = "events as in ST-MNIST, from dat2mat, or as x, y, t, p";

  /** Above any recording: a damaged length shall not ask for more. */
  private static final int MAX_BUFFER = 1 << 28;

  private static final int CELLS = 10;

  private MatEvents() {}

  static Events read(Path file, ByteBuffer bytes) {
    Map<String, Matrix> variables = new HashMap<>();
    try {
      MatFile mat =
          Mat5.newReader(Sources.wrap(bytes))
              .setBufferAllocator(new Bounded())
              .setMaxInflateBufferSize(1 << 16)
              .readMat();
      for (MatFile.Entry entry : mat.getEntries()) {
        if (entry.getValue() instanceof Struct struct) {
          for (String field : struct.getFieldNames()) {
            put(variables, field, struct.get(field));
          }
        } else {
          put(variables, entry.getName(), entry.getValue());
        }
      }
      return events(file, variables);
    } catch (UserError e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The library answers damage with whatever its own checks throw.
      throw IoErrors.damaged(file, "it cannot be read (" + e + ")", EXPECTED);
    }
  }

  private static void put(Map<String, Matrix> variables, String name, Object value) {
    if (value instanceof Matrix matrix) {
      variables.put(name, matrix);
    }
  }

  private static Events events(Path file, Map<String, Matrix> variables) {
    Matrix train = variables.get("spiketrain");
    if (train != null && train.getNumRows() == CELLS * CELLS + 1) {
      return touches(file, train);
    }
    Matrix x = variables.get("x");
    Matrix y = variables.get("y");
    Matrix t = variables.getOrDefault("t", variables.get("ts"));
    Matrix p = variables.getOrDefault("p", variables.get("pol"));
    if (x != null && y != null && t != null && p != null) {
      int n = x.getNumElements();
      if (y.getNumElements() != n || t.getNumElements() != n || p.getNumElements() != n) {
        throw IoErrors.damaged(file, "x, y, t and p differ in length", EXPECTED);
      }
      Events events = new Events();
      for (int i = 0; i < n; i++) {
        add(file, events, x.getDouble(i), y.getDouble(i), p.getDouble(i), t.getDouble(i));
      }
      return events;
    }
    for (Matrix m : variables.values()) {
      if (m.getNumDimensions() == 2 && m.getNumCols() == 6) {
        Events events = new Events();
        for (int i = 0; i < m.getNumRows(); i++) {
          add(
              file,
              events,
              m.getDouble(i, 3),
              m.getDouble(i, 4),
              m.getDouble(i, 5),
              m.getDouble(i, 0));
        }
        return events;
      }
    }
    throw IoErrors.damaged(file, "it has " + variables.keySet(), EXPECTED);
  }

  private static Events touches(Path file, Matrix train) {
    Events events = new Events();
    for (int column = 0; column < train.getNumCols(); column++) {
      double time = 1e6 * train.getDouble(CELLS * CELLS, column);
      for (int cell = 0; cell < CELLS * CELLS; cell++) {
        double value = train.getDouble(cell, column);
        if (value != 0) {
          add(file, events, cell % CELLS, Math.floorDiv(cell, CELLS), value, time);
        }
      }
    }
    return events;
  }

  private static void add(
      Path file, Events events, double x, double y, double polarity, double time) {
    // NaN fails every comparison.
    boolean inside = x >= 0 && y >= 0 && x <= Short.MAX_VALUE && y <= Short.MAX_VALUE;
    if (!inside || !Double.isFinite(polarity) || !Double.isFinite(time)) {
      throw IoErrors.damaged(file, "an event lies at column " + x + ", row " + y, EXPECTED);
    }
    events.add((int) x, (int) y, polarity > 0, Math.round(time));
  }

  private static final class Bounded implements BufferAllocator {
    @Override
    public ByteBuffer allocate(int size) {
      if (size < 0 || size > MAX_BUFFER) {
        throw new IllegalArgumentException("a length of " + size + " bytes");
      }
      return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }

    @Override
    public void release(ByteBuffer buffer) {
      // The garbage collector does.
    }
  }
}
