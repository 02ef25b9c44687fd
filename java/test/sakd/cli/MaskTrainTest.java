package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.HostTensor;
import sakd.io.Safetensors;

/** A whole run on pictures with masks, and what eval and export make of its files. */
class MaskTrainTest {
  private static final int EPOCHS = 2;
  private static final int TEACHER_EPOCHS = 4;

  @TempDir static Path shared;
  private static Path data;
  private static Path run;
  private static String out;

  @BeforeAll
  static void everything() throws IOException {
    data = MaskLines.data(shared);
    run = shared.resolve("run");
    out =
        CommandLines.run(
                MaskLines.train(
                    data,
                    run,
                    "--epochs",
                    "" + EPOCHS,
                    "--teacher-epochs",
                    "" + TEACHER_EPOCHS,
                    "--lr",
                    "0.05"))
            .ok()
            .out();
  }

  private static CommandLines.Answer eval(Path weights, String... more) {
    return CommandLines.run(
            CommandLines.with(
                List.of(
                    "eval",
                    "--data-path",
                    data.toString(),
                    "--weights",
                    weights.toString(),
                    "--batch-size",
                    "4",
                    "--device",
                    "cpu"),
                more))
        .ok();
  }

  private static List<Map<String, String>> rows(String phase) throws IOException {
    return RunFiles.rows(run, phase);
  }

  private static double cell(Map<String, String> row, String column) {
    return RunFiles.cell(row, column);
  }

  private static String best(String phase) throws IOException {
    return RunFiles.best(run, phase, "miou");
  }

  @Test
  void theSummaryHasTheScoresOfMasks() throws IOException {
    List<String> header = RunFiles.columns(run);
    assertTrue(
        header.containsAll(
            List.of("loss", "ce", "logits", "aux", "features", "miou", "pixel_accuracy")),
        header.toString());
    assertFalse(header.contains("top1"), header.toString());
    assertEquals(TEACHER_EPOCHS, rows("teacher").size());
    for (String phase : List.of("direct", "sakd")) {
      List<Map<String, String>> rows = rows(phase);
      assertEquals(EPOCHS, rows.size(), phase);
      for (Map<String, String> row : rows) {
        assertTrue(cell(row, "aux") > 0 && cell(row, "ce") > 0, row.toString());
        assertEquals(phase.equals("sakd"), cell(row, "features") > 0, row.toString());
        assertEquals(phase.equals("sakd"), cell(row, "logits") > 0, row.toString());
        double miou = cell(row, "miou");
        assertTrue(miou > 0 && miou <= 1, row.toString());
      }
    }
    List<Map<String, String>> teacher = rows("teacher");
    assertTrue(cell(teacher.get(TEACHER_EPOCHS - 1), "loss") < cell(teacher.get(0), "loss"), out);
  }

  @Test
  void theTableNamesEveryNetworkAndItsMeanOverlap() throws IOException {
    String table = out.substring(out.indexOf("network"));
    assertTrue(table.lines().findFirst().orElseThrow().contains("mIoU"), table);
    for (String name : List.of("teacher (ANN)", "transferred only", "direct", "SAKD")) {
      assertTrue(table.contains("\n" + name + " "), table);
    }
    String sakd = table.lines().filter(l -> l.startsWith("SAKD ")).findFirst().orElseThrow();
    String last =
        String.format(Locale.ROOT, "%.2f", 100 * cell(rows("sakd").get(EPOCHS - 1), "miou"));
    assertTrue(sakd.contains(" " + last + " %"), sakd + " not " + last);
    assertTrue(sakd.contains(" M SOP"), sakd);
  }

  @Test
  void theEventFilesSayWhatTheSummarySays() throws IOException {
    Map<String, String> columns =
        Map.of(
            "loss/total", "loss",
            "loss/cross-entropy", "ce",
            "loss/aux", "aux",
            "loss/features", "features",
            "accuracy/test mIoU", "miou",
            "accuracy/test pixel accuracy", "pixel_accuracy");
    RunFiles.assertCurves(run, "sakd", columns, MaskLines.TRAINING / 4);
  }

