package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.cli.RunFiles.cell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.HostTensor;
import sakd.io.Safetensors;

/** A whole run on pictures with objects, and what other commands make of its files. */
class DetectTrainTest {
  private static final List<String> CLASSES = List.of("circle", "square", "triangle");
  private static final int TEACHER_EPOCHS = 2;
  private static final int STEPS = BoxLines.TRAINING / BoxLines.BATCH;

  @TempDir static Path shared;
  private static Path run;
  private static Path teacher;
  private static String out;

  @BeforeAll
  static void everything() {
    run = shared.resolve("run");
    teacher = run.resolve("teacher/best.safetensors");
    out =
        CommandLines.run(
                BoxLines.train(run, "--epochs", "1", "--teacher-epochs", "" + TEACHER_EPOCHS))
            .ok()
            .out();
  }

  private static CommandLines.Answer eval(Path weights, String... more) {
    return CommandLines.run(
            CommandLines.with(
                List.of(
                    "eval",
                    "--dataset",
                    "box-shapes",
                    "--weights",
                    weights.toString(),
                    "--device",
                    "cpu"),
                more))
        .ok();
  }

  @Test
  void theSummaryHasTheScoresOfBoxes() throws IOException {
    assertEquals(
        "phase,epoch,lr,loss,focal,logits,box,boxes,pyramid,features,train_anchor_accuracy,"
            + "ap,ap50,ap75,images_per_second,seconds",
        String.join(",", RunFiles.columns(run)));
    List<Map<String, String>> teachers = RunFiles.rows(run, "teacher");
    assertEquals(TEACHER_EPOCHS, teachers.size());
    assertTrue(cell(teachers.get(1), "loss") < cell(teachers.get(0), "loss"), out);
    for (String phase : List.of("direct", "sakd")) {
      List<Map<String, String>> rows = RunFiles.rows(run, phase);
      assertEquals(1, rows.size(), phase);
      Map<String, String> row = rows.get(0);
      assertTrue(cell(row, "focal") > 0 && cell(row, "box") > 0, row.toString());
      for (String term : List.of("logits", "boxes", "pyramid", "features")) {
        assertEquals(phase.equals("sakd"), cell(row, term) > 0, term + " of " + row);
      }
      double accuracy = cell(row, "train_anchor_accuracy");
      assertTrue(accuracy > 0 && accuracy < 1, row.toString());
    }
    Map<String, String> sakd = RunFiles.rows(run, "sakd").get(0);
    assertTrue(cell(sakd, "ap") > 0 && cell(sakd, "ap") < cell(sakd, "ap50"), sakd.toString());
    double sum =
        cell(sakd, "focal")
            + cell(sakd, "logits")
            + cell(sakd, "box")
            + cell(sakd, "boxes")
            + cell(sakd, "pyramid")
            + 10 * cell(sakd, "features");
    assertEquals(sum, cell(sakd, "loss"), 1e-3 * sum);
  }

  @Test
  void theTableNamesEveryNetworkAndItsPrecision() throws IOException {
    String table = out.substring(out.indexOf("network"));
    assertTrue(table.lines().findFirst().orElseThrow().matches("network +AP .*"), table);
    for (String name : List.of("teacher (ANN)", "transferred only", "direct", "SAKD")) {
      assertTrue(table.contains("\n" + name + " "), table);
    }
    String sakd = table.lines().filter(l -> l.startsWith("SAKD ")).findFirst().orElseThrow();
    assertTrue(sakd.contains(" " + RunFiles.best(run, "sakd", "ap") + " %"), sakd);
    assertTrue(sakd.contains(" M SOP"), sakd);
  }

  @Test
  void theEventFilesSayWhatTheSummarySays() throws IOException {
    RunFiles.assertCurves(
        run,
        "sakd",
        Map.of(
            "loss/total", "loss",
            "loss/focal", "focal",
            "loss/logits", "logits",
            "loss/box", "box",
            "loss/boxes", "boxes",
            "loss/pyramid", "pyramid",
            "loss/features", "features",
            "accuracy/train anchor accuracy", "train_anchor_accuracy",
            "accuracy/test AP", "ap",
            "accuracy/test AP50", "ap50"),
        STEPS);
  }

  /** It is told neither the size of the pictures nor the width of the pyramid. */
  @Test
  void evalSaysWhatTheRunSaid() throws IOException {
    String found = eval(run.resolve("best.safetensors")).out();
    for (String figure : List.of("AP", "AP50", "AP75")) {
      String said = RunFiles.best(run, "sakd", figure.toLowerCase(Locale.ROOT));
      assertTrue(line(found, figure + " ").endsWith(" " + said), said + " in " + found);
    }
    for (String name : CLASSES) {
      assertTrue(line(found, "  " + name).matches(" +\\S+ +[0-9.]+ +[0-9.]+"), found);
    }
    assertFalse(found.contains("background"), found);
    assertTrue(found.contains("mean firing rate ") && found.contains("energy per image"), found);
    assertTrue(line(found, "  backbone.body.conv1 ").endsWith(" 0.000"), found);
    assertTrue(found.contains("  head.regression_head.bbox_reg "), found);
  }

  private static String line(String text, String start) {
    return text.lines().filter(l -> l.startsWith(start)).findFirst().orElseThrow();
  }

