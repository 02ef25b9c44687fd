package sakd.ops;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Cuts a matrix [rows, columns] into blocks of whole rows that are worked on in parallel, so that
 * {@link ReferenceOps} holds pieces of a tensor in Java arrays, not all of it. The cut depends on
 * the sizes alone and sums are merged in order: the same result on every run.
 */
final class RowBlocks {
  /** Elements of a block: what stays in a core's cache with a few arrays of its size. */
  private static final int ELEMENTS = 1 << 14;

  private RowBlocks() {}

  /** Works on rows {@code first} to {@code first + count}. */
  interface Task {
    void run(long first, int count);
  }

  /** Sums over rows {@code first} to {@code first + count}. */
  interface Sums {
    double[] of(long first, int count);
  }

  private static int rowsPerBlock(long columns) {
    return (int) Math.max(1, ELEMENTS / columns);
  }

  private static IntStream blocks(long rows, int size) {
    return IntStream.range(0, Math.toIntExact((rows + size - 1) / size)).parallel();
  }

  /** Runs the task for every block. */
  static void forEach(long rows, long columns, Task task) {
    int size = rowsPerBlock(columns);
    blocks(rows, size)
        .forEach(
            b -> {
              long first = (long) b * size;
              task.run(first, (int) Math.min(size, rows - first));
            });
  }

  /** The sums of all blocks, added up element by element. */
  static double[] sum(long rows, long columns, Sums sums) {
    int size = rowsPerBlock(columns);
    double[][] partial =
        blocks(rows, size)
            .mapToObj(
                b -> {
                  long first = (long) b * size;
                  return sums.of(first, (int) Math.min(size, rows - first));
                })
            .toArray(double[][]::new);
    double[] total = partial[0].clone();
    for (double[] p : Arrays.asList(partial).subList(1, partial.length)) {
      for (int i = 0; i < total.length; i++) {
        total[i] += p[i];
      }
    }
    return total;
  }
}
