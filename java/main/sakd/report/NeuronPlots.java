package sakd.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What some neurons of a layer do at every time step. */
final class NeuronPlots {
  private static final double RASTER = 210;

  private NeuronPlots() {}

  /** Spikes of neurons (rows) at every step (columns). */
  static String raster(String title, Membranes.Layer layer) {
    boolean[][] spikes = layer.spikes();
    int steps = spikes[0].length;
    int last = layer.neurons()[spikes.length - 1];
    double left = 10 + Plot.LETTER * Integer.toString(last).length();
    double bottom = RASTER - 36;
    Axis x = Axis.over("time step", Axis.Scale.WHOLE, 0.5, steps + 0.5, left, Plot.RIGHT);
    double row = (bottom - Plot.TOP) / spikes.length;
    double half = 0.38 * (x.pixel(1) - x.pixel(0));
    Svg svg =
        new Svg(title, Plot.WIDTH, RASTER, Svg.Snap.MARK)
            .below(x, Plot.TOP, bottom)
            .text("label", 2, 12, "number of the neuron");
    for (int n = 0; n < spikes.length; n++) {
      for (int t = 1; t <= steps; t++) {
        if (spikes[n][t - 1]) {
          String hint = Plot.hint("neuron " + layer.neurons()[n], "time step " + t, "fires");
          double top = Plot.TOP + n * row;
          svg.rectangle("spike", x.pixel(t) - half, top, 2 * half, row - 1, hint);
        }
      }
    }
    return svg.line("axis", left, Plot.TOP, left, bottom)
        .text("tick end", left - 6, Plot.TOP + 8, Integer.toString(layer.neurons()[0]))
        .text("tick end", left - 6, bottom, Integer.toString(last))
        .close();
  }

  /** Potentials before the reset over time, a ring where the neuron fires, and a legend. */
  static String membranes(String title, Membranes.Layer layer) {
    List<Series> traces = new ArrayList<>();
    for (Membranes.Trace trace : layer.traces()) {
      double[] steps = new double[trace.potentials().length];
      Arrays.setAll(steps, t -> t + 1);
      String name = trace.what() + ": neuron " + trace.neuron();
      Look look = new Look(traces.size(), name, trace.what(), false);
      traces.add(new Series(look, false, steps, trace.potentials()));
    }
    return new Curves(
                title, "time step", "membrane potential h", Axis.Scale.LINEAR, layer.threshold())
            .draw(traces)
        + Page.legend(traces);
  }
}
