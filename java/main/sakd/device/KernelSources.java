package sakd.device;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The texts under {@code kernels/}, which travel in the jar. Compilers are handed one text without
 * files beside it, so quoted includes are put in their place.
 */
public final class KernelSources {
  private static final Pattern INCLUDE = Pattern.compile("\\s*#\\s*include\\s+\"([^\"]+)\"\\s*");
  private static final Pattern USERS = Pattern.compile("\\s*#\\s*include\\s+NEURON_FILE\\s*");
  private static final Pattern ONCE = Pattern.compile("\\s*#\\s*pragma\\s+once\\s*");

  private record Key(String file, UserSource user) {}

  /** A file is asked for once for every set of definitions. */
  private static final Map<Key, String> LOADED = new ConcurrentHashMap<>();

  private KernelSources() {}

  /**
   * The kernel file, e.g. {@code neuron.cu}, with every {@code #include "..."} replaced by that
   * file's text, each once. {@code #line} directives make compilers name the original lines.
   *
   * @throws IllegalArgumentException if there is no such file
   */
  public static String load(String file) {
    return load(file, null);
  }

  /** The text of a specialisation: the kernel file, with the user's code in its place. */
  public static String load(KernelSpec spec) {
    return load(spec.file(), spec.user());
  }

  private static String load(String file, UserSource user) {
    return LOADED.computeIfAbsent(
        new Key(file, user),
        key -> {
          StringBuilder text = new StringBuilder();
          append(file, user, text, new HashSet<>());
          return text.toString();
        });
  }

  private static void begin(String file, int line, StringBuilder text) {
    String name = file.replaceAll("[\"\\\\\\p{Cntrl}]", "_");
    text.append("#line ").append(line).append(" \"").append(name).append("\"\n");
  }

  private static void append(
      String file, UserSource user, StringBuilder text, Set<String> included) {
    if (!included.add(file)) {
      return;
    }
    begin(file, 1, text);
    int number = 0;
    for (String line : read(file).split("\n", -1)) {
      number++;
      Matcher include = INCLUDE.matcher(line);
      if (include.matches()) {
        append(beside(file, include.group(1)), user, text, included);
        begin(file, number + 1, text);
      } else if (user != null && USERS.matcher(line).matches()) {
        begin(user.name(), 1, text);
        text.append(user.text()).append('\n');
        begin(file, number + 1, text);
      } else if (ONCE.matcher(line).matches()) {
        text.append('\n');
      } else {
        text.append(line).append('\n');
      }
    }
  }

  /** The file that {@code name} means in {@code file}: as in C, it is looked for in that folder. */
  private static String beside(String file, String name) {
    return URI.create(file).resolve(name).toString();
  }

  private static String read(String file) {
    try (InputStream in = KernelSources.class.getResourceAsStream("/kernels/" + file)) {
      if (in == null) {
        throw new IllegalArgumentException("no kernel file kernels/" + file + " on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read kernels/" + file, e);
    }
  }

  /** SHA-256 of the parts, in hex: the key under which a compiled kernel is cached. */
  public static String sha256(String... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
        digest.update(bytes);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
