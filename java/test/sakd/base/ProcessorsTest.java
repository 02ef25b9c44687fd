package sakd.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorsTest {
  private static final int NONE = Integer.MAX_VALUE;

  @TempDir private Path folder;
  private Path process;

  @BeforeEach
  void makeProcess() throws IOException {
    process = Files.createDirectory(folder.resolve("self"));
  }

  @Test
  void theUsersNumberOfThreadsWins() {
    assertEquals(8, Processors.count(null, 8, NONE));
    assertEquals(3, Processors.count(null, 8, 3));
    assertEquals(2, Processors.count("", 2, 3));
    assertEquals(12, Processors.count("12", 8, 3));
    assertEquals(1, Processors.count(" 1 ,4", 8, 3));
  }

  @Test
  void whatIsNoNumberOfThreadsIsRefused() {
    for (String wrong : new String[] {"two", "0", "-1", "1.5", ",2"}) {
      String message =
          assertThrows(UserError.class, () -> Processors.count(wrong, 8, NONE)).getMessage();
      assertTrue(message.contains("OMP_NUM_THREADS is '" + wrong + "'"), message);
    }
  }

  /** Version 2, as systemd and containers lay it out: the quota is two groups above the process. */
  @Test
  void theLeastQuotaOfTheGroupsAboveCounts() throws IOException {
    Path top = group("unified");
    group("unified/user.slice", "cpu.max", "250000 100000\n");
    group("unified/user.slice/session", "cpu.max", "max 100000\n");
    group("unified/user.slice/session/own", "cpu.max", "800000 100000\n");
    is("mountinfo", "30 25 0:26 / " + top + " rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
    is("cgroup", "0::/user.slice/session/own\n");
    assertEquals(3, new CpuQuota(process).processors()); // Two and a half.
  }

  /** Version 1 beside an empty version 2: the quota is in the hierarchy of the cpu controller. */
  @Test
  void bothVersionsAreRead() throws IOException {
    Path cpu = group("cpu,cpuacct");
    Path memory = group("memory");
    Path unified = group("unified");
    group("unified/job");
    group("memory/job", "cpu.cfs_quota_us", "1", "cpu.cfs_period_us", "1");
    group("cpu,cpuacct/job", "cpu.cfs_quota_us", "50000", "cpu.cfs_period_us", "100000");
    group("cpu,cpuacct/job/inner", "cpu.cfs_quota_us", "-1", "cpu.cfs_period_us", "100000");
    is(
        "mountinfo",
        "31 23 0:28 / /tmpfs rw,relatime - tmpfs tmpfs rw,mode=755\n"
            + ("32 31 0:29 / " + memory + " rw - cgroup cgroup rw,memory\n")
            + ("33 31 0:30 / " + cpu + " rw - cgroup cgroup rw,cpu,cpuacct\n")
            + ("34 31 0:31 / " + unified + " rw - cgroup2 cgroup2 rw\n"));
    is("cgroup", "5:cpuset:/\n2:cpu,cpuacct:/job/inner\n1:memory:/job\n0::/job\n");
    assertEquals(1, new CpuQuota(process).processors());
  }

  /** A container that sees the path of its group on the host, but as files its own group alone. */
  @Test
  void aContainersOwnGroupIsItsRoot() throws IOException {
    Path top = group("top", "cpu.max", "200000 100000");
    is("mountinfo", "30 25 0:26 /docker/1f " + top + " ro - cgroup2 cgroup rw\n");
    for (String path : new String[] {"/", "/docker/1f", "/docker/1f/init", "/../other", "/other"}) {
      is("cgroup", "0::" + path + "\n");
      assertEquals(2, new CpuQuota(process).processors(), path);
    }
  }

  @Test
  void withoutGroupsOrQuotasThereIsNoLimit() throws IOException {
    assertEquals(NONE, new CpuQuota(process).processors());
    is("cgroup", "0::/a\n");
    is("mountinfo", "");
    assertEquals(NONE, new CpuQuota(process).processors());
    Path top = group("top/a", "cpu.max", "max 100000").getParent();
    is("mountinfo", "30 25 0:26 / " + top + " rw - cgroup2 cgroup2 rw\n");
    assertEquals(NONE, new CpuQuota(process).processors());
    is("cgroup", "nonsense\n0::\0\n");
    assertEquals(NONE, new CpuQuota(process).processors());
  }

  private void is(String file, String text) throws IOException {
    Files.writeString(process.resolve(file), text);
  }

  private Path group(String path, String... filesAndTexts) throws IOException {
    Path group = Files.createDirectories(folder.resolve(path));
    for (int i = 0; i < filesAndTexts.length; i += 2) {
      Files.writeString(group.resolve(filesAndTexts[i]), filesAndTexts[i + 1]);
    }
    return group;
  }
}
