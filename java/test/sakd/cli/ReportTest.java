package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page about runs: whole ones, one that died, and in a browser. */
class ReportTest {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  /** Figures of every page, whatever the runs. */
  private static final List<String> FIGURES =
      List.of(
          "table",
          "accuracy",
          "loss-loss",
          "lr",
          "steps",
          "features",
          "firing",
          "operations",
          "settings-0");

  /** Figures of a whole run. */
  private static final List<String> MORE =
      List.of(
          "loss-ce",
          "loss-logits",
          "loss-features",
          "raster-0-direct-spikes-0",
          "raster-0-sakd-spikes-2",
          "raster-0-sakd-membranes-0",
          "confusion-0-teacher",
          "confusion-0-sakd",
          "samples-0-direct",
          "samples-0-sakd");

  @TempDir static Path folder;
  private static Path data;
  private static Path whole;
  private static String page;

  private static String[] train(Path output) {
    return CommandLines.with(
            List.of("train", "--data-path", data.toString(), "--output-dir", output.toString()),
            "--device cpu --model spiking-resnet8 --T 2 --batch-size 20 --epochs 2".split(" ", -1))
        .toArray(String[]::new);
  }

  private static String report(Path... runs) throws IOException {
    List<String> args = new ArrayList<>(List.of("report", "--device", "cpu"));
    for (Path run : runs) {
      args.add(run.toString());
    }
    CommandLines.run(args).ok();
    return Files.readString(runs[0].resolve("report.html"));
  }

  @BeforeAll
  static void whole() throws IOException {
    data = CommandLines.data(folder);
    whole = folder.resolve("<whole> & \"quoted\"");
    CommandLines.run(train(whole)).ok();
    page = report(whole);
  }

  /** The content of a figure. */
  private static String figure(String html, String id) {
    int start = html.indexOf("<figure id=\"" + id + "\">");
    assertTrue(start >= 0, id);
    return html.substring(start, html.indexOf("</figure>", start));
  }

  @Test
  void everyFigureOfAWholeRun() {
    for (List<String> ids : List.of(FIGURES, MORE)) {
      for (String id : ids) {
        String content = figure(page, id);
        assertFalse(content.contains("class=\"missing\""), content);
        assertTrue(content.matches("(?s).*(<svg|<table|<img).*"), content);
      }
    }
    Matcher svg = Pattern.compile("(?s)<svg viewBox[^>]* role=\"img\".*?</svg>").matcher(page);
    int plots = 0;
    while (svg.find()) {
      assertTrue(svg.group().contains("class=\"label middle\""), "an axis has a label");
      assertFalse(svg.group().matches("(?s).*(NaN|Infinity).*"), svg.group());
      plots++;
    }
    assertTrue(plots > 15, plots + " plots");
    assertTrue(figure(page, "settings-0").contains("oneDNN"), "the device is told");
    assertFalse(page.contains("interrupted"), "the run came to its end");
  }

  @Test
  void thePageNeedsNothingButItself() {
    assertFalse(Pattern.compile("(src|href)=\"(?!data:)").matcher(page).find());
    assertFalse(page.contains("url(") || page.contains("@import") || page.contains("<script"));
    assertTrue(page.contains("&lt;whole&gt; &amp; &quot;quoted&quot;"), "names are escaped");
    assertFalse(page.contains("<whole>"));
  }

  @Test
  void aRunThatDiedBesideAWholeOne() throws IOException {
    Path died = folder.resolve("died");
    CommandLines.killAt("direct epoch 1/2", train(died));
    String html = report(died, whole);
    assertTrue(html.contains("died was interrupted or still runs"), "it is told");
    for (String id : FIGURES) {
      assertFalse(figure(html, id).contains("class=\"missing\""), id + " shows the whole run");
    }
    assertTrue(figure(html, "raster-0-none").contains("No spiking network is trained yet"));
    assertTrue(figure(html, "confusion-0-teacher").contains("<svg"));
    assertTrue(figure(html, "confusion-1-sakd").contains("<svg"));
    assertTrue(figure(html, "table").contains("died teacher"));
  }

  @Test
  void aRunOfNoEpochAndOneWhoseDataAreGone() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Files.writeString(empty.resolve("args.txt"), "--data-path\n/nowhere/mnist\n");
    String html = report(empty);
    assertTrue(figure(html, "accuracy").contains("No epoch is finished yet."));
    assertTrue(figure(html, "steps").contains("/nowhere/mnist; expected"), html);
    // An option of the report goes before the run's.
    CommandLines.run("report", empty.toString(), "--data-path", data.toString()).ok();
    html = Files.readString(empty.resolve("report.html"));
    assertTrue(figure(html, "steps").contains("No weights are saved yet."), html);
  }

  @Test
  void aFolderThatIsNoRun() {
    CommandLines.Answer answer = CommandLines.run("report", folder.toString());
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("is not a run directory"), answer.err());
  }

  @Test
  void aBrowserShowsEveryFigureWithoutComplaint() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(CHROMIUM), "no " + CHROMIUM + "; apt-get install chromium");
    Path file = Files.writeString(folder.resolve("page.html"), page);
    Path dom = folder.resolve("dom.html");
    Path console = folder.resolve("console.txt");
    Process browser =
        new ProcessBuilder(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--enable-logging=stderr",
                "--user-data-dir=" + folder.resolve("browser"),
                "--dump-dom",
                file.toUri().toString())
            .redirectOutput(dom.toFile())
            .redirectError(console.toFile())
            .start();
    assertEquals(0, browser.waitFor());
    String shown = Files.readString(dom);
    for (List<String> ids : List.of(FIGURES, MORE)) {
      ids.forEach(id -> assertFalse(figure(shown, id).isEmpty()));
    }
    assertEquals(
        page.split("<svg", -1).length, shown.split("<svg", -1).length, "every plot was understood");
    String said = Files.readString(console, StandardCharsets.ISO_8859_1);
    assertFalse(said.contains("CONSOLE"), said);
  }
}
