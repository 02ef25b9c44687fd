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
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import sakd.data.HeldOut;
import sakd.io.AtomicFile;
import sakd.io.IoErrors;
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

  private final Path file;

  /** What the run is known to write; null where only the file tells. */
  private final SummaryColumns own;

  /** The summary of the run in a folder, to be read. */
  public Summary(Path folder) {
    this(folder, null);
  }

  /** The summary of a run that writes these columns. */
  Summary(Path folder, SummaryColumns own) {
    file = folder.resolve(FILE);
    this.own = own;
  }

  /**
   * The columns of a file: those of the run, if they are known; else its header says which, and if
   * that is lost, the rows do, unless they have losses beyond their task's.
   */
  private SummaryColumns columns(String text) {
    if (own != null) {
      return own;
    }
    List<String> lines = text.lines().toList();
    Optional<SummaryColumns> named = lines.stream().findFirst().flatMap(SummaryColumns::of);
    if (named.isPresent()) {
      return named.get();
    }
    return Arrays.stream(Task.values())
        .map(SummaryColumns::new)
        .filter(columns -> lines.stream().anyMatch(line -> row(columns, line) != null))
        .findFirst()
        .orElseGet(() -> new SummaryColumns(Task.CLASSIFICATION));
  }

  /**
   * An epoch of a phase.
   *
   * @param line as the file has it
   * @param cells the numbers by column, in their order; scores by their own names
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
    SummaryColumns columns = columns(text);
    return text.lines().map(line -> row(columns, line)).flatMap(Stream::ofNullable).toList();
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
    return columns(read()).task();
  }

  /** Which samples the scores are on, as far as the file tells. */
  public HeldOut heldOut() {
    return columns(read()).heldOut();
  }

  /** The headline's score after the last epoch of a phase, in [0, 1]; 0 if it has none. */
  public double last(String phase) {
    return headline(phase).reduce(0, (before, last) -> last);
  }

  /** The headline's best score of a phase, in [0, 1]; 0 if it has no epoch. */
  public double best(String phase) {
    return headline(phase).max().orElse(0);
  }

  /** The first epoch of a phase with its best score; 0 if it has no epoch. */
  public int bestEpoch(String phase) {
    String headline = task().scores().get(0).column();
    double best = best(phase);
    return rows().stream()
        .filter(r -> r.phase.equals(phase) && r.cell(headline) == best)
        .findFirst()
        .map(Row::epoch)
        .orElse(0);
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
  private static Row row(SummaryColumns columns, String line) {
    List<String> names = columns.names();
    String[] words = line.split(",", -1);
    if (words.length != names.size()
        || !words[0].matches("[a-z]+")
        || !words[1].matches("[1-9][0-9]{0,8}")
        || !Arrays.stream(words).skip(1).allMatch(word -> word.matches(NUMBER))) {
      return null;
    }
    Map<String, Double> cells = new LinkedHashMap<>();
    for (int i = 1; i < words.length; i++) {
      cells.put(names.get(i), Double.valueOf(words[i]));
    }
    boolean holds =
        cells.values().stream().allMatch(Double::isFinite)
            && cells.get("seconds") >= 0
            && columns.shares().stream().allMatch(c -> cells.get(c) >= 0 && cells.get(c) <= 1);
    return holds ? new Row(line, words[0], cells) : null;
  }

  /** Writes the header alone. */
  void start() {
    AtomicFile.writeText(file, text(own, List.of()));
  }

  /**
   * Writes the file anew if it is not what this class writes.
   *
   * @return the rows that made no sense, but for a last one that was cut off: its epoch was not
   *     done
   */
  int restore() {
    String text = read();
    SummaryColumns columns = columns(text);
    List<Row> rows = rows();
    String whole = text(columns, rows);
    if (text.equals(whole)) {
      return 0;
    }
    AtomicFile.writeText(file, whole);
    List<String> found = new ArrayList<>(text.lines().toList());
    if (!found.isEmpty() && row(columns, found.get(0)) == null) {
      found.remove(0); // The header.
    }
    boolean cutOff =
        !text.endsWith("\n")
            && !found.isEmpty()
            && row(columns, found.get(found.size() - 1)) == null;
    return found.size() - (cutOff ? 1 : 0) - rows.size();
  }

  private static String text(SummaryColumns columns, List<Row> rows) {
    StringBuilder text = new StringBuilder(columns.header()).append('\n');
    rows.forEach(row -> text.append(row.line).append('\n'));
    return text.toString();
  }

  /** Adds an epoch, in the place of what an earlier training of it and those after it left. */
  void add(Listener.EpochSummary s) throws IOException {
    List<Row> all = rows();
    List<Row> kept =
        all.stream().filter(r -> !r.phase.equals(s.phase()) || r.epoch() < s.epoch()).toList();
    if (kept.size() < all.size() || !Files.exists(file)) {
      AtomicFile.writeText(file, text(own, kept));
    }
    List<Double> numbers = new ArrayList<>(List.of(s.lr(), s.loss().total()));
    // Another phase, such as the teacher's, need not have them all.
    own.losses().forEach(loss -> numbers.add(s.loss().terms().getOrDefault(loss, 0.0)));
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
