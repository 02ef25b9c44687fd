package sakd.data.event;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import sakd.data.event.MatFile.Matrix;
import sakd.io.IoErrors;

/**
 * Recordings in MATLAB's version 5 files, in one of these forms:
 *
 * <ul>
 *   <li>{@code spiketrain} [101, n] as in ST-MNIST: each column a moment, of 10 x 10 touch cells a
 *       1 or -1 where one fired, and the time in seconds;
 *   <li>vectors of x, y, time and polarity, alone or in a struct;
 *   <li>a matrix [n, 6] as {@code dat2mat} makes it of CIFAR10-DVS: time, two columns of the chip,
 *       x, y, polarity;
 *   <li>a matrix [n, 4].
 * </ul>
 */
final class MatEvents {
  private static final int CELLS = 10;
  private static final int DAT2MAT_COLUMNS = 6;
  private static final int PLAIN_COLUMNS = 4;

  private MatEvents() {}

  static Events read(Path file, ByteBuffer bytes) {
    Map<String, Matrix> matrices = MatFile.read(file, bytes);
    Matrix train = matrices.get("spiketrain");
    if (train != null && train.rows() == CELLS * CELLS + 1) {
      return touches(file, train);
    }
    Map<String, Column> vectors = new LinkedHashMap<>();
    matrices.forEach(
        (name, m) -> {
          if (m.rows() == 1 || m.columns() == 1) {
            vectors.put(name, m.numbers());
          }
        });
    Optional<Events> events = EventTable.named(file, vectors);
    if (events.isPresent()) {
      return events.get();
    }
    for (Matrix m : matrices.values()) {
      if (m.columns() == DAT2MAT_COLUMNS) {
        return EventTable.ordered(file, m.column(3), m.column(4), m.column(0), m.column(5));
      }
      if (m.columns() == PLAIN_COLUMNS) {
        List<Column> columns = IntStream.range(0, PLAIN_COLUMNS).mapToObj(m::column).toList();
        return EventTable.unnamed(file, columns);
      }
    }
    throw IoErrors.damaged(
        file,
        matrices.isEmpty() ? "it has no matrix of numbers" : "it has " + matrices.keySet(),
        EventTable.EXPECTED + ", or events as in ST-MNIST or from dat2mat");
  }

  private static Events touches(Path file, Matrix train) {
    Events events = new Events();
    for (int moment = 0; moment < train.columns(); moment++) {
      Column cells = train.column(moment);
      double time = 1e6 * cells.number(CELLS * CELLS);
      // NaN fails every comparison.
      if (!(Math.abs(time) < Long.MAX_VALUE)) {
        throw IoErrors.damaged(
            file, "the time of moment " + moment + " is " + time + " us", "seconds");
      }
      for (int cell = 0; cell < CELLS * CELLS; cell++) {
        double value = cells.number(cell);
        if (value != 0) {
          events.add(cell % CELLS, Math.floorDiv(cell, CELLS), value > 0, Math.round(time));
        }
      }
    }
    return events;
  }
}
