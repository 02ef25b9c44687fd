package sakd.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Colours are legible, light and dark, and differ for those who see no red or no green. */
class StyleTest {
  /** WCAG 2.2's least contrasts of graphics and of text. */
  private static final double GRAPHICS = 3;

  private static final double TEXT = 4.5;

  /** Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB. */
  private static final double[][][] DEFICIENCIES = {
    {
      {0.152286, 1.052583, -0.204868},
      {0.114503, 0.786281, 0.099216},
      {-0.003882, -0.048116, 1.051998}
    },
    {
      {0.367322, 0.860646, -0.227968},
      {0.280085, 0.672501, 0.047413},
      {-0.011820, 0.042940, 0.968881}
    }
  };

  /** The variables of the light page and of the dark one. */
  private static List<Map<String, double[]>> palettes() throws IOException {
    String style;
    try (InputStream in = Page.class.getResourceAsStream("/report/style.css")) {
      style = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    List<Map<String, double[]>> palettes = new ArrayList<>();
    Matcher root = Pattern.compile("(?s):root \\{(.*?)\\}").matcher(style);
    while (root.find()) {
      Map<String, double[]> palette = new HashMap<>();
      Matcher colour = Pattern.compile("--([a-z0-9-]+): #([0-9a-f]{6})").matcher(root.group(1));
      while (colour.find()) {
        int rgb = Integer.parseInt(colour.group(2), 16);
        palette.put(
            colour.group(1),
            IntStream.of(16, 8, 0)
                .mapToDouble(shift -> linear((rgb >> shift & 255) / 255.0))
                .toArray());
      }
      palettes.add(palette);
    }
    assertEquals(2, palettes.size(), "light and dark");
    return palettes;
  }

  private static double linear(double value) {
    return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
  }

  private static double luminance(double[] rgb) {
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
  }

  private static double contrast(double[] a, double[] b) {
    double light = Math.max(luminance(a), luminance(b));
    return (light + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
  }

  @Test
  void everythingStandsOutFromItsBackground() throws IOException {
    for (Map<String, double[]> palette : palettes()) {
      for (String back : List.of("back", "panel")) {
        for (String text : List.of("text", "faint", "right", "wrong")) {
          double contrast = contrast(palette.get(text), palette.get(back));
          assertTrue(contrast >= TEXT, text + " on " + back + ": " + contrast);
        }
        for (int i = 0; i < 8; i++) {
          double contrast = contrast(palette.get("s" + i), palette.get(back));
          assertTrue(contrast >= GRAPHICS, "s" + i + " on " + back + ": " + contrast);
        }
      }
      assertTrue(contrast(palette.get("tip"), palette.get("tip-text")) >= TEXT);
    }
  }

  @Test
  void theFirstColoursDifferForThoseWhoSeeNoRedOrNoGreen() throws IOException {
    for (Map<String, double[]> palette : palettes()) {
      for (double[][] deficiency : DEFICIENCIES) {
        for (int i = 0; i < 3; i++) {
          for (int k = 0; k < i; k++) {
            double difference =
                difference(
                    seen(deficiency, palette.get("s" + i)), seen(deficiency, palette.get("s" + k)));
            assertTrue(difference > 20, "s" + k + " and s" + i + ": " + difference);
          }
        }
      }
    }
  }

  private static double[] seen(double[][] matrix, double[] rgb) {
    return IntStream.range(0, 3)
        .mapToDouble(i -> matrix[i][0] * rgb[0] + matrix[i][1] * rgb[1] + matrix[i][2] * rgb[2])
        .toArray();
  }

  /** CIE 1976 of colours in linear sRGB. */
  private static double difference(double[] a, double[] b) {
    double[] p = lab(a);
    double[] q = lab(b);
    return Math.sqrt(IntStream.range(0, 3).mapToDouble(i -> Math.pow(p[i] - q[i], 2)).sum());
  }

  private static double[] lab(double[] c) {
    double x = cube((0.4124 * c[0] + 0.3576 * c[1] + 0.1805 * c[2]) / 0.9505);
    double y = cube(luminance(c));
    double z = cube((0.0193 * c[0] + 0.1192 * c[1] + 0.9505 * c[2]) / 1.089);
    return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
  }

  private static double cube(double t) {
    return t > 0.008856 ? Math.cbrt(t) : 7.787 * Math.max(t, 0) + 16.0 / 116;
  }
}