  /** A row for every true class; what no mask tells is not counted. */
  @Test
  void evalSaysWhatTheRunSaidAndMore() throws IOException {
    Path csv = shared.resolve("confusion.csv");
    String found = eval(run.resolve("best.safetensors"), "--confusion-matrix", csv + "").out();
    assertTrue(found.contains("\nmIoU " + best("sakd") + " %, pixel accuracy "), found);
    Map<?, ?> said =
        Results.json(eval(run.resolve("best.safetensors"), "--format", "json").out()).get(0);
    String miou = String.format(Locale.ROOT, "%.2f", 100 * Results.number(said, "miou"));
    assertEquals(best("sakd"), miou);
    for (Map<?, ?> of : Results.list(said, "classes")) {
      String start =
          String.format(
              Locale.ROOT, "  %-26s %12.2f", of.get("class"), 100 * Results.number(of, "iou"));
      assertTrue(line(found, start).endsWith(" " + of.get("pixels")), start);
    }
    List<String> lines = Files.readAllLines(csv);
    assertEquals(4, lines.size(), lines.toString());
    long[][] counts = new long[3][];
    for (int k = 0; k < 3; k++) {
      String[] cells = lines.get(k + 1).split(",", -1);
      counts[k] = Arrays.stream(cells).skip(1).mapToLong(Long::parseLong).toArray();
    }
    double sum = 0;
    int classes = 0;
    for (int k = 0; k < 3; k++) {
      long truth = Arrays.stream(counts[k]).sum();
      long union = truth + counts[0][k] + counts[1][k] + counts[2][k] - counts[k][k];
      sum += (double) counts[k][k] / union;
      classes++;
      String name = MaskLines.CLASSES.split(",", -1)[k];
      String row = String.format(Locale.ROOT, "%.2f", 100.0 * counts[k][k] / union);
      assertTrue(
          found.lines().anyMatch(l -> l.strip().matches(name + " +" + row + " .* " + truth)),
          name + " " + row + " of " + truth + " in " + found);
    }
    assertEquals(best("sakd"), String.format(Locale.ROOT, "%.2f", 100 * sum / classes));
    // Inside its frame, a box of 14 pixels has 12.
    assertEquals(MaskLines.TEST * 144L, Arrays.stream(counts[1]).sum());
    assertTrue(found.contains("mean firing rate ") && found.contains("energy per image"), found);
    assertTrue(found.contains("backbone.conv1") && found.contains("classifier.4"), found);
    assertFalse(found.contains("aux_classifier"), "that is for training: " + found);
  }

  /** The student starts from the teacher's very weights, those of the second head too. */
  @Test
  void allWeightsAreTransferredByName() {
    Path start = shared.resolve("transfer");
    CommandLines.run(
            MaskLines.train(
                data,
                start,
                "--method",
                "transfer",
                "--epochs",
                "1",
                "--lr",
                "1e-12",
                "--weight-decay",
                "0",
                "--amp",
                "off",
                "--teacher",
                run.resolve("teacher/best.safetensors") + ""))
        .ok();
    Map<String, HostTensor> before =
        Safetensors.read(run.resolve("teacher/best.safetensors")).tensors();
    Map<String, HostTensor> after = Safetensors.read(start.resolve("best.safetensors")).tensors();
    assertEquals(before.keySet(), after.keySet());
    assertTrue(after.containsKey("aux_classifier.4.weight"), after.keySet().toString());
    before.forEach(
        (name, tensor) -> {
          if (name.endsWith(".weight") || name.endsWith(".bias")) {
            assertArrayEquals(tensor.toFloats(), after.get(name).toFloats(), 1e-6f, name);
          }
        });
  }

  @Test
  void exportedFilesAreTheSameNetwork() {
    Path weights = run.resolve("best.safetensors");
    String expected = eval(weights, "--amp", "off").out();
    for (String ending : List.of("safetensors", "pth")) {
      Path copy = shared.resolve("copy." + ending);
      CommandLines.run("export", "--weights", weights + "", "--output", copy + "").ok();
      String found =
          eval(
                  copy,
                  "--amp",
                  "off",
                  "--model",
                  "spiking-fcn-resnet8",
                  "--T",
                  "2",
                  "--mask-classes",
                  MaskLines.CLASSES,
                  "--crop-size",
                  "32")
              .out();
      assertEquals(line(expected, "mIoU "), line(found, "mIoU "), ending);
    }
    Path onnx = shared.resolve("net.onnx");
    CommandLines.run("export", "--weights", weights + "", "--output", onnx + "").ok();
    assertTrue(Files.exists(onnx));
    CommandLines.Answer nir =
        CommandLines.run(
            "export", "--weights", weights + "", "--output", shared.resolve("net.nir") + "");
    assertEquals(2, nir.code());
    assertTrue(nir.err().contains("NIR has no node for maps that are resized"), nir.err());
  }

  private static String line(String text, String start) {
    return text.lines().filter(l -> l.startsWith(start)).findFirst().orElseThrow();
  }
}
