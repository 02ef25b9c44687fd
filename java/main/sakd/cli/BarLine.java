package sakd.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import sakd.base.Numbers;
import sakd.run.LogLines;
import sakd.train.Listener;

/**
 * How far a training is, in one line of any width: {@code sakd 3/5 42 % [====> ] 3 min 22 s left
 * loss 0.6732 train 75.75 %}. What matters least is left out first, so that a bar remains.
 *
 * @param name which network, and the epoch
 * @param share of the steps that are done, in [0, 1]
 * @param secondsLeft negative where nothing can be said of it
 * @param checked how it goes; null before that is known
 * @param peakBytes the most memory that was needed on the device
 */
record BarLine(
    String name, double share, double secondsLeft, Listener.StepSummary checked, long peakBytes) {
  /** Characters between the brackets where there is room. */
  private static final int BAR = 16;

  /** Of a narrower terminal, the part that the bar has. */
  private static final int PART = 4;

  private static final int MINUTE = 60;
  private static final int HOUR = 60 * MINUTE;

  /** The line, {@code width} characters long. */
  String fitted(int width) {
    String head = String.format(Locale.ROOT, "%s %3d %%", name, (int) (100 * share));
    int room = width - head.length() - " []".length();
    String figures =
        figures()
            .filter(f -> f.length() <= room - Math.min(BAR, width / PART))
            .findFirst()
            .orElse("");
    int bar = room - figures.length();
    String line = bar < 1 ? head : head + " [" + bar(bar) + "]" + figures;
    return line.length() > width
        ? line.substring(0, width)
        : line + " ".repeat(width - line.length());
  }

  private String bar(int cells) {
    int done = (int) (cells * share);
    return "=".repeat(done) + (done < cells ? ">" + " ".repeat(cells - done - 1) : "");
  }

  /** What is said beside the bar, from the most to nothing. */
  private Stream<String> figures() {
    if (checked == null) {
      return Stream.of(joined(left()), joined(shortLeft()), "");
    }
    String loss = String.format(Locale.ROOT, "loss %.4f", checked.loss().total());
    String train = String.format(Locale.ROOT, "train %.2f %%", 100 * checked.accuracy());
    String rate = String.format(Locale.ROOT, "%.0f", checked.imagesPerSecond());
    String images = rate + " images/s";
    String memory = Numbers.bytes(peakBytes);
    String terms = LogLines.terms(checked.loss()).strip();
    return Stream.of(
        joined(left(), loss, train, images, memory, terms),
        joined(left(), loss, train, images, memory),
        joined(left(), loss, train, images),
        joined(shortLeft(), loss, train, rate + "/s"),
        joined(shortLeft(), loss, train),
        joined(shortLeft(), loss),
        joined(shortLeft()),
        "");
  }

  private static String joined(String... figures) {
    return List.of(figures).stream()
        .filter(f -> !f.isEmpty())
        .map(f -> "  " + f)
        .collect(Collectors.joining());
  }

  private String left() {
    return secondsLeft < 0 ? "" : whole(secondsLeft) + " left";
  }

  /** Tenths of a second would only flicker. */
  private static String whole(double seconds) {
    long s = Math.round(seconds);
    return s < MINUTE ? s + " s" : Numbers.duration((double) s);
  }

  private String shortLeft() {
    long s = Math.round(secondsLeft);
    if (s < 0) {
      return "";
    }
    String hours = s < HOUR ? "" : s / HOUR + ":";
    String form = s < HOUR ? "%d:%02d left" : "%02d:%02d left";
    return hours + String.format(Locale.ROOT, form, s % HOUR / MINUTE, s % MINUTE);
  }
}
