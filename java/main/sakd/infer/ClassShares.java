package sakd.infer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Shares of classes in what a network says of an image, the largest first. */
public final class ClassShares {
  private ClassShares() {}

  /**
   * A class and its share.
   *
   * @param label class number
   * @param share probability, or part of the pixels, in [0, 1]
   */
  public record Share(int label, double share) {}

  /**
   * The likeliest classes of image {@code i} and their probabilities, the softmax of its logits; of
   * equal logits the first class comes first.
   *
   * @param most how many, at least 1; of fewer classes, all of them
   */
  public static List<Share> likeliest(Predictor.Prediction said, int i, int most) {
    return likeliest(said.logits().slice(i).toFloats(), most);
  }

  /** The same of the logits of one image. */
  public static List<Share> likeliest(float[] logits, int most) {
    return likeliest(IntStream.range(0, logits.length).mapToDouble(k -> logits[k]).toArray(), most);
  }

  /** The same after every step: of the mean of the logits up to there. */
  public static List<List<Share>> bySteps(Predictor.Prediction said, int i, int most) {
    int[] shape = said.stepLogits().shape(); // [T, N, K]
    double[] sum = new double[shape[2]];
    List<List<Share>> steps = new ArrayList<>();
    for (int t = 0; t < shape[0]; t++) {
      float[] step = said.stepLogits().slice(t).slice(i).toFloats();
      double[] mean = new double[sum.length];
      for (int k = 0; k < sum.length; k++) {
        sum[k] += step[k];
        mean[k] = sum[k] / (t + 1);
      }
      steps.add(likeliest(mean, most));
    }
    return steps;
  }

  private static List<Share> likeliest(double[] logits, int most) {
    double largest = IntStream.range(0, logits.length).mapToDouble(k -> logits[k]).max().orElse(0);
    double total = 0;
    for (double logit : logits) {
      total += Math.exp(logit - largest);
    }
    double sum = total;
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer k) -> -logits[k]))
        .limit(most)
        .map(k -> new Share(k, Math.exp(logits[k] - largest) / sum))
        .toList();
  }

  /**
   * The classes that pixels of an image have.
   *
   * @param labels the class of every pixel
   * @param classes how many there are
   */
  public static List<Share> of(byte[] labels, int classes) {
    int[] pixels = new int[classes];
    for (byte label : labels) {
      pixels[label & 0xff]++;
    }
    return IntStream.range(0, classes)
        .filter(k -> pixels[k] > 0)
        .boxed()
        .sorted(Comparator.comparingInt((Integer k) -> -pixels[k]))
        .map(k -> new Share(k, (double) pixels[k] / labels.length))
        .toList();
  }
}
