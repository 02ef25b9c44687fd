package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import sakd.base.UserError;
import sakd.testing.JavaProcess;

/** How a command ends that the virtual machine, the system or we ourselves let down. */
class FaultsTest {
  @TempDir Path folder;

  /** Throws; what a command may meet anywhere below. */
  @Command(name = "fail")
  private static final class Failing implements Callable<Integer> {
    private final Supplier<Throwable> fault;

    Failing(Supplier<Throwable> fault) {
      this.fault = fault;
    }

    @Override
    public Integer call() throws Exception {
      Throwable thrown = fault.get();
      if (thrown instanceof Error error) {
        throw error;
      }
      throw (Exception) thrown;
    }
  }

  /** The exit code, a space, and what was printed as an error. */
  private static String end(Supplier<Throwable> fault, String... flags) {
    StringWriter err = new StringWriter();
    CommandLine line =
        Main.commandLine(new Main())
            .addSubcommand(new Failing(fault))
            .setErr(new PrintWriter(err, true));
    List<String> args = new ArrayList<>(List.of(flags));
    args.add("fail");
    return Main.execute(line, args) + " " + err;
  }

  private static void assertOneLine(int code, String words, Supplier<Throwable> fault) {
    String answer = end(fault);
    assertTrue(answer.startsWith(code + " error: "), answer);
    assertEquals(1, answer.lines().count(), answer);
    assertTrue(answer.contains(words), answer);
    assertTrue(end(fault, "--verbose").contains("\tat "), answer);
  }

  @Test
  void memoryThatRunsOutIsOneLineThatSaysWhatToLower() {
    assertOneLine(1, "--batch-size, --workers", () -> new OutOfMemoryError("Java heap space"));
    assertOneLine(
        1, "lower --workers or", () -> new OutOfMemoryError("unable to create native thread"));
    assertOneLine(
        1,
        "Physical memory usage is too high",
        () ->
            new IllegalStateException(
                "in a worker", new OutOfMemoryError("Physical memory usage is too high")));
  }

  private static int depth(int n) {
    return n < 0 ? n : 1 + depth(n + 1);
  }

  @Test
  void anEndlessDepthIsOneLine() {
    assertOneLine(1, "-Xss", () -> new IllegalStateException("at depth " + depth(0)));
  }

  @Test
  void librariesThatDoNotLoadAreOneLine() {
    assertOneLine(1, "no such.so", () -> new UnsatisfiedLinkError("no such.so\nlooked in a, b"));
    assertOneLine(1, "org/Missing", () -> new NoClassDefFoundError("org/Missing"));
    assertOneLine(1, "cannot be loaded", () -> new ExceptionInInitializerError("why"));
  }

  @Test
  void mistakesAreTheUsersAndTheRestHasAStackTrace() {
    assertOneLine(2, "expected more", () -> new UserError("too little; expected more, add some"));
    assertOneLine(2, "zero byte", () -> pathError());
    String ours = end(() -> new ArithmeticException("by zero"));
    assertTrue(ours.startsWith("1 error: java.lang.ArithmeticException: by zero"), ours);
    assertTrue(ours.contains("\tat "), ours);
  }

  private static Throwable pathError() {
    try {
      return new Exception("not a path: " + Path.of("a\0b"));
    } catch (RuntimeException e) {
      return e;
    }
  }

  @Test
  void namesDoNotReachTheTerminalUnlessTheyArePrintable() {
    String answer = end(() -> new UserError("\u001b]0;x\u0007\u202ename\nof a file"));
    assertEquals("2 error: \\u001b]0;x\\u0007\\u202ename of a file", answer.strip());
    CommandLines.Answer unknown = CommandLines.run("train", "--lr", "\u001b[2J");
    assertFalse(unknown.err().contains("\u001b"), unknown.err());
    assertTrue(unknown.err().contains("\\u001b[2J"), unknown.err());
  }

  /** What a process of its own prints, and how it ends. */
  private String start(Map<String, String> environment, List<String> flags, String args)
      throws Exception {
    // By way of a shell, which spells bytes in any locale.
    List<String> line = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" " + args, "sh"));
    line.addAll(JavaProcess.command(Main.class, flags.toArray(String[]::new)));
    ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile());
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return process.exitValue() + " " + text;
  }

  @Test
  void theLocaleCSaysHowToSpellAClass() throws Exception {
    for (String part : List.of("train", "val")) {
      Path inner = Files.createDirectories(folder.resolve(part).resolve("a"));
      ImageIO.write(
          new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB),
          "png",
          inner.resolve("0.png").toFile());
    }
    String copy = "$(for p in train val; do cp -r $p/a $p/$(printf 'No\\303\\253l'); done)";
    String answer = start(Map.of("LC_ALL", "C"), List.of(), "data info --data-path ." + copy);
    assertTrue(answer.startsWith("2 error: '"), answer);
    assertTrue(answer.contains("LC_ALL=C.UTF-8"), answer);
    assertEquals(1, answer.lines().count(), answer);
  }

  @Test
  void theLocaleCSaysHowToSpellAPath() throws Exception {
    String answer =
        start(
            Map.of("LC_ALL", "C"),
            List.of(),
            "data info --data-path \"$(printf 'No\\303\\253l')\"");
    assertTrue(answer.startsWith("2 error: '"), answer);
    assertTrue(answer.contains("LC_ALL=C.UTF-8"), answer);
    assertEquals(1, answer.lines().count(), answer);
  }

  @Test
  void aUserWithoutAnEntryHasTheHomeOfTheEnvironment() throws Exception {
    Path home = folder.resolve("home");
    String answer =
        start(
            Map.of("HOME", home.toString(), "XDG_CACHE_HOME", "not/absolute"),
            List.of("-Duser.home=?"),
            "recipes");
    assertTrue(answer.startsWith("0 "), answer);
    assertFalse(Files.exists(folder.resolve("?")));
    assertFalse(Files.exists(folder.resolve("not")));
    assertTrue(Files.isDirectory(home.resolve(".cache")));
  }
}
