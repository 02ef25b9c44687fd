package sakd.device.cpu;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import sakd.base.UserError;
import sakd.device.BinaryCache;
import sakd.device.Command;
import sakd.device.KernelSources;
import sakd.device.KernelSpec;
import sakd.device.WorkFolder;

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

  private static final String PROCESSOR = processor();

  private final String command;
  private final String version;
  private final BinaryCache cache;

  /** Shared by all devices of the process, and never unloaded. */
  private final Map<String, NativeLibrary> loaded = new HashMap<>();

  private int compiled;

  HostCompiler(String command, String version, BinaryCache cache) {
    this.command = command;
    this.version = version;
    this.cache = cache;
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
              new HostCompiler(
                  candidate,
                  out.text().lines().findFirst().orElse(candidate),
                  BinaryCache.ofUser("cpu")));
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

  /** How many kernels were compiled rather than read from disk. */
  int compiled() {
    return compiled;
  }

  /** The name of the entry on disk. */
  String cacheKey(KernelSpec spec) {
    return spec.file().replace(".cu", "-")
        + KernelSources.sha256(
                KernelSources.load(spec),
                String.join(" ", spec.options()),
                String.join(" ", OPTIONS),
                String.join(" ", Isa.compilerOptions()),
                version,
                PROCESSOR)
            .substring(0, 24);
  }

  /**
   * The kernels of the specialisation's file, ready to be called.
   *
   * @throws UserError if they do not compile, or there is no room to do it in
   */
  synchronized NativeLibrary load(KernelSpec spec) {
    String file = spec.file();
    String key = cacheKey(spec);
    NativeLibrary library = loaded.get(key);
    if (library == null) {
      library = cache.read(key).flatMap(kept -> loadKept(file, kept)).orElse(null);
    }
    if (library == null) {
      byte[] object = compile(spec);
      library = loadNew(file, object);
      cache.write(key, object);
    }
    loaded.put(key, library);
    return library;
  }

  /** Empty if it was made on a machine with other libraries that shares the folder, say. */
  private static Optional<NativeLibrary> loadKept(String file, byte[] object) {
    try {
      return Optional.of(HostCode.load(file, object));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private NativeLibrary loadNew(String file, byte[] object) {
    try {
      return HostCode.load(file, object);
    } catch (IOException e) {
      throw new UserError(
          "kernel "
              + file
              + " as compiled by "
              + command
              + " cannot be loaded ("
              + e.getMessage()
              + "); expected a compiler for this system, name another in CXX",
          e);
    }
  }

  private byte[] compile(KernelSpec spec) {
    compiled++;
    return WorkFolder.compiled("kernel " + spec.file(), folder -> compile(folder, spec));
  }

  private byte[] compile(Path folder, KernelSpec spec) throws IOException {
    Path text = Files.writeString(folder.resolve("kernel.cpp"), KernelSources.load(spec));
    Path object = folder.resolve("kernel.so");
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(OPTIONS);
    line.addAll(WIDE);
    line.addAll(Isa.compilerOptions());
    line.addAll(spec.options());
    line.addAll(List.of(text.toString(), "-o", object.toString()));
    Command.Output out = Command.compile(line, folder);
    if (out.status() != 0) {
      throw new UserError(
          "kernel "
              + spec.file()
              + " does not compile with "
              + command
              + " "
              + spec.options()
              + ": "
              + out.text().strip());
    }
    return Files.readAllBytes(object);
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
