package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.data.Dataset;
import sakd.infer.Activity;
import sakd.infer.BoxMeter;
import sakd.infer.ClassificationReport;
import sakd.infer.DetailMeter;
import sakd.infer.Evaluator;
import sakd.infer.PixelConfusion;
import sakd.infer.Score;
import sakd.io.Json;
import sakd.model.ModelFile;
import sakd.ops.Neuron;

/**
 * What an evaluation found, for programs. As JSON an object in one line:
 *
 * <pre>
 *   weights model neuron T dataset images      what was evaluated on what
 *   top1 top1_low top1_high top5 steps         of classes; the 95 % interval; steps: step top1
 *   miou pixel_accuracy classes                of pixels; classes: class iou accuracy pixels
 *   ap ap50 ap75 ap_small ... voc_ap classes   of boxes; classes: class ap50 voc_ap
 *   ann_macs ann_joules                        per image, of the ANN of the same architecture
 *   snn_macs synaptic_operations snn_joules    per image; firing_rate: spikes a neuron and step
 *   neurons layers                             neurons: name firing_rate; layers: name and the
 *                                              operations
 * </pre>
 *
 * Scores and rates are in [0, 1]; null is what there is nothing of. As CSV the same numbers are a
 * row each: {@code weights,dataset,part,name,figure,value}, where the part is {@code network},
 * {@code steps}, {@code classes}, {@code neurons} or {@code layers}.
 */
record EvalRecord(Path weights, ModelFile about, Dataset set, Evaluator.Evaluation result) {
  /** Writes it as JSON or CSV. */
  void write(DetailMeter report, ResultFormat format, PrintWriter out) {
    Map<String, Object> all = all(report);
    if (format == ResultFormat.JSON) {
      out.println(Json.format(all));
      return;
    }
    Csv csv =
        new Csv(List.of("weights", "dataset", "part", "name", "figure", "value"), out::println);
    all.forEach((figure, value) -> row(csv, "network", about.name(), figure, value));
    all.forEach(
        (part, value) -> {
          if (value instanceof List<?> parts) {
            parts.forEach(p -> rows(csv, part, (Map<?, ?>) p));
          }
        });
  }

  /** The first entry of a part is its name. */
  private void rows(Csv csv, String part, Map<?, ?> figures) {
    Object name = figures.values().iterator().next();
    figures.entrySet().stream()
        .skip(1)
        .forEach(f -> row(csv, part, name, f.getKey(), f.getValue()));
  }

  private void row(Csv csv, String part, Object name, Object figure, Object value) {
    if (value instanceof Number) {
      csv.row(List.of(weights, set.name(), part, name, figure, value));
    }
  }

  private Map<String, Object> all(DetailMeter report) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("weights", weights.toString());
    all.put("model", about.name());
    Neuron neuron = about.neuron();
    all.put(
        "neuron",
        neuron.kind() == Neuron.Kind.CUSTOM ? neuron.label() : Values.lower(neuron.kind()));
    all.put("T", about.steps());
    all.put("dataset", set.name());
    all.put("images", result.images());
    if (report instanceof ClassificationReport classes) {
      accuracy(classes, all);
    } else if (report instanceof PixelConfusion pixels) {
      overlap(pixels, all);
    } else if (report instanceof BoxMeter boxes) {
      precision(boxes, all);
    }
    operations(all);
    return all;
  }

  private boolean spiking() {
    return about.neuron().kind().isSpiking();
  }

  private void accuracy(ClassificationReport report, Map<String, Object> all) {
    double top1 = result.scores().get(Score.TOP1);
    var interval = ClassificationReport.interval(top1, result.images());
    all.put("top1", top1);
    all.put("top1_low", interval.low());
    all.put("top1_high", interval.high());
    all.put("top5", result.scores().get(Score.TOP5));
    if (spiking()) {
      List<Object> steps = new ArrayList<>();
      for (int t = 1; t <= report.steps(); t++) {
        steps.add(part("step", t, Map.of("top1", report.top1(t))));
      }
      all.put("steps", steps);
    }
  }

  private void overlap(PixelConfusion report, Map<String, Object> all) {
    all.put("miou", result.scores().get(Score.MIOU));
    all.put("pixel_accuracy", result.scores().get(Score.PIXEL_ACCURACY));
    List<Object> classes = new ArrayList<>();
    for (int k = 0; k < set.classes(); k++) {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("iou", known(report.iou(k)));
      figures.put("accuracy", known(report.accuracy(k)));
      figures.put("pixels", report.pixels(k));
      classes.add(part("class", set.classNames().get(k), figures));
    }
    all.put("classes", classes);
  }

  private void precision(BoxMeter report, Map<String, Object> all) {
    report.coco().figures().forEach((f, value) -> all.put(Values.lower(f), known(value)));
    all.put("voc_ap", known(report.voc().mean()));
    List<Object> classes = new ArrayList<>();
    for (int k = 1; k < set.classes(); k++) {
      double ap50 = report.coco().ap50(k);
      if (ap50 >= 0) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("ap50", ap50);
        figures.put("voc_ap", known(report.voc().ap(k)));
        classes.add(part("class", set.classNames().get(k), figures));
      }
    }
    all.put("classes", classes);
  }

  /** Null where there is nothing that a figure could be of, which is told by -1 or NaN. */
  private static Double known(double value) {
    return value >= 0 ? value : null;
  }

  private void operations(Map<String, Object> all) {
    all.put("ann_macs", result.macs());
    all.put("ann_joules", result.annJoules());
    if (!spiking()) {
      return;
    }
    Activity activity = result.activity();
    all.put("snn_macs", activity.total().realMacs() / result.images());
    all.put("synaptic_operations", result.synapticOperations());
    all.put("snn_joules", result.snnJoules());
    all.put("firing_rate", activity.meanFiringRate());
    List<Object> neurons = new ArrayList<>();
    activity
        .firingRates()
        .forEach((name, rate) -> neurons.add(part("name", name, Map.of("firing_rate", rate))));
    all.put("neurons", neurons);
    List<Object> layers = new ArrayList<>();
    activity
        .layers()
        .forEach(
            (name, layer) -> {
              Map<String, Object> figures = new LinkedHashMap<>();
              figures.put("ann_macs", layer.macs() / result.images());
              figures.put("snn_macs", layer.realMacs() / result.images());
              figures.put("synaptic_operations", layer.synapticOperations() / result.images());
              layers.add(part("name", name, figures));
            });
    all.put("layers", layers);
  }

  private static Map<String, Object> part(String called, Object name, Map<String, ?> figures) {
    Map<String, Object> part = new LinkedHashMap<>();
    part.put(called, name);
    part.putAll(figures);
    return part;
  }
}
