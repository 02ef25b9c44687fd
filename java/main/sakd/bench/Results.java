package sakd.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** A Markdown file in the making: sections of one table each. Every line is shown as it comes. */
public final class Results {
  /** What this program is called in the column that peers share. */
  static final String SAKD = "SAKD";

  private final StringBuilder text = new StringBuilder();
  private final Consumer<String> show;

  /**
   * @param show gets every line once it is there
   */
  public Results(Consumer<String> show) {
    this.show = show;
  }

  private void line(String line) {
    text.append(line).append('\n');
    show.accept(line);
  }

  /** The title of the file and what is said below it, one paragraph each. */
  void title(String title, String... paragraphs) {
    line("# " + title);
    for (String paragraph : paragraphs) {
      line("");
      line(paragraph);
    }
  }

  /** Begins a section: what it shows, how it was measured, and the head of its table. */
  void section(String title, String how, String... head) {
    line("");
    line("## " + title);
    line("");
    line(how);
    line("");
    row(Arrays.asList(head));
    row(Arrays.stream(head).map(h -> "---").toList());
  }

  /** A row of the table begun last. */
  void row(List<String> cells) {
    line("| " + String.join(" | ", cells) + " |");
  }

  /** A cell with a number. */
  static String cell(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** The whole file. */
  public String text() {
    return text.toString();
  }
}
