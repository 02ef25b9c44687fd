package sakd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What may know what: packages import those below them alone, so no two know each other. */
class RoomsTest {
  private static final Path SOURCES = Path.of("java/main");

  /** From the top down. */
  private static final List<String> ORDER =
      List.of(
          "sakd",
          "sakd.cli",
          "sakd.bench",
          "sakd.report",
          "sakd.export",
          "sakd.run",
          "sakd.distill",
          "sakd.train",
          "sakd.task",
          "sakd.infer",
          "sakd.model",
          "sakd.nn",
          "sakd.ops",
          "sakd.device.cuda",
          "sakd.device.opencl",
          "sakd.device.cpu",
          "sakd.device",
          "sakd.data.set",
          "sakd.data.event",
          "sakd.data.image",
          "sakd.data",
          "sakd.ranks",
          "sakd.io",
          "sakd.base");

  /** A name of this program wherever it stands: in an import, or written out in the code. */
  private static final Pattern NAME = Pattern.compile("\\b(sakd(?:\\.[a-z]\\w*)*)\\.[A-Z]\\w*");

  /** Javadoc may link upwards. */
  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*");

  @Test
  void packagesImportOnlyThoseBelowThem() throws IOException {
    List<String> upwards = new ArrayList<>();
    for (Map.Entry<Path, String> file : sources().entrySet()) {
      String from = packageOf(file.getKey());
      Matcher m = NAME.matcher(COMMENT.matcher(file.getValue()).replaceAll(""));
      while (m.find()) {
        String to = m.group(1);
        if (!to.equals(from) && ORDER.indexOf(to) <= ORDER.indexOf(from)) {
          upwards.add(file.getKey() + " uses " + m.group());
        }
      }
    }
    assertEquals(List.of(), upwards);
  }

  @Test
  void everyPackageHasItsPlace() throws IOException {
    TreeSet<String> found = new TreeSet<>();
    for (Path file : sources().keySet()) {
      found.add(packageOf(file));
    }
    assertEquals(new TreeSet<>(ORDER), found);
    for (String name : ORDER) {
      Path info = SOURCES.resolve(name.replace('.', '/')).resolve("package-info.java");
      assertTrue(Files.exists(info), () -> "nothing says what lives in " + name);
    }
  }

  private static String packageOf(Path file) {
    return SOURCES.relativize(file).getParent().toString().replace('/', '.');
  }

  private static Map<Path, String> sources() throws IOException {
    Map<Path, String> sources = new TreeMap<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        sources.put(file, Files.readString(file));
      }
    }
    return sources;
  }
}
