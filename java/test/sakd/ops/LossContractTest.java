package sakd.ops;

import java.util.Arrays;
import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Losses, metrics and the augmentation of inputs, on every device. */
class LossContractTest {
  @EachDevice
  void softmaxLoss(Ops ops) {
    for (int classes : new int[] {2, 10, 37, 1000}) {
      for (int samples : new int[] {1, 13, 64}) {
        checkSoftmax(ops, samples, classes, 1, 0, 1, 0, 3);
        checkSoftmax(ops, samples, classes, 1, 0, 1, 0.1f, 3);
        checkSoftmax(ops, samples, classes, 0, 1, 4, 0, 3);
        checkSoftmax(ops, samples, classes, 0.7f, 10, 2, 0.1f, 3);
        // Logits that overflow exp unless the largest is taken off.
        checkSoftmax(ops, samples, classes, 1, 1, 1, 0.1f, 200);
        checkSoftmax(ops, samples, classes, 0.7f, 10, 2, 0.1f, 3, 0.3);
        checkSoftmax(ops, samples, classes, 1, 0, 1, 0, 3, 0);
        checkSoftmax(ops, samples, classes, 1, 0, 1, 0, 3, 1);
      }
    }
  }

  private static void checkSoftmax(
      Ops ops,
      int samples,
      int classes,
      float ce,
      float kl,
      float temperature,
      float smoothing,
      double spread,
      double... ownShare) {
    Draw draw = new Draw(classes);
    int n = samples * classes;
    try (Twins twins = new Twins(ops)) {
      Twin z = twins.of(DType.F32, draw.normal(n, 5, spread), samples, classes);
      Twin q = kl == 0 ? null : twins.of(DType.F32, draw.normal(n, -2, spread), samples, classes);
      Twin labels = twins.of(DType.I32, draw.integers(samples, 0, classes), samples);
      Twin mix = mix(twins, ownShare);
      Twin scale = twins.scalar(0.5);
      Twin losses = twins.poisoned(DType.F32, samples, 2);
      Twin grad = twins.poisoned(DType.F32, samples, classes);
      twins.run(
          s ->
              s.ops()
                  .softmaxLoss(
                      s.at(z),
                      s.at(q),
                      s.at(labels),
                      s.at(mix),
                      s.at(scale),
                      ce,
                      kl,
                      temperature,
                      smoothing,
                      s.at(losses),
                      s.at(grad)));
      String what = "softmax loss [" + samples + ", " + classes + "], T " + temperature;
      twins.assertClose(what, losses);
      // Logits of 200 are known to 1e-5 in float32, and so are the probabilities.
      twins.assertClose(what + ", grad", grad, spread / 3 / samples);
    }
  }

  /** The given values and zeros, or none. */
  private static Twin mix(Twins twins, double... values) {
    return values.length == 0 ? null : twins.of(DType.F32, Arrays.copyOf(values, 6), 6);
  }

  /** A class that the teacher rules out adds nothing; a NaN in the logits shows. */
  @EachDevice
  void softmaxLossOfInfiniteAndBrokenLogits(Ops ops) {
    try (Twins twins = new Twins(ops)) {
      double none = Double.NEGATIVE_INFINITY;
      Twin z = twins.of(DType.F32, new double[] {1, 2, 3, 1, Double.NaN, 3}, 2, 3);
      Twin q = twins.of(DType.F32, new double[] {none, 1, none, 0, 1, 2}, 2, 3);
      Twin labels = twins.of(DType.I32, new double[] {0, 2}, 2);
      Twin one = twins.scalar(1);
      Twin losses = twins.poisoned(DType.F32, 2, 2);
      Twin grad = twins.of(DType.F32, new double[6], 2, 3);
      twins.run(
          s ->
              s.ops()
                  .softmaxLoss(
                      s.at(z),
                      s.at(q),
                      s.at(labels),
                      null,
                      s.at(one),
                      1,
                      1,
                      2,
                      0.1f,
                      s.at(losses),
                      s.at(grad)));
      twins.assertClose("losses", losses);
      twins.assertClose("grad", grad);
    }
  }

  @EachDevice
  void labelRank(Ops ops) {
    for (int classes : new int[] {1, 10, 100}) {
      int samples = 65;
      Draw draw = new Draw(classes);
      // Whole numbers: many are equal.
      double[] logits = draw.integers(samples * classes, -3, 4);
      logits[0] = Double.NaN;
      logits[samples * classes - 1] = Double.NaN;
      try (Twins twins = new Twins(ops)) {
        Twin z = twins.of(DType.F32, logits, samples, classes);
        Twin labels = twins.of(DType.I32, draw.integers(samples, 0, classes), samples);
        Twin rank = twins.poisoned(DType.I32, samples);
        twins.run(s -> s.ops().labelRank(s.at(z), s.at(labels), s.at(rank)));
        twins.assertExact("rank among " + classes, rank);
      }
    }
  }

  @EachDevice
  void augment(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int channels : new int[] {1, 2, 3}) {
        int samples = 5;
        int frames = channels == 2 ? 4 : 1;
        Draw draw = new Draw(channels);
        double[] placement = draw.integers(samples * 3, -3, 4);
        for (int n = 0; n < samples; n++) {
          placement[3 * n + 2] = n % 4;
        }
        int size = samples * frames * channels * 9 * 7;
        try (Twins twins = new Twins(ops)) {
          Twin images =
              twins.of(DType.U8, draw.integers(size, 0, 256), samples, frames, channels, 9, 7);
          Twin place = twins.of(DType.I32, placement, samples, 3);
          Twin mean = twins.of(DType.F32, draw.uniform(channels, 0.3, 0.6), channels);
          Twin std = twins.of(DType.F32, draw.uniform(channels, 0.2, 0.3), channels);
          Twin out = twins.poisoned(type, frames, samples, 9, 7, channels);
          double[][] mixes = {
            {}, {0.3, 0.3, 0, 9, 0, 7}, {0.8, 0, 2, 6, 1, 7}, {1, 0, 3, 3, 4, 4}, {1, 1, 0, 9, 0, 7}
          };
          for (double[] values : mixes) {
            Twin mix = mix(twins, values);
            twins.run(
                s ->
                    s.ops()
                        .augment(
                            s.at(images),
                            s.at(place),
                            s.at(mix),
                            s.at(mean),
                            s.at(std),
                            s.at(out)));
            twins.assertClose("augmented, mixed by " + Arrays.toString(values), out);
          }
        }
      }
    }
  }
}
