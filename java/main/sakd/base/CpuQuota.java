package sakd.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How many processors' time the kernel grants this process: the least quota of its control group
 * and of all groups above it. Java 17 itself looks at its own group alone, but a container or a
 * systemd slice often has the quota on one above.
 */
final class CpuQuota {
  private final Path process;

  /**
   * A reader.
   *
   * @param process the folder that tells of the process: {@code /proc/self}
   */
  CpuQuota(Path process) {
    this.process = process;
  }

  /**
   * Where a hierarchy of groups is mounted, and which of its groups that place shows as its root.
   */
  private record Mount(Path point, String root) {}

  /**
   * Quota divided by period, rounded up as Java does: with one and a half processors' time, two
   * threads. At least 1; {@link Integer#MAX_VALUE} where there is no quota or no control group.
   */
  int processors() {
    double least = Double.POSITIVE_INFINITY;
    try {
      for (String line : Files.readAllLines(process.resolve("cgroup"))) {
        // Number of the hierarchy, its controllers (version 2: none), the group's path in it.
        String[] parts = line.split(":", 3);
        boolean hasQuota =
            parts.length == 3
                && (parts[1].isEmpty() || List.of(parts[1].split(",")).contains("cpu"));
        Optional<Mount> mount = hasQuota ? mount(parts[1].isEmpty()) : Optional.empty();
        if (mount.isPresent()) {
          least = Math.min(least, least(mount.get(), parts[2]));
        }
      }
    } catch (IOException | RuntimeException e) {
      // Not Linux, or files of another form: nothing is known of a quota.
    }
    return least >= Integer.MAX_VALUE ? Integer.MAX_VALUE : (int) Math.max(1, Math.ceil(least));
  }

  private Optional<Mount> mount(boolean unified) throws IOException {
    for (String line : Files.readAllLines(process.resolve("mountinfo"))) {
      // ID parent device root point options... - type source options
      String[] head = line.split(" - ", 2)[0].split(" ", -1);
      String[] tail = line.split(" - ", 2)[1].split(" ", -1);
      boolean wanted =
          unified
              ? tail[0].equals("cgroup2")
              : tail[0].equals("cgroup") && Arrays.asList(tail[2].split(",")).contains("cpu");
      if (wanted) {
        return Optional.of(new Mount(Path.of(head[4]), head[3]));
      }
    }
    return Optional.empty();
  }

  /** The least quota from the group up to the root of what is mounted. */
  private static double least(Mount mount, String group) throws IOException {
    // In a container the path may be the host's, of which the container sees its own group alone.
    Path root = Path.of(mount.root);
    Path own = Path.of(group).normalize();
    Path at = own.startsWith(root) ? mount.point.resolve(root.relativize(own)) : mount.point;
    double least = quota(mount.point);
    for (; !at.equals(mount.point); at = at.getParent()) {
      least = Math.min(least, quota(at));
    }
    return least;
  }

  /** Of one group: version 2 has {@code cpu.max}, "QUOTA PERIOD"; version 1 a file for each. */
  private static double quota(Path group) throws IOException {
    String max = read(group.resolve("cpu.max"));
    String[] quotaAndPeriod =
        max.isEmpty()
            ? new String[] {
              read(group.resolve("cpu.cfs_quota_us")), read(group.resolve("cpu.cfs_period_us"))
            }
            : max.split(" ");
    boolean none = List.of("", "max", "-1").contains(quotaAndPeriod[0]);
    return none
        ? Double.POSITIVE_INFINITY
        : Double.parseDouble(quotaAndPeriod[0]) / Double.parseDouble(quotaAndPeriod[1]);
  }

  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file).strip();
    } catch (NoSuchFileException e) {
      return "";
    }
  }
}
