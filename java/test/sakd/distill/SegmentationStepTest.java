package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Epoch;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.DeviceBatch;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.model.ResNetSpec;
import sakd.model.SegmentationSpec;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.task.Objective;
import sakd.task.Task;
import sakd.testing.Devices;
import sakd.testing.EachDevice;
import sakd.testing.TinyMasks;

/** Losses and gradients of every kind of network for segmentation, dropout and all. */
class SegmentationStepTest {
  private static final int BATCH = 2;
  private static final int STEPS = 2;

  private static final List<String> KINDS =
      List.of(
          "fcn relu",
          "fcn",
          "fcn ann-head",
          "fcn sew no-aux",
          "deeplabv3 relu",
          "deeplabv3 sew stride-16",
          "deeplabv3 ann-head");

  private static final Map<String, Found> EXPECTED = new HashMap<>();

  /**
   * What a step found.
   *
   * @param losses ce, logits and aux, averaged over the batch
   * @param gradients by parameter
   */
  private record Found(List<Double> losses, Map<String, float[]> gradients) {}

  private static SegmentationSpec spec(String kind) {
    ResNetSpec body =
        new ResNetSpec(
            "tiny",
            kind.contains("sew") ? Neuron.Residual.ADD : Neuron.Residual.INPUT,
            false,
            List.of(1, 1, 1, 1),
            List.of(4, 8, 8, 8),
            4,
            NetworkSpec.Stem.IMAGENET,
            ResNetSpec.Shortcut.B,
            0);
    return new SegmentationSpec(
        "tiny",
        kind.startsWith("fcn") ? SegmentationSpec.Kind.FCN : SegmentationSpec.Kind.DEEPLABV3,
        body,
        kind.contains("stride-16") ? 16 : 8,
        !kind.contains("no-aux"),
        !kind.contains("ann-head"));
  }

  private static Found step(Ops ops, String kind) {
    boolean ann = kind.contains("relu");
    TinyMasks data = new TinyMasks();
    Parameters parameters = new Parameters(4);
    Network network =
        spec(kind)
            .build(
                ann ? Neuron.RELU : Neuron.LIF, ann ? 1 : STEPS, 1, TinyMasks.CLASSES, parameters);
    DistillationLoss loss =
        new DistillationLoss(
            Task.SEGMENTATION,
            DistillationForm.PUBLISHED,
            DistillationWeights.direct(0),
            network,
            1,
            parameters);
    parameters.allocate(ops);
    try (network;
        BatchUploader uploader = new BatchUploader(ops, data);
        Epoch epoch =
            new DataLoader(data, BATCH, false, false, Augment.standard(data), 0, 0).epoch(0);
        Tensor one = Transfers.vector(ops, 1);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      DeviceBatch batch = uploader.upload(epoch.next());
      DistillationObjective objective = new DistillationObjective(network, null, loss);
      tape.draw(batch.draw(), batch.places());
      try (Tensor images = batch.images(DType.F32);
          Objective.Losses losses = objective.compute(tape, tape.input(images), batch, one)) {
        tape.backward();
        List<Double> each = new ArrayList<>();
        for (float value : Transfers.floats(ops.device(), losses.each())) {
          each.add((double) value);
        }
        Map<String, float[]> gradients = new HashMap<>();
        for (Parameter p : parameters.all()) {
          if (p.gradient() != null) {
            gradients.put(p.name(), Transfers.floats(ops.device(), p.gradient()));
          }
        }
        return new Found(each, gradients);
      }
    }
  }

  @EachDevice
  void devicesAgree(Ops ops) {
    for (String kind : KINDS) {
      Found expected = EXPECTED.computeIfAbsent(kind, k -> step(Devices.reference(), k));
      Found found = step(ops, kind);
      for (int i = 0; i < 3; i++) {
        double loss = found.losses.get(i);
        boolean used = i == 0 || i == 2 && !kind.contains("no-aux"); // No teacher, no logits.
        assertTrue(used ? loss > 0.1 && loss < 10 : loss == 0, kind + " " + found.losses);
        assertEquals(expected.losses.get(i), loss, 1e-4 * loss, kind);
      }
      assertTrue(
          found.gradients.containsKey("aux_classifier.4.weight") != kind.contains("no-aux"),
          kind + found.gradients.keySet());
      expected.gradients.forEach(
          (name, gradient) -> assertClose(gradient, found.gradients.get(name), kind + " " + name));
    }
  }

  /** By the length of the difference: a few of many sums may round another way. */
  private static void assertClose(float[] expected, float[] found, String what) {
    double all = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      all += expected[i] * expected[i];
      difference += Math.pow(expected[i] - found[i], 2);
    }
    assertTrue(
        Math.sqrt(difference) <= 1e-3 * Math.sqrt(all) + 1e-6,
        what + ": " + Math.sqrt(difference) + " of " + Math.sqrt(all));
    assertTrue(Double.isFinite(all), what);
  }
}
