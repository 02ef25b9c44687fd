package sakd.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;
import sakd.device.BinaryCache;
import sakd.device.CompilerStopped;
import sakd.device.DType;
import sakd.device.KernelSpec;

/** What is kept of compiled kernels, and what becomes of a compiler that cannot finish. */
class HostCompilerTest {
  private static final KernelSpec ONE = spec(1);
  private static final KernelSpec OTHER = spec(2);

  private static KernelSpec spec(int lanes) {
    return KernelSpec.of("elementwise.cu", "fill", DType.F32, lanes);
  }

  @TempDir static Path shared;
  @TempDir Path folder;

  private static String command;
  private static Path entry;
  private static byte[] whole;
  private static byte[] another;

  @BeforeAll
  static void compileTwo() throws IOException {
    assumeTrue(CpuDevice.hasCompiler(), "no C++ compiler");
    String named = System.getenv("CXX");
    command = named == null || named.isBlank() ? "c++" : named;
    HostCompiler compiler = compiler(command, shared);
    BinaryCache cache = new BinaryCache(shared);
    compiler.load(ONE);
    compiler.load(OTHER);
    entry = cache.file(compiler.cacheKey(ONE));
    whole = Files.readAllBytes(entry);
    another = Files.readAllBytes(cache.file(compiler.cacheKey(OTHER)));
  }

  private static HostCompiler compiler(String command, Path folder) {
    return new HostCompiler(command, "some version", new BinaryCache(folder));
  }

  /** Loads the kernel as a new process would; how many were compiled. */
  private static int compiledAnew(Path folder) {
    HostCompiler compiler = compiler(command, folder);
    compiler.load(ONE).getFunction("fill");
    return compiler.compiled();
  }

  @Test
  void whatIsKeptIsLoadedWithoutACompiler() {
    compiler("none-such", shared).load(ONE).getFunction("fill");
  }

  /** What a full disk, a crash, a bad disk or a hand may leave in the place of an entry. */
  @Test
  void everyDamageOfAnEntryHeals() throws IOException {
    Path damaged = folder.resolve(entry.getFileName());
    assertEquals(1, compiledAnew(folder), "not there");
    byte[] healed = Files.readAllBytes(damaged);
    assertEquals(0, compiledAnew(folder));

    for (byte[] content :
        List.of(
            new byte[0],
            new byte[whole.length],
            another,
            Arrays.copyOf(whole, 5000),
            Arrays.copyOf(whole, whole.length - 1),
            Arrays.copyOf(whole, whole.length + 1),
            flipped(10),
            flipped(32 + 5),
            flipped(whole.length / 2),
            flipped(whole.length - 1))) {
      Files.write(damaged, content);
      assertFalse(new BinaryCache(folder).read(key(damaged)).isPresent());
    }
    assertEquals(1, compiledAnew(folder), "damaged");
    assertEquals(healed.length, Files.size(damaged));
    assertEquals(0, compiledAnew(folder));

    Files.delete(damaged);
    Files.createDirectories(damaged.resolve("inside"));
    assertEquals(1, compiledAnew(folder), "a folder");
    assertEquals(0, compiledAnew(folder));

    Files.delete(damaged);
    Files.createSymbolicLink(damaged, folder.resolve("nowhere"));
    assertEquals(1, compiledAnew(folder), "a link to nowhere");
    assertEquals(0, compiledAnew(folder));

    // Whole, but of a system whose loader takes something else.
    new BinaryCache(folder).write(key(damaged), "MZ and the rest".getBytes("US-ASCII"));
    assertEquals(1, compiledAnew(folder), "not for this system");
    assertEquals(0, compiledAnew(folder));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(damaged), files.toList(), "nothing else is left");
    }
  }

  private static byte[] flipped(int at) {
    byte[] bytes = whole.clone();
    bytes[at] ^= 4;
    return bytes;
  }

  private static String key(Path entry) {
    return entry.getFileName().toString().replace(".bin", "");
  }

  @Test
  void withoutAPlaceToKeepItTheKernelIsCompiledEveryTime() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertEquals(1, compiledAnew(file.resolve("below")));
  }

  /** A compiler that says this and ends so. */
  private HostCompiler ending(String script) throws IOException {
    Path program = folder.resolve("compiler");
    Files.writeString(program, "#!/bin/sh\n" + script + "\n");
    assertTrue(program.toFile().setExecutable(true));
    return compiler(program.toString(), folder.resolve("cache"));
  }

  @Test
  void aCompilerThatIsToldToEndIsNotOneThatRefuses() throws IOException {
    CompilerStopped stopped =
        assertThrows(CompilerStopped.class, () -> ending("exit 130").load(ONE));
    assertEquals(130, stopped.status());
    stopped = assertThrows(CompilerStopped.class, () -> ending("kill -TERM $$").load(ONE));
    assertEquals(143, stopped.status());
    assertFalse(Files.exists(folder.resolve("cache")), "nothing is kept");
  }

  @Test
  void fullDisksAndMemoryAreNamed() throws IOException {
    assertRefused(
        "echo 'cc1plus: fatal error: error writing to x.s: No space left on device'; exit 1",
        "No space left on device",
        "TMPDIR");
    assertRefused(
        "echo 'c++: fatal error: Killed signal terminated program cc1plus'; exit 1",
        "memory runs out");
    assertRefused("echo 'error: expected ;'; exit 1", "does not compile", "expected ;");
    assertRefused("while [ \"$1\" != -o ]; do shift; done; echo text > $2", "cannot be loaded");
  }

  private void assertRefused(String script, String... words) throws IOException {
    HostCompiler compiler = ending(script);
    UserError e = assertThrows(UserError.class, () -> compiler.load(ONE));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage());
    }
  }
}
