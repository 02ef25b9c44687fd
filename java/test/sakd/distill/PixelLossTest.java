package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import sakd.data.Augment;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Epoch;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.DeviceBatch;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.task.LossTerms;
import sakd.task.Task;
import sakd.testing.EachDevice;
import sakd.testing.TinyMasks;

/** Which logits a term is of, and how its gradient weighs. */
class PixelLossTest {
  private static final int BATCH = 2;
  private static final int K = TinyMasks.CLASSES;
  private static final float CE = 0.7f;
  private static final float KL = 3;
  private static final float TEMPERATURE = 2;

  private static final DistillationWeights WEIGHTS =
      new DistillationWeights(CE, KL, 0, TEMPERATURE, 0);

  private Tensor drawn(Ops ops, DeviceBatch batch, Random random) {
    int[] mask = batch.labels().shape();
    Tensor t = ops.allocate(DType.F32, 1, mask[0], mask[1], mask[2], K);
    float[] values = new float[Math.toIntExact(t.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * (float) random.nextGaussian();
    }
    Transfers.setFloats(ops.device(), t, values);
    return t;
  }

  private static double[] logSoftmax(float[] z, int pixel, double temperature) {
    double[] out = new double[K];
    double sum = 0;
    for (int k = 0; k < K; k++) {
      out[k] = z[pixel * K + k] / temperature;
      sum += Math.exp(out[k]);
    }
    for (int k = 0; k < K; k++) {
      out[k] -= Math.log(sum);
    }
    return out;
  }

  private static int counted(byte[] labels) {
    int n = 0;
    for (byte label : labels) {
      n += (label & 0xff) == Targets.IGNORED ? 0 : 1;
    }
    return n;
  }

  private static double crossEntropy(float[] z, byte[] labels) {
    double sum = 0;
    for (int i = 0; i < labels.length; i++) {
      sum -= (labels[i] & 0xff) == Targets.IGNORED ? 0 : logSoftmax(z, i, 1)[labels[i]];
    }
    return sum / counted(labels);
  }

  private static double divergence(float[] z, float[] q, byte[] labels) {
    double sum = 0;
    for (int i = 0; i < labels.length; i++) {
      double[] log = logSoftmax(z, i, TEMPERATURE);
      double[] of = logSoftmax(q, i, TEMPERATURE);
      for (int k = 0; k < K && (labels[i] & 0xff) != Targets.IGNORED; k++) {
        sum += Math.exp(of[k]) * (of[k] - log[k]);
      }
    }
    return TEMPERATURE * TEMPERATURE * sum / counted(labels);
  }

  private static double gradient(float[] z, byte[] labels, int pixel, int k) {
    double p = Math.exp(logSoftmax(z, pixel, 1)[k]);
    return (p - (labels[pixel] == k ? 1 : 0)) / counted(labels);
  }

  @EachDevice
  void termsAreOfTheirHeads(Ops ops) {
    TinyMasks data = new TinyMasks();
    Random random = new Random(5);
    try (BatchUploader uploader = new BatchUploader(ops, data);
        Epoch epoch =
            new DataLoader(data, BATCH, false, false, Augment.standard(data), 0, 0).epoch(0);
        Tensor one = Transfers.vector(ops, 1);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      Batch host = epoch.next();
      DeviceBatch batch = uploader.upload(host);
      final byte[] labels = ((Targets.Masks) host.targets()).labels();
      float[][] read = new float[3][];
      Var[] vars = new Var[3];
      float[][] gradients = new float[3][];
      for (int v = 0; v < 3; v++) {
        Tensor t = drawn(ops, batch, random);
        read[v] = Transfers.floats(ops.device(), t);
        int at = v;
        vars[v] = tape.record(t, true, g -> gradients[at] = Transfers.floats(ops.device(), g));
      }
      Network.Output student = new Network.Output(vars[0], null, vars[1], List.of());
      Network.Output teacher = new Network.Output(vars[2], null, null, List.of());
      PixelLoss loss = new PixelLoss();
      LabelLoss.Computed computed = loss.compute(tape, student, teacher, batch, WEIGHTS, one);
      float[] each = Transfers.floats(ops.device(), computed.each());
      assertEquals(List.of("ce", "logits", "aux"), loss.names());
      assertEquals(3, each.length);
      assertEquals(crossEntropy(read[0], labels), each[0], 1e-5);
      assertEquals(divergence(read[0], read[2], labels), each[1], 1e-5);
      assertEquals(crossEntropy(read[1], labels), each[2], 1e-5);
      assertEquals(List.of(CE, KL, 0.5f * CE), loss.weights(WEIGHTS));
      assertEquals(
          counted(labels), Transfers.ints(ops.device(), computed.hits())[1], "of all pixels");
      tape.backward();
      for (int i = 0; i < labels.length * K; i += 17) {
        boolean ignored = (labels[i / K] & 0xff) == Targets.IGNORED;
        double expected = ignored ? 0 : 0.5 * CE * gradient(read[1], labels, i / K, i % K);
        assertEquals(expected, gradients[1][i], 1e-6);
      }
      computed.each().close();
      computed.hits().close();
    }
  }

  /** Without an auxiliary head and a teacher only the first term is left. */
  @EachDevice
  void whatIsNotThereIsZero(Ops ops) {
    TinyMasks data = new TinyMasks();
    try (BatchUploader uploader = new BatchUploader(ops, data);
        Epoch epoch =
            new DataLoader(data, BATCH, false, false, Augment.standard(data), 0, 0).epoch(0);
        Tensor one = Transfers.vector(ops, 1);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      DeviceBatch batch = uploader.upload(epoch.next());
      Var logits = tape.record(drawn(ops, batch, new Random(6)), true, g -> {});
      LabelLoss.Computed computed =
          new PixelLoss()
              .compute(
                  tape,
                  new Network.Output(logits, null, null, List.of()),
                  null,
                  batch,
                  DistillationWeights.direct(0),
                  one);
      float[] each = Transfers.floats(ops.device(), computed.each());
      assertEquals(0, each[1]);
      assertEquals(0, each[2]);
      LossTerms terms =
          new DistillationLoss(
                  Task.SEGMENTATION,
                  DistillationForm.PUBLISHED,
                  DistillationWeights.direct(0),
                  FeaturePairs.NONE,
                  1,
                  null)
              .terms(List.of((double) each[0], 0.0, 0.0, 0.0));
      assertEquals(each[0], terms.total(), 1e-6);
      computed.each().close();
      computed.hits().close();
    }
  }
}
