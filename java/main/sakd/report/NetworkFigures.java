package sakd.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import sakd.data.Targets;
import sakd.task.Task;

/** Figures of what the networks do with test images. */
record NetworkFigures(List<RunResult> runs, Looks looks, Page page) {
  /** Layers whose neurons are shown, spread over the network. */
  private static final int LAYERS = 3;

  void add() {
    page.section("inference", "Inference").open();
    if (any(Task.CLASSIFICATION)) {
      steps();
    }
    bars(
        "features",
        "Distance of each stage's features, mean over time, from the teacher's",
        "1 − cosine, mean over "
            + (any(Task.CLASSIFICATION) ? RunEvaluation.COMPARED + " images" : "the first images"),
        NetworkFigures::distances);
    bars(
        "firing",
        "Firing rate of every layer of neurons",
        "spikes per neuron and step",
        f -> f.evaluation().activity().firingRates());
    bars(
        "operations",
        "Synaptic operations of every layer of weights",
        "million additions per image",
        NetworkFigures::operations);
    page.close();
    page.section("neurons", "Neurons");
    page.paragraph(
        "What neurons do while the network sees the first test image. Spikes "
            + "are of neurons that are spread evenly over the layer, membrane potentials of three"
            + " chosen neurons before the reset, with a ring where they fire.");
    each("raster", "No spiking network is trained yet.", NetworkResult::spiking, this::neurons);
    boolean boxes = runs.stream().anyMatch(e -> isOfBoxes(e));
    page.section("confusion", boxes ? "Classes" : "Confusion");
    page.open();
    for (RunResult e : runs) {
      if (e.results().stream().anyMatch(f -> f.byClass().length > 0)) {
        byClass(e);
      }
    }
    each("confusion", "", f -> f.confusion().length > 0, this::confusion);
    page.close();
    page.section("samples", "Samples");
    for (RunResult e : runs) {
      samples(e);
      if (!e.pictures().isEmpty() && !e.results().isEmpty()) {
        pictures(e);
      }
    }
  }

  private static boolean isOfBoxes(RunResult e) {
    return e.results().stream().anyMatch(f -> f.about().spec().targetKind() == Targets.Kind.BOXES);
  }

  private boolean any(Task task) {
    return runs.stream().anyMatch(e -> e.task() == task);
  }

  private void pictures(RunResult e) {
    Map<String, List<byte[]>> columns = new LinkedHashMap<>(e.pictures());
    e.results().forEach(f -> columns.put(looks.name(e, f.phase()), f.pictures()));
    String style = isOfBoxes(e) ? "boxes" : "masks";
    page.figure(
        id(style, e, "all"),
        e.run().name() + ": the first test images",
        TestPictures.table(style, columns));
  }

  /** IoU or AP50 of every class, a column for each network. */
  private void byClass(RunResult e) {
    boolean masks = !isOfBoxes(e);
    List<String> head = new ArrayList<>(List.of("class"));
    e.results().forEach(f -> head.add(looks.of(e, f.phase()).html()));
    List<List<String>> rows = new ArrayList<>();
    for (int k = 0; k < e.classes().size(); k++) {
      int label = k;
      if (!masks && e.results().stream().allMatch(f -> Double.isNaN(f.byClass()[label]))) {
        continue; // The background, and numbers that COCO does not use.
      }
      List<String> row = new ArrayList<>(List.of(Html.escape(e.classes().get(k))));
      for (NetworkResult f : e.results()) {
        double share = f.byClass()[k];
        row.add(Double.isNaN(share) ? "–" : NumberText.percent(share));
      }
      rows.add(row);
    }
    page.figure(
        id(masks ? "iou" : "ap50", e, "all"),
        e.run().name()
            + (masks
                ? ": intersection over union of truth and prediction"
                : ": average precision at an IoU of 0.5"),
        Page.table(head, rows));
  }

  /** Adds something for each network, or says in one figure for each run why there is none. */
  private void each(String id, String none, Predicate<NetworkResult> which, Each figure) {
    for (RunResult e : runs) {
      List<NetworkResult> those = e.results().stream().filter(which).toList();
      if (those.isEmpty()) {
        String why = e.results().isEmpty() ? e.missing() : none;
        if (!why.isEmpty()) {
          page.figure(id(id, e, "none"), e.run().name(), why, () -> "");
        }
      }
      those.forEach(f -> figure.add(e, f, id(id, e, f.phase())));
    }
  }

  private interface Each {
    void add(RunResult e, NetworkResult f, String id);
  }

  private String id(String figure, RunResult e, String phase) {
    return figure + "-" + runs.indexOf(e) + "-" + phase;
  }

  /** Why figures of spiking networks are missing; empty if there is one. */
  private String missing(List<Series> series) {
    if (!series.isEmpty()) {
      return "";
    }
    Set<String> reasons = new LinkedHashSet<>();
    runs.forEach(
        e -> reasons.add(e.results().isEmpty() ? e.missing() : "There is nothing to compare yet."));
    return String.join(" ", reasons);
  }

