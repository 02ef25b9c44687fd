package sakd.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import sakd.io.AtomicFile;
import sakd.io.IoErrors;
import sakd.task.LossTerms;
import sakd.task.Task;
import sakd.train.Listener;

/**
 * The {@code summary.csv} of a run directory: a row an epoch, after a header. A row is on the disk
 * before the checkpoint that counts its epoch. Rows that make no sense, as a kill, a full disk or a
 * damaged disk leave them, are none.
 */
public final class Summary {
  private static final String FILE = "summary.csv";
  private static final String NUMBER = "-?[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?";

  private static final String TRAIN = "train_";

  private final Path file;

  /** The columns of a task's file. */
  private static List<String> columns(Task task) {
    List<String> columns = new ArrayList<>(List.of("phase", "epoch", "lr", "loss"));
    columns.addAll(task.losses());
    columns.add(LossTerms.FEATURES);
    columns.addAll(shares(task));
    columns.addAll(List.of("images_per_second", "seconds"));
    return columns;
  }

  /** Those of them that are scores, in [0, 1]. */
  private static List<String> shares(Task task) {
    List<String> shares = new ArrayList<>(List.of(TRAIN + task.trainScore().column()));
    task.scores().forEach(s -> shares.add(s.column()));
    return shares;
  }

  private static String header(Task task) {
    return String.join(",", columns(task));
  }

  /** What the networks of a file are for: its header says so, and if that is lost, its rows do. */
  private static Task task(String text) {
    List<String> lines = text.lines().toList();
    List<Task> all = List.of(Task.values());
    return all.stream()
        .filter(t -> !lines.isEmpty() && lines.get(0).equals(header(t)))
        .findFirst()
        .orElseGet(
            () ->
                all.stream()
                    .filter(t -> lines.stream().anyMatch(line -> row(t, line) != null))
                    .findFirst()
                    .orElse(Task.CLASSIFICATION));
  }

  /** The summary of the run in a folder. */
  public Summary(Path folder) {
    file = folder.resolve(FILE);
  }

  /**
   * An epoch of a phase.
   *
   * @param line as the file has it
   * @param cells the numbers by column, in their order
   */
  public record Row(String line, String phase, Map<String, Double> cells) {
    /** A number of the row; NaN if there is no such column. */
    public double cell(String column) {
      return cells.getOrDefault(column, Double.NaN);
    }

    /** From 1. */
    public int epoch() {
      return (int) cell("epoch");
    }
  }

  /**
   * The rows; none if the file is not there yet.
   *
   * @throws sakd.base.UserError if the file cannot be read
   */
  public List<Row> rows() {
    String text = read();
    Task task = task(text);
    return text.lines().map(line -> row(task, line)).flatMap(Stream::ofNullable).toList();
  }

  /** How many epochs of a phase have a row. */
  public long epochs(String phase) {
    return column(phase, "epoch").count();
  }

  /** Seconds spent training in a phase, as its rows say: those of every session of the run. */
  public double seconds(String phase) {
    return column(phase, "seconds").sum();
  }

  /** What the networks are for, as far as the file tells. */
  public Task task() {
    return task(read());
  }

  /** The headline's score after the last epoch of a phase, in [0, 1]; 0 if it has none. */
  public double last(String phase) {
    return headline(phase).reduce(0, (before, last) -> last);
  }

  /** The headline's best score of a phase, in [0, 1]; 0 if it has no epoch. */
  public double best(String phase) {
    return headline(phase).max().orElse(0);
  }

  private DoubleStream headline(String phase) {
    return column(phase, task().scores().get(0).column());
  }

  private DoubleStream column(String phase, String column) {
    return rows().stream().filter(r -> r.phase.equals(phase)).mapToDouble(r -> r.cell(column));
  }

  /** Damaged bytes become characters that no row has. */
  private String read() {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "the rows of a run's epochs", e);
    }
  }

  /** What a line says; null if it makes no sense. */
  private static Row row(Task task, String line) {
    List<String> columns = columns(task);
    String[] words = line.split(",", -1);
    if (words.length != columns.size()
        || !words[0].matches("[a-z]+")
        || !words[1].matches("[1-9][0-9]{0,8}")
        || !Arrays.stream(words).skip(1).allMatch(word -> word.matches(NUMBER))) {
      return null;
    }
    Map<String, Double> cells = new LinkedHashMap<>();
    for (int i = 1; i < words.length; i++) {
      cells.put(columns.get(i), Double.valueOf(words[i]));
    }
    boolean holds =
        cells.values().stream().allMatch(Double::isFinite)
            && cells.get("seconds") >= 0
            && shares(task).stream().allMatch(c -> cells.get(c) >= 0 && cells.get(c) <= 1);
    return holds ? new Row(line, words[0], cells) : null;
  }

  /** Writes the header alone. */
  void start(Task task) {
    AtomicFile.writeText(file, text(task, List.of()));
  }

  /**
   * Writes the file anew if it is not what this class writes.
   *
   * @return the rows that made no sense, but for a last one that was cut off: its epoch was not
   *     done
   */
  int restore() {
    String text = read();
    Task task = task(text);
    List<Row> rows = rows();
    String whole = text(task, rows);
    if (text.equals(whole)) {
      return 0;
    }
    AtomicFile.writeText(file, whole);
    List<String> found = new ArrayList<>(text.lines().toList());
    if (!found.isEmpty() && row(task, found.get(0)) == null) {
      found.remove(0); // The header.
    }
    boolean cutOff =
        !text.endsWith("\n") && !found.isEmpty() && row(task, found.get(found.size() - 1)) == null;
    return found.size() - (cutOff ? 1 : 0) - rows.size();
  }

  private static String text(Task task, List<Row> rows) {
    StringBuilder text = new StringBuilder(header(task)).append('\n');
    rows.forEach(row -> text.append(row.line).append('\n'));
    return text.toString();
  }

  /** Adds an epoch, in the place of what an earlier training of it and those after it left. */
  void add(Listener.EpochSummary s) throws IOException {
    List<Row> all = rows();
    List<Row> kept =
        all.stream().filter(r -> !r.phase.equals(s.phase()) || r.epoch() < s.epoch()).toList();
    if (kept.size() < all.size() || !Files.exists(file) || task() != s.task()) {
      AtomicFile.writeText(file, text(s.task(), kept));
    }
    List<Double> numbers = new ArrayList<>(List.of(s.lr(), s.loss().total()));
    numbers.addAll(s.loss().terms().values());
    numbers.add(s.trainAccuracy());
    numbers.addAll(s.scores().values().values());
    StringBuilder line = new StringBuilder(s.phase() + "," + s.epoch());
    numbers.forEach(n -> line.append(String.format(Locale.ROOT, ",%.6g", n)));
    line.append(String.format(Locale.ROOT, ",%.1f,%.3f\n", s.imagesPerSecond(), s.seconds()));
    Files.writeString(
        file,
        line,
        StandardCharsets.UTF_8,
        StandardOpenOption.WRITE,
        StandardOpenOption.APPEND,
        StandardOpenOption.SYNC);
  }

  /** The file, for messages. */
  Path file() {
    return file;
  }
}
