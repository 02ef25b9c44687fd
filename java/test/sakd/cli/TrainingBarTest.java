package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import sakd.task.LossTerms;
import sakd.testing.Heard;
import sakd.train.Listener;

/** What a terminal shows of a bar and of the lines around it. */
class TrainingBarTest {
  private static final int WIDTH = 160;
  private static final LossTerms LOSS = Heard.loss(9.1162, 0.7091, 1.5664, 0.68406);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void showsHowFarAndHowWellAndMakesWayForLines() {
    try (TrainingBar bar = new TrainingBar(out, () -> WIDTH, () -> 3L << 29)) {
      out.println("training sakd");
      bar.start(new Listener.Start("sakd", Path.of("run"), 3, 0, 4, 10, null));
      for (int epoch = 3; epoch <= 4; epoch++) {
        for (int step = 1; step <= 10; step++) {
          bar.submitted("sakd", epoch, step);
          if (step == 5) {
            bar.checked(
                new Listener.StepSummary("sakd", epoch, 4, step, 10, LOSS, 0.7353, 1212, 0));
          }
        }
        if (epoch == 4) {
          bar.unreadable("sakd", epoch, List.of("a.png"));
          out.println("unreadable");
        }
        bar.epoch(Heard.epoch("sakd", epoch, 4, 0.1, LOSS, 1, 1, 1, 1, 1));
        out.println("epoch " + epoch);
      }
      bar.start(new Listener.Start("direct", Path.of("run"), 1, 0, 2, 10, null));
      bar.submitted("direct", 1, 1);
    }
    out.println("error");
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertEquals(
        List.of("training sakd", "epoch 3", "unreadable", "epoch 4", "error", ""),
        Arrays.stream(text.split("\n", -1)).map(TrainingBarTest::seen).toList(),
        text);
    String last = text.substring(0, text.indexOf("epoch 3"));
    String[] drawn = last.split("\r", -1);
    String bar = drawn[drawn.length - 3];
    assertTrue(bar.matches("sakd 3/4  75 % \\[=+>? *]  0 s left  .*"), bar);
    assertTrue(
        bar.contains(
            "  loss 9.1162  train 73.53 %  1212 images/s  1.50 GiB"
                + "  (ce 0.7091, logits 1.5664, feat"),
        bar);
    assertTrue(bar.length() < WIDTH, bar);
  }

  private static final Listener.StepSummary CHECKED =
      new Listener.StepSummary("sakd", 3, 5, 5, 10, LOSS, 0.7353, 1212, 0);

  private static String line(int width) {
    return new BarLine("sakd 3/5", 0.425, 202, CHECKED, 3L << 29).fitted(width).stripTrailing();
  }

  /** Each width shows what matters most, beside a bar that is one. */
  @Test
  void columnsAreLeftOutByImportance() {
    String head = "sakd 3/5  42 % [";
    assertEquals(head + "=======>          ]  3:22 left  loss 9.1162", line(59));
    assertEquals(
        head + "=========>             ]  3:22 left  loss 9.1162  train 73.53 %", line(79));
    assertEquals(
        head
            + "=========>            ]  3 min 22 s left  loss 9.1162  train 73.53 %  1212 images/s",
        line(99));
    assertTrue(line(119).endsWith("  1212 images/s  1.50 GiB"), line(119));
    assertTrue(line(159).endsWith("  1.50 GiB  (ce 0.7091, logits 1.5664, features 0.68406)"));
    assertEquals("sakd 3/5  42 %", line(15));
    assertEquals("sakd 3/", line(7));
  }

  @Test
  void everyWidthIsKept() {
    for (String name : List.of("teacher 12/12", "features 1000/1000")) {
      for (double left : new double[] {-1, 7, 202, 7000, 1e6}) {
        for (double share : new double[] {0, 0.999, 1}) {
          for (int width = 1; width < 200; width++) {
            for (var checked : new Listener.StepSummary[] {null, CHECKED}) {
              String line = new BarLine(name, share, left, checked, 1 << 27).fitted(width);
              assertEquals(width, line.length(), line);
              int bar = line.indexOf(']') - line.indexOf('[') - 1;
              assertTrue(width < 60 || bar >= width / 4 - 1 || bar >= 16, line);
            }
          }
        }
      }
    }
  }

  /** A terminal that becomes narrower while a bar is shown has no line that is too long. */
  @Test
  void theBarFollowsTheTerminal() {
    AtomicInteger width = new AtomicInteger(WIDTH);
    try (TrainingBar bar = new TrainingBar(out, width::get, () -> 1)) {
      bar.start(new Listener.Start("sakd", Path.of("run"), 1, 0, 2, 10, null));
      bar.submitted("sakd", 1, 1);
      bar.checked(CHECKED);
      bar.epoch(Heard.epoch("sakd", 1, 4, 0.1, LOSS, 1, 1, 1, 1, 1));
      bytes.reset();
      width.set(50);
      bar.submitted("sakd", 2, 1);
    }
    List<String> drawn = Arrays.asList(bytes.toString(StandardCharsets.UTF_8).split("\r", -1));
    assertTrue(drawn.stream().anyMatch(l -> l.startsWith("sakd 2/2  55 % [")), drawn.toString());
    drawn.forEach(l -> assertTrue(l.length() < 50, l));
  }

  /** What is left to be seen of characters that overwrite each other. */
  private static String seen(String line) {
    StringBuilder screen = new StringBuilder(" ".repeat(WIDTH));
    for (String part : line.split("\r", -1)) {
      screen.replace(0, part.length(), part);
    }
    return screen.toString().strip();
  }
}
