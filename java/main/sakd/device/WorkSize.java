package sakd.device;

/**
 * How the items of a launch are laid out: global and local sizes in x and y. Kernels loop with the
 * stride of the grid, so any grid is right; this chooses fast ones, and few different local sizes,
 * because some drivers compile a kernel anew for each.
 */
public record WorkSize(long globalX, long globalY, long localX, long localY) {
  private static final int GPU_GROUP = 256;
  private static final int GPU_GROUPS_PER_UNIT = 64;
  private static final int CPU_GROUP = 64;
  private static final int CPU_ROWS = 8;
  private static final long CPU_GROUPS_PER_UNIT = 8;
  private static final long LARGEST_GRID = 1L << 30;

  /** {@code n} items in a line. */
  public static WorkSize line(boolean gpu, int units, int largestGroup, long n) {
    int group = Math.min(gpu ? GPU_GROUP : CPU_GROUP, largestGroup);
    // On a processor a group is a contiguous piece of the arrays, and every loop runs once.
    long groups = gpu ? (long) units * GPU_GROUPS_PER_UNIT : LARGEST_GRID / group;
    return new WorkSize(group * Math.min(divideUp(n, group), groups), 1, group, 1);
  }

  /** {@code rows} by {@code columns} items. */
  public static WorkSize matrix(boolean gpu, int units, int largestGroup, long rows, long columns) {
    if (!gpu) {
      // One item walks a whole row: the order in which a processor likes to read memory.
      long wanted = rows >= CPU_ROWS * CPU_GROUPS_PER_UNIT * units ? CPU_ROWS : 1;
      long local = Math.min(wanted, largestGroup);
      return new WorkSize(
          1, local * Math.min(divideUp(rows, local), LARGEST_GRID / local), 1, local);
    }
    int group = Math.min(GPU_GROUP, largestGroup);
    long x = 1;
    while (x < columns && x < 64 && x < group) {
      x *= 2;
    }
    long y = group / x;
    long across = Math.min(divideUp(columns, x), (long) units * GPU_GROUPS_PER_UNIT);
    long down = Math.max(1, (long) units * GPU_GROUPS_PER_UNIT / across);
    return new WorkSize(x * across, y * Math.min(divideUp(rows, y), down), x, y);
  }

  /** Items in x and y. */
  public long[] global() {
    return new long[] {globalX, globalY};
  }

  /** Items of a group in x and y. */
  public long[] local() {
    return new long[] {localX, localY};
  }

  private static long divideUp(long a, long b) {
    return (a + b - 1) / b;
  }
}
