package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import sakd.data.Dataset;
import sakd.data.set.Datasets;
import sakd.device.DType;
import sakd.model.Own;
import sakd.ops.Ops;
import sakd.report.Report;
import sakd.testing.Devices;

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
          "samples-0-all");

  @TempDir static Path folder;
  private static Path data;
  private static Path whole;
  private static String page;
  private static String atEnd;

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
    String said = CommandLines.run(train(whole)).ok().err();
    assertTrue(said.contains("report  " + whole.resolve("report.html")), said);
    atEnd = Files.readString(whole.resolve("report.html"));
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
        assertTrue(content.matches("(?s).*(<svg|<table|<img|<dl).*"), content);
      }
    }
    Matcher svg = Pattern.compile("(?s)<svg class=\"chart.*?</svg>").matcher(page);
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
  void aTrainingEndsWithItsPage() throws IOException {
    for (List<String> ids : List.of(FIGURES, MORE)) {
      ids.forEach(id -> assertFalse(figure(atEnd, id).contains("class=\"missing\""), id));
    }
    assertFalse(atEnd.contains("interrupted"), "the run came to its end");
    // After 360 images of training a test set of 1000 is not gone through.
    try (Ops ops = Devices.reference()) {
      Dataset large = Datasets.open("fashion-mnist-small", null, false);
      Path file = Report.ofEndedRun(whole, large, Own.NONE, ops, DType.F32);
      assertTrue(Files.readString(file).contains("on 24 test images, few so that"), "it says so");
    }
  }

  @Test
  void thePageNeedsNothingButItself() {
    assertFalse(Pattern.compile("(src|href)=\"(?!data:|#)").matcher(page).find());
    assertFalse(page.contains("url(") || page.contains("@import") || page.contains("fetch("));
    assertFalse(page.replace("http://www.w3.org/2000/svg", "").contains("http"));
    assertTrue(page.contains("&lt;whole&gt; &amp; &quot;quoted&quot;"), "names are escaped");
    assertFalse(page.contains("<whole>"));
    assertTrue(page.length() < 300_000, page.length() + " characters");
  }

  @Test
  void thePageIsWellFormedAndItsLinksLeadSomewhere() throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(
                new InputSource(
                    new StringReader(page.replaceAll("(?s)<(script|style)>.*?</\\1>", ""))));
    Set<String> ids = new HashSet<>();
    List<Element> elements = new ArrayList<>();
    NodeList all = document.getElementsByTagName("*");
    for (int i = 0; i < all.getLength(); i++) {
      elements.add((Element) all.item(i));
    }
    for (Element e : elements) {
      assertTrue(e.getAttribute("id").isEmpty() || ids.add(e.getAttribute("id")), "ids are unique");
    }
    for (Element e : elements) {
      if (e.getAttribute("href").startsWith("#")) {
        assertTrue(ids.contains(e.getAttribute("href").substring(1)), e.getAttribute("href"));
      }
      if (e.getTagName().equals("table")) {
        Element box = (Element) e.getParentNode();
        assertEquals("wide", box.getAttribute("class"), "a table scrolls in its own box");
      }
      if (e.getTagName().equals("img")) {
        assertFalse(e.getAttribute("alt").isEmpty(), "a picture says what it shows");
      }
    }
  }

  @Test
  void curvesHaveAValueForEveryEpochAndUnitsStay() {
    Matcher curve =
        Pattern.compile("points=\"([^\"]*)\" data-name=\"([^\"]*)\" data-where=\"([^\"]*)\"")
            .matcher(figure(page, "accuracy"));
    List<String> names = new ArrayList<>();
    while (curve.find()) {
      names.add(curve.group(2));
      assertEquals(curve.group(1).split(" ").length, curve.group(3).split("\\|").length);
    }
    assertEquals(6, names.size(), names + ": of three networks on test and training images");
    assertTrue(names.containsAll(List.of("teacher", "sakd", "sakd, training")), names.toString());
    Set<String> styles = new HashSet<>();
    Matcher group =
        Pattern.compile("<g class=\"(s\\d d\\d) main\" data-").matcher(figure(page, "accuracy"));
    while (group.find()) {
      assertTrue(styles.add(group.group(1)), "no two look the same");
    }
    assertEquals(3, styles.size());
    assertFalse(Pattern.compile("\\d %").matcher(figure(page, "table")).find(), "87.00 / %");
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
    assertTrue(shown.contains("<div id=\"tip\" role=\"status\""), "the script runs");
    assertEquals(
        page.split("<svg", -1).length, shown.split("<svg", -1).length, "every plot was understood");
    String said = Files.readString(console, StandardCharsets.ISO_8859_1);
    assertFalse(said.contains("CONSOLE"), said);
  }
}
