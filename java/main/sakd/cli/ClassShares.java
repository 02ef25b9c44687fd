package sakd.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import sakd.infer.MaskPredictor;
import sakd.infer.Predictor;

/** Shares of classes in what a network says of an image, the largest first. */
final class ClassShares {
  private static final int SHOWN = 5;

  private ClassShares() {}

  /**
   * A class and its share.
   *
   * @param label class number
   * @param share probability, or part of the pixels, in [0, 1]
   */
  record Share(int label, double share) {}

  /**
   * What classes are called.
   *
   * @param known by class number; others are called by their number
   */
  record Names(List<String> known) {
    String of(int label) {
      return label < known.size() ? known.get(label) : "class " + label;
    }
  }

  /**
   * The likeliest classes of image {@code i} and their probabilities, the softmax of its logits.
   */
  static List<Share> likeliest(Predictor.Prediction said, int i) {
    int classes = said.logits().shape()[1];
    return likeliest(row(said.logits().toFloats(), i, classes));
  }

  /** The same after every step: of the mean of the logits up to there. */
  static List<List<Share>> bySteps(Predictor.Prediction said, int i) {
    float[] each = said.stepLogits().toFloats();
    int[] shape = said.stepLogits().shape();
    double[] sum = new double[shape[2]];
    List<List<Share>> steps = new ArrayList<>();
    for (int t = 0; t < shape[0]; t++) {
      double[] step = row(each, t * shape[1] + i, shape[2]);
      double[] mean = new double[sum.length];
      for (int k = 0; k < sum.length; k++) {
        sum[k] += step[k];
        mean[k] = sum[k] / (t + 1);
      }
      steps.add(likeliest(mean));
    }
    return steps;
  }

  private static double[] row(float[] values, int row, int width) {
    return IntStream.range(0, width).mapToDouble(k -> values[row * width + k]).toArray();
  }

  private static List<Share> likeliest(double[] logits) {
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
        .map(k -> new Share(k, Math.exp(logits[k] - largest) / sum))
        .toList();
  }

  /** The classes that pixels of an image have. */
  static List<Share> of(MaskPredictor.Mask mask, int classes) {
    int[] pixels = mask.pixels(classes);
    return IntStream.range(0, classes)
        .filter(k -> pixels[k] > 0)
        .boxed()
        .sorted(Comparator.comparingInt((Integer k) -> -pixels[k]))
        .map(k -> new Share(k, (double) pixels[k] / mask.classes().length))
        .toList();
  }
}
