package sakd.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jline.utils.Signals;
import sakd.base.UserError;

/**
 * Starts the processes of {@code train --devices N} on this machine, and waits for them: those with
 * a GPU each as torchrun would, the others through mpirun, as their sums go by MPI.
 */
final class RankLauncher {
  private static final String MPIRUN = "mpirun";
  private static final int VERSION_SECONDS = 20;

  private final List<Process> processes = new ArrayList<>();

  /** The number of the signal that came; 0 for none. */
  private volatile int signal;

  private RankLauncher() {}

  /**
   * Runs to the end.
   *
   * @param devices how many processes
   * @param kind of device: cuda, opencl or cpu
   * @param args the whole command line of each
   * @return that of the signal that came, or else the exit code of rank 0, or of another if that is
   *     0
   * @throws UserError if mpirun is needed and missing
   */
  static int run(int devices, String kind, List<String> args) {
    RankLauncher launcher = new RankLauncher();
    List<String> program = new ArrayList<>(program());
    program.addAll(args);
    Object beforeInt = Signals.register("INT", () -> launcher.pass("INT", 2));
    Object beforeTerm = Signals.register("TERM", () -> launcher.pass("TERM", 15));
    try {
      if (kind.equals("cuda")) {
        launcher.startEach(devices, program);
      } else {
        launcher.startByMpi(devices, program);
      }
      int code = 0;
      for (Process process : launcher.processes) {
        int its = process.waitFor();
        code = code == 0 ? its : code;
      }
      return launcher.signal == 0 ? code : 128 + launcher.signal;
    } catch (IOException e) {
      throw new UserError(
          "the processes of --devices cannot be started (" + e.getMessage() + ")", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped while the processes trained", e);
    } finally {
      launcher.processes.forEach(Process::destroy);
      Signals.unregister("INT", beforeInt);
      Signals.unregister("TERM", beforeTerm);
    }
  }

  /** Java with this machine's flags and classes, as far as the arguments. */
  private static List<String> program() {
    List<String> line =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    line.addAll(flags());
    line.addAll(List.of("-cp", classPath(), Main.class.getName()));
    return line;
  }

  /** Of the virtual machine: heap, collector, access. Maven's is one of those too. */
  private static List<String> flags() {
    try {
      String line = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8);
      return Arrays.stream(line.split("\0"))
          .skip(1)
          .takeWhile(word -> word.startsWith("-") && !word.equals("-jar"))
          .filter(word -> word.startsWith("-X") || word.startsWith("--enable-native-access="))
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static String classPath() {
    if (Main.class.getClassLoader() instanceof URLClassLoader loader) {
      return Arrays.stream(loader.getURLs())
          .map(URL::getPath)
          .map(path -> java.net.URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8))
          .collect(Collectors.joining(":"));
    }
    return System.getProperty("java.class.path");
  }

  private void startEach(int devices, List<String> program) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    for (int rank = 0; rank < devices; rank++) {
      ProcessBuilder builder = new ProcessBuilder(program).inheritIO();
      var environment = builder.environment();
      environment.put("RANK", Integer.toString(rank));
      environment.put("WORLD_SIZE", Integer.toString(devices));
      environment.put("LOCAL_RANK", Integer.toString(rank));
      environment.put("LOCAL_WORLD_SIZE", Integer.toString(devices));
      environment.put("MASTER_ADDR", "127.0.0.1");
      environment.put("MASTER_PORT", Integer.toString(port));
      processes.add(builder.start());
    }
  }

  private void startByMpi(int devices, List<String> program)
      throws IOException, InterruptedException {
    boolean there =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, MPIRUN)));
    if (!there) {
      throw new UserError(
          "no mpirun on the PATH, by which --devices starts processes on processors; install one"
              + " (Debian: apt-get install openmpi-bin)");
    }
    List<String> line = new ArrayList<>(List.of(MPIRUN, "-np", Integer.toString(devices)));
    if (isOpenMpi()) {
      // Quiet, as the processes say themselves what has happened; and each takes its share of the
      // processors, where Open MPI would give each of two a single one.
      line.addAll(List.of("-q", "--oversubscribe", "--bind-to", "none"));
    } else {
      // Else MPICH ends the others before they can say why.
      line.add("-disable-auto-cleanup");
    }
    line.addAll(program);
    ProcessBuilder builder = new ProcessBuilder(line).inheritIO();
    builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT", "1");
    builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    processes.add(builder.start());
  }

  private static boolean isOpenMpi() throws IOException, InterruptedException {
    Process version = new ProcessBuilder(MPIRUN, "--version").redirectErrorStream(true).start();
    String text = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    version.waitFor(VERSION_SECONDS, TimeUnit.SECONDS);
    return text.contains("Open MPI") || text.contains("open-mpi") || text.contains("PRRTE");
  }

  /** Ctrl-C at a terminal goes to all processes there; other signals come here alone. */
  private void pass(String signal, int number) {
    this.signal = number;
    if (signal.equals("INT") && isInForeground()) {
      return;
    }
    for (Process process : processes) {
      try {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
      } catch (IOException e) {
        process.destroy();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static boolean isInForeground() {
    try {
      // After the name in brackets: state, parent, process group, session, terminal, its group.
      String stat = Files.readString(Path.of("/proc/self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return fields[2].equals(fields[5]);
    } catch (IOException e) {
      return false;
    }
  }
}
