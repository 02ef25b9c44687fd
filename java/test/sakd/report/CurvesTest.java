package sakd.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a chart of curves holds. */
class CurvesTest {
  private static Series series(int number, double... y) {
    double[] epochs = IntStream.rangeClosed(1, y.length).asDoubleStream().toArray();
    return new Series(new Look(number, "net " + number, "n" + number, false), false, epochs, y);
  }

  private static String draw(Axis.Scale scale, Series... series) {
    return new Curves("title", "epoch", "value", scale).draw(List.of(series));
  }

  private static List<double[]> labels(String svg) {
    List<double[]> at = new ArrayList<>();
    Matcher text = Pattern.compile("class=\"name\" x=\"([^\"]*)\" y=\"([^\"]*)\"").matcher(svg);
    while (text.find()) {
      at.add(new double[] {Double.parseDouble(text.group(1)), Double.parseDouble(text.group(2))});
    }
    return at;
  }

  @Test
  void curvesThatCoincideHaveLabelsBelowEachOther() {
    List<double[]> at =
        labels(draw(Axis.Scale.LINEAR, series(0, 1, 2), series(1, 1, 2), series(2, 1, 2)));
    assertEquals(3, at.size());
    double[] y = at.stream().mapToDouble(p -> p[1]).sorted().toArray();
    assertTrue(
        y[1] - y[0] >= 9 && y[2] - y[1] >= 9, DoubleStream.of(y).boxed().toList().toString());
  }

  @Test
  void valuesFarApartGetALogarithmicAxis() {
    String far = draw(Axis.Scale.LINEAR, series(0, 90, 40, 30), series(1, 1.2, 0.9, 0.8));
    assertTrue(far.contains("value, logarithmic"), far);
    assertTrue(far.contains("data-values=\"90|40|30\""), far);
    assertTrue(!draw(Axis.Scale.LINEAR, series(0, 9, 4, 3)).contains("logarithmic"));
    assertTrue(!draw(Axis.Scale.LINEAR, series(0, 9, 4, 0)).contains("logarithmic"));
  }

  @Test
  void manyEpochsHaveAllValuesAndFewMarkers() {
    double[] y = IntStream.range(0, 300).mapToDouble(i -> i / 300.0).toArray();
    String svg = draw(Axis.Scale.PERCENT, series(0, y));
    assertTrue(svg.contains("|50.00\u00a0%|"), "one of 300");
    assertEquals(300, svg.split("data-values=\"", -1)[1].split("\"", -1)[0].split("\\|").length);
    assertTrue(svg.split("<title>", -1).length < 30);
    assertTrue(svg.contains("epoch\u00a0300\n99.67\u00a0%</title>"), "the last has one");
    assertTrue(svg.length() < 20_000, svg.length() + " characters");
  }

  @Test
  void numbersAreWrittenAsPeopleDo() {
    assertEquals("0.2308", NumberText.significant(0.23079));
    assertEquals("90", NumberText.significant(90));
    assertEquals("1234000", NumberText.significant(1_234_000));
    assertEquals("5e-05", NumberText.significant(5e-5));
    assertEquals("0", NumberText.significant(0));
    assertEquals("87.00\u00a0%", NumberText.percent(0.87));
    assertEquals("", NumberText.percent(Double.NaN));
  }
}
