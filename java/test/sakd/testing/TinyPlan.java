package sakd.testing;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Mixing;
import sakd.data.set.MemoryDataset;
import sakd.device.DType;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationWeights;
import sakd.distill.Method;
import sakd.distill.Plan;
import sakd.distill.WeightSchedule;
import sakd.model.NetworkSpec;
import sakd.ops.Encoding;
import sakd.ops.Neuron;
import sakd.train.LrSchedule;
import sakd.train.Scale;
import sakd.train.TrainSettings;
import sakd.train.WeightDecay;

/** A whole run on noise: a teacher, the student alone, and the student under the teacher. */
public final class TinyPlan {
  private TinyPlan() {}

  /** A plan by SAKD with T = 1. */
  public static Plan of(NetworkSpec spec, TrainSettings settings, int teacherEpochs) {
    return new Plan(
        spec,
        spec,
        Neuron.LIF,
        1,
        Method.SAKD,
        true,
        null,
        null,
        false,
        false,
        WeightSchedule.constant(new DistillationWeights(1, 1, 10, 4, 0)),
        DistillationForm.PUBLISHED,
        1,
        settings,
        teacherEpochs,
        settings.lr(),
        Encoding.DIRECT);
  }

  /** SGD in float32, with a decay of weights alone. */
  public static TrainSettings settings(
      int epochs, int batch, double lr, int patience, Scale scale, double valShare) {
    return new TrainSettings(
        epochs,
        batch,
        TrainSettings.Algorithm.SGD,
        lr,
        0.9f,
        new WeightDecay(5e-4f, false),
        LrSchedule.Cosine.TO_ZERO,
        0,
        0,
        0,
        true,
        Mixing.NONE,
        true,
        3,
        0,
        1,
        DType.F32,
        patience,
        scale,
        valShare);
  }

  /** Images of 8x8 of two classes, by turns: scores on them go up and down. */
  public static Dataset noise(int count) {
    byte[] pixels = new byte[count * 64];
    new Random(count).nextBytes(pixels);
    DatasetInfo info =
        new DatasetInfo("noise", List.of("a", "b"), new float[] {0.5f}, new float[] {0.3f}, false);
    int[] labels = IntStream.range(0, count).map(i -> i % 2).toArray();
    return new MemoryDataset(info, 8, 8, pixels, labels);
  }
}
