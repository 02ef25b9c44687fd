package sakd.device.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import sakd.device.Command;
import sakd.device.KernelCache;
import sakd.device.KernelSources;
import sakd.io.UserError;

/**
 * Compiles kernels for this processor with the system's C++ compiler, and keeps the shared objects
 * on disk by source, options, compiler and processor.
 */
final class HostCompiler {
  private static final List<String> OPTIONS =
      List.of(
          "-x",
          "c++",
          "-std=c++17",
          "-O3",
          "-march=native",
          "-ffp-contract=off",
          "-fno-math-errno",
          "-fno-trapping-math",
          "-fopenmp",
          "-shared",
          "-fPIC",
          "-fvisibility=hidden",
          "-w");

  /** g++ prefers 256-bit vectors on its own. */
  private static final List<String> WIDE =
      System.getProperty("os.arch").equals("amd64")
          ? List.of("-mprefer-vector-width=512")
          : List.of();

  private final String command;
  private final String version;

  private HostCompiler(String command, String version) {
    this.command = command;
    this.version = version;
  }

  /** Looked for once: to ask each candidate's version takes a process. */
  private static final Optional<HostCompiler> FOUND = search();

  /** The compiler named by CXX, else the first of c++, g++ that runs; empty if there is none. */
  static Optional<HostCompiler> find() {
    return FOUND;
  }

  private static Optional<HostCompiler> search() {
    String named = System.getenv("CXX");
    List<String> candidates =
        named != null && !named.isBlank() ? List.of(named) : List.of("c++", "g++");
    for (String candidate : candidates) {
      try {
        Command.Output out = Command.run(List.of(candidate, "--version"));
        if (out.status() == 0) {
          return Optional.of(
              new HostCompiler(candidate, out.text().lines().findFirst().orElse(candidate)));
        }
      } catch (IOException e) {
        // Not on the PATH: try the next.
      }
    }
    return Optional.empty();
  }

  /** Name and version, as the compiler prints them. */
  String version() {
    return version;
  }

  /** A shared object with the kernels of {@code file} under these -D options. */
  Path compile(String file, List<String> defines) {
    String source = KernelSources.load(file);
    String key =
        KernelSources.sha256(
            source, String.join(" ", defines), String.join(" ", OPTIONS), version, processor());
    String stem = file.replace(".cu", "") + "-" + key.substring(0, 24);
    Path object = KernelCache.directory().resolve(stem + ".so");
    if (isSharedObject(object)) {
      return object;
    }
    Path unique =
        KernelCache.directory()
            .resolve(
                stem + "." + ProcessHandle.current().pid() + "-" + Thread.currentThread().getId());
    Path text = Path.of(unique + ".cpp");
    Path built = Path.of(unique + ".tmp");
    try {
      Files.writeString(text, source);
      List<String> line = new ArrayList<>(List.of(command));
      line.addAll(OPTIONS);
      line.addAll(WIDE);
      line.addAll(defines);
      line.addAll(List.of(text.toString(), "-o", built.toString()));
      Command.Output out = Command.run(line);
      if (out.status() != 0) {
        throw new UserError(
            "kernel "
                + file
                + " does not compile with "
                + command
                + " "
                + defines
                + ": "
                + out.text().strip());
      }
      Files.move(built, object, StandardCopyOption.ATOMIC_MOVE);
      return object;
    } catch (IOException e) {
      throw new UserError(
          "cannot keep the compiled kernel "
              + object
              + " ("
              + e.getMessage()
              + "); free some space, or name another folder with XDG_CACHE_HOME",
          e);
    } finally {
      deleteQuietly(text);
      deleteQuietly(built);
    }
  }

  /** A damaged entry, cut short by a full disk or a crash, is compiled again. */
  private static boolean isSharedObject(Path path) {
    try (var in = Files.newByteChannel(path)) {
      var head = java.nio.ByteBuffer.allocate(4);
      return in.size() > 4096
          && in.read(head) == 4
          && head.get(0) == 0x7f
          && head.get(1) == 'E'
          && head.get(2) == 'L'
          && head.get(3) == 'F';
    } catch (IOException e) {
      return false;
    }
  }

  private static void deleteQuietly(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // It lies in the cache folder and is overwritten or ignored later.
    }
  }

  /** What -march=native depends on: the processor's flags. */
  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(l -> l.startsWith("flags") || l.startsWith("model name"))
          .distinct()
          .toList()
          .toString();
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}
