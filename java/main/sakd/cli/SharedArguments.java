package sakd.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What rank 0 trains by, for the others: they read neither a run's args.txt nor a file of settings,
 * which may lie on rank 0's machine alone.
 *
 * @param from the folder that relative paths are from; empty for the current one
 */
record SharedArguments(boolean resuming, Path from, List<String> args) {
  /** No argument has it in it. */
  private static final String END = "\0";

  byte[] bytes() {
    List<String> words = new ArrayList<>(List.of(Boolean.toString(resuming), from.toString()));
    words.addAll(args);
    return String.join(END, words).getBytes(StandardCharsets.UTF_8);
  }

  static SharedArguments of(byte[] bytes) {
    List<String> words = List.of(new String(bytes, StandardCharsets.UTF_8).split(END, -1));
    return new SharedArguments(
        Boolean.parseBoolean(words.get(0)), Path.of(words.get(1)), words.subList(2, words.size()));
  }
}