  private void steps() {
    List<Series> series = new ArrayList<>();
    for (RunResult e : runs) {
      for (NetworkResult f : e.results()) {
        if (f.spiking() && f.accuracies().length > 0) {
          double[] x = new double[f.accuracies().length];
          Arrays.setAll(x, t -> t + 1);
          series.add(new Series(looks.of(e, f.phase()), false, x, f.accuracies()));
        }
      }
    }
    String caption = "Accuracy of the mean over the first time steps";
    page.figure(
        "steps",
        caption,
        missing(series),
        () ->
            new Curves(caption, "time steps", "top-1", Axis.Scale.PERCENT).draw(series)
                + Page.legend(series));
  }

  private static Map<String, Double> distances(NetworkResult f) {
    Map<String, Double> stages = new LinkedHashMap<>();
    for (int s = 0; f.distances() != null && s < f.distances().length; s++) {
      stages.put("stage " + (s + 1), f.distances()[s]);
    }
    return stages;
  }

  private static Map<String, Double> operations(NetworkResult f) {
    Map<String, Double> layers = new LinkedHashMap<>();
    double images = f.evaluation().images() * 1e6;
    f.evaluation()
        .activity()
        .layers()
        .forEach((name, layer) -> layers.put(name, layer.synapticOperations() / images));
    return layers;
  }

  /** Values by name of every spiking network that has some. */
  private void bars(
      String id,
      String caption,
      String label,
      Function<NetworkResult, Map<String, Double>> values) {
    Set<String> rows = new LinkedHashSet<>();
    runs.forEach(
        e ->
            e.results().stream()
                .filter(NetworkResult::spiking)
                .forEach(f -> rows.addAll(values.apply(f).keySet())));
    List<Series> series = new ArrayList<>();
    for (RunResult e : runs) {
      for (NetworkResult f : e.results()) {
        Map<String, Double> of = f.spiking() ? values.apply(f) : Map.of();
        if (!of.isEmpty()) {
          double[] y = rows.stream().mapToDouble(r -> of.getOrDefault(r, Double.NaN)).toArray();
          series.add(new Series(looks.of(e, f.phase()), false, new double[0], y));
        }
      }
    }
    page.figure(
        id,
        caption,
        missing(series),
        () -> Bars.draw(caption, label, List.copyOf(rows), series) + Page.legend(series));
  }

  private void neurons(RunResult e, NetworkResult f, String id) {
    int count = Math.min(LAYERS, f.layers().size());
    page.openPairs();
    for (int i = 0; i < count; i++) {
      int at = count == 1 ? 0 : i * (f.layers().size() - 1) / (count - 1);
      Membranes.Layer layer = f.layers().get(at);
      String name = looks.name(e, f.phase()) + ", " + layer.name();
      page.figure(id + "-spikes-" + i, name + ": spikes", NeuronPlots.raster(name, layer));
      page.figure(
          id + "-membranes-" + i,
          name + ": membrane potentials",
          NeuronPlots.membranes(name, layer));
    }
    page.close();
  }

  private void confusion(RunResult e, NetworkResult f, String id) {
    String caption =
        String.format(
            "%s: %s%d test images by class",
            looks.name(e, f.phase()),
            f.pictures().isEmpty() ? "" : "pixels of ",
            f.evaluation().images());
    page.figure(id, caption, ConfusionPlot.draw(caption, f.confusion(), e.classes()));
  }

  /** The first images, each with what every network takes it for. */
  private void samples(RunResult e) {
    String caption = e.run().name() + ": the first test images";
    String id = id("samples", e, "all");
    if (e.results().isEmpty()) {
      page.figure(id, caption, e.missing(), () -> "");
    } else if (!e.results().get(0).samples().isEmpty()) {
      StringBuilder out = new StringBuilder("<div class=\"samples\">\n");
      for (int i = 0; i < e.results().get(0).samples().size(); i++) {
        NetworkResult.Sample first = e.results().get(0).samples().get(i);
        String label = e.classes().get(first.label());
        out.append("<div class=\"picture\">").append(Images.html(first.png(), label));
        out.append("<b>").append(Html.escape(label)).append("</b><ul>\n");
        for (NetworkResult f : e.results()) {
          out.append(verdict(e, f, f.samples().get(i)));
        }
        out.append("</ul></div>\n");
      }
      page.figure(id, caption, out + "</div>\n");
    }
  }

  private String verdict(RunResult e, NetworkResult f, NetworkResult.Sample s) {
    boolean right = s.label() == s.takenFor();
    return "<li class=\""
        + (right ? "right\">✓ " : "wrong\">✗ ")
        + looks.of(e, f.phase()).brief()
        + (right ? "" : ": " + Html.escape(e.classes().get(s.takenFor())))
        + " <i>"
        + NumberText.fixed("%.0f" + NumberText.SPACE + "%%", 100 * s.probability())
        + "</i></li>\n";
  }
}