  /** The student starts from the teacher's very weights, those of pyramid and head too. */
  @Test
  void allWeightsAreTransferredByName() {
    Path start = shared.resolve("transfer");
    List<String> args =
        BoxLines.train(
            start,
            "--method",
            "transfer",
            "--epochs",
            "1",
            "--weight-decay",
            "0",
            "--amp",
            "off",
            "--teacher",
            teacher.toString());
    args.set(args.indexOf("--lr") + 1, "1e-12");
    CommandLines.run(args).ok();
    Map<String, HostTensor> before = Safetensors.read(teacher).tensors();
    Map<String, HostTensor> after = Safetensors.read(start.resolve("best.safetensors")).tensors();
    assertEquals(before.keySet(), after.keySet());
    for (String name :
        List.of(
            "backbone.body.conv1.weight",
            "backbone.fpn.inner_blocks.0.0.weight",
            "head.classification_head.cls_logits.bias",
            "head.regression_head.bbox_reg.weight")) {
      assertTrue(after.containsKey(name), name + " in " + after.keySet());
    }
    before.forEach(
        (name, tensor) -> {
          if (name.endsWith(".weight") || name.endsWith(".bias")) {
            assertArrayEquals(tensor.toFloats(), after.get(name).toFloats(), 1e-6f, name);
          }
        });
  }

  @Test
  void aKilledRunEndsWithTheBytesOfOneThatWasLeftAlone() throws IOException {
    Path alone = shared.resolve("alone");
    CommandLines.run(averaged(alone)).ok();
    Path killed = shared.resolve("killed");
    CommandLines.killAt("sakd epoch 2/2 step 2/4", averaged(killed).toArray(String[]::new));
    CommandLines.run("train", "--resume", killed.toString()).ok();
    for (String name : List.of("last.safetensors", "best.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(alone.resolve(name)), Files.readAllBytes(killed.resolve(name)), name);
    }
    assertEquals(CommandLines.epochs(alone), CommandLines.epochs(killed));
  }

  /** In few steps: each costs as much as its launches on so small maps. */
  private static List<String> averaged(Path output) {
    List<String> args =
        new ArrayList<>(
            BoxLines.train(
                output,
                "--method",
                "sakd",
                "--teacher",
                teacher.toString(),
                "--epochs",
                "2",
                "--model-ema",
                "0.9",
                "--print-freq",
                "1"));
    args.set(args.indexOf("--batch-size") + 1, "100");
    return args;
  }

  @Test
  void theReportShowsBoxesAndEveryCurve() throws IOException {
    CommandLines.run("report", "--device", "cpu", run.toString()).ok();
    String page = Files.readString(run.resolve("report.html"));
    assertFalse(page.contains("class=\"missing\""), "figures are missing");
    String boxes = figure(page, "boxes-0-all");
    for (String column : List.of("truth", "teacher", "direct", "sakd")) {
      assertTrue(boxes.contains("<img alt=\"" + column + "\" src=\"data:image/png;"), column);
    }
    String classes = figure(page, "ap50-0-all");
    CLASSES.forEach(name -> assertTrue(classes.contains("<td>" + name + "</td>"), classes));
    for (String curve : List.of("loss-focal", "loss-box")) {
      assertTrue(figure(page, curve).contains(">direct<"), curve);
    }
    for (String curve : List.of("loss-boxes", "loss-pyramid")) {
      assertFalse(figure(page, curve).contains(">direct<"), curve);
      assertTrue(figure(page, curve).contains(">sakd<"), curve);
    }
    // A precision of 0 is one too.
    for (String phase : List.of("teacher", "direct", "sakd")) {
      assertTrue(figure(page, "ap").contains(phase + "</span>"), phase);
    }
    assertTrue(figure(page, "anchor_accuracy").contains("on training images"));
    assertFalse(figure(page, "anchor_accuracy").contains("test"));
  }

  private static String figure(String page, String id) {
    int start = page.indexOf("<figure id=\"" + id + "\">");
    assertTrue(start >= 0, id);
    return page.substring(start, page.indexOf("</figure>", start));
  }

  @Test
  void exportedTensorsAreTheSameNetwork() {
    Path weights = run.resolve("best.safetensors");
    Path copy = shared.resolve("copy.pth");
    CommandLines.run("export", "--weights", weights + "", "--output", copy + "").ok();
    String found =
        eval(
                copy,
                "--model",
                "spiking-retinanet-resnet8",
                "--fpn-channels",
                "8",
                "--T",
                "2",
                "--base-size",
                "32")
            .out();
    assertEquals(line(eval(weights).out(), "AP "), line(found, "AP "));
    Path onnx = shared.resolve("net.onnx");
    CommandLines.run("export", "--weights", weights + "", "--output", onnx + "").ok();
    assertTrue(Files.exists(onnx));
    Path nir = shared.resolve("net.nir");
    CommandLines.assertMistake(
        "NIR has no node for a detector|export it as onnx",
        List.of("export", "--weights", weights + "", "--output", nir + ""));
    assertFalse(Files.exists(nir));
  }

  @Test
  void modelsAreListedWithWhatTheyCost() {
    String listed = CommandLines.run("models", "--input", "3x800x800").ok().out();
    String ours = line(listed, "spiking-retinanet-resnet50 ");
    assertTrue(ours.matches("\\S+ +retinanet-resnet50 +[0-9,]+ +[0-9,.]+ +[0-9,.]+"), ours);
    assertTrue(listed.contains("\nsew-retinanet-resnet18 "), listed);
  }
}
