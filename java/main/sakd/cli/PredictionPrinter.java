package sakd.cli;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import sakd.infer.BoxPredictor;
import sakd.infer.Detection;
import sakd.infer.MaskPredictor;
import sakd.infer.Predictor;

/**
 * Prints the likeliest classes of images with their probabilities, the softmax of the logits, or
 * what share of an image each class has, or which objects are in it.
 *
 * @param classNames by class number; classes without a name are called by their number
 * @param perStep whether to print what a network says after every step: the mean of its logits up
 *     to there
 */
record PredictionPrinter(PrintWriter out, List<String> classNames, boolean perStep) {
  private static final int SHOWN = 5;

  /** A line for each image, and one for each step below it. */
  void print(List<String> images, Predictor.Prediction prediction) {
    float[] logits = prediction.logits().toFloats();
    float[] each = prediction.stepLogits().toFloats();
    int classes = prediction.logits().shape()[1];
    int steps = prediction.stepLogits().shape()[0];
    for (int i = 0; i < images.size(); i++) {
      out.println(Suggestions.oneLine(images.get(i) + "  " + classes(row(logits, i, classes))));
      double[] sum = new double[classes];
      for (int t = 0; perStep && t < steps; t++) {
        double[] step = row(each, t * images.size() + i, classes);
        double[] mean = new double[classes];
        for (int k = 0; k < classes; k++) {
          sum[k] += step[k];
          mean[k] = sum[k] / (t + 1);
        }
        out.println(Suggestions.oneLine("  step " + (t + 1) + "  " + classes(mean)));
      }
    }
    out.flush();
  }

  /** A line: the share of pixels of each class that was found, the largest first. */
  void print(MaskPredictor.Mask mask, int classes) {
    int[] pixels = mask.pixels(classes);
    String shares =
        IntStream.range(0, classes)
            .filter(k -> pixels[k] > 0)
            .boxed()
            .sorted(Comparator.comparingInt((Integer k) -> -pixels[k]))
            .map(k -> share(k, (double) pixels[k] / mask.classes().length))
            .collect(Collectors.joining(", "));
    say(Suggestions.oneLine(mask.name() + "  " + shares));
  }

  /**
   * A line for the image, and one for each object: class, score and box in pixels.
   *
   * @param least score of what is told
   */
  void print(BoxPredictor.Found found, float least) {
    List<Detection> told = found.detections().stream().filter(d -> d.score() >= least).toList();
    String count =
        told.isEmpty() ? "nothing" : told.size() == 1 ? "1 object" : told.size() + " objects";
    out.println(Suggestions.oneLine(found.name() + "  " + count));
    for (Detection d : told) {
      out.println(
          Suggestions.oneLine(
              String.format(
                  Locale.ROOT,
                  "  %-20s %.3f  %.1f %.1f %.1f %.1f",
                  name(d.label()),
                  d.score(),
                  d.left(),
                  d.top(),
                  d.right(),
                  d.bottom())));
    }
    out.flush();
  }

  private String name(int k) {
    return k < classNames.size() ? classNames.get(k) : "class " + k;
  }

  /** A class and its share in per cent. */
  private String share(int k, double share) {
    return String.format(Locale.ROOT, "%s %.2f %%", name(k), 100 * share);
  }

  void say(String line) {
    out.println(line);
    out.flush();
  }

  private static double[] row(float[] values, int row, int width) {
    return IntStream.range(0, width).mapToDouble(k -> values[row * width + k]).toArray();
  }

  private String classes(double[] logits) {
    double largest = IntStream.range(0, logits.length).mapToDouble(k -> logits[k]).max().orElse(0);
    double total = 0;
    for (double logit : logits) {
      total += Math.exp(logit - largest);
    }
    double sum = total;
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer k) -> -logits[k]))
        .limit(SHOWN)
        .map(k -> share(k, Math.exp(logits[k] - largest) / sum))
        .collect(Collectors.joining(", "));
  }
}
