package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.set.Datasets;
import sakd.data.set.ReadOptions;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.DeviceBatch;
import sakd.model.DetectionSpec;
import sakd.model.Network;
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
import sakd.testing.TinyDetector;

/** Losses and gradients of every kind of detector, alone and behind a teacher. */
class DetectionStepTest {
  private static final int BATCH = 2;
  private static final int STEPS = 2;
  private static final int SIDE = 64;

  private static final List<String> KINDS =
      List.of(
          "relu",
          "direct spiking",
          "sakd",
          "sakd spiking",
          "sakd spiking sew",
          "sakd spiking plif",
          "boxes-only",
          "logits-only");

  private static final Neuron PLIF =
      new Neuron(Neuron.Kind.PLIF, 2, 1, 0, false, false, Neuron.Surrogate.TRIANGLE, 1);

  private static final Map<String, Found> EXPECTED = new HashMap<>();

  /**
   * What a step found.
   *
   * @param losses as {@link Task#DETECTION} names them, and the features'
   * @param gradients by parameter
   */
  private record Found(Map<String, Double> losses, Map<String, float[]> gradients) {}

  private static DetectionSpec spec(String kind) {
    return TinyDetector.spec(
        kind.contains("sew") ? Neuron.Residual.ADD : Neuron.Residual.INPUT,
        kind.contains("spiking"));
  }

  private static Neuron neuron(String kind) {
    if (kind.contains("relu")) {
      return Neuron.RELU;
    }
    return kind.contains("plif") ? PLIF : Neuron.LIF;
  }

  private static DistillationWeights weights(String kind) {
    if (kind.contains("sakd")) {
      return new DistillationWeights(1, 1, 10, 1, 1, 2, 0);
    }
    return switch (kind) {
      case "boxes-only" -> new DistillationWeights(0, 0, 0, 1, 0, 2, 0);
      case "logits-only" -> new DistillationWeights(0, 1, 0, 0, 0, 2, 0);
      default -> DistillationWeights.direct(0);
    };
  }

  private static Found step(Ops ops, String kind) {
    Dataset data = Datasets.open("box-shapes", null, true, ReadOptions.DEFAULT).sized(SIDE, SIDE);
    Parameters teachers = new Parameters(3);
    Parameters parameters = new Parameters(4);
    boolean ann = kind.contains("relu");
    Network teacher = spec("").ann().build(Neuron.RELU, 1, 3, data.classes(), teachers);
    Network student =
        spec(kind).build(neuron(kind), ann ? 1 : STEPS, 3, data.classes(), parameters);
    DistillationLoss loss =
        new DistillationLoss(
            Task.DETECTION, DistillationForm.PUBLISHED, weights(kind), student, 1, parameters);
    teachers.allocate(ops);
    TinyDetector.sure(teachers);
    parameters.allocate(ops);
    try (teacher;
        student;
        BatchUploader uploader = new BatchUploader(ops, data);
        Epoch epoch =
            new DataLoader(data, BATCH, false, false, Augment.standard(data), 0, 0).epoch(0);
        Tensor one = Transfers.vector(ops, 1);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      DeviceBatch batch = uploader.upload(epoch.next());
      DistillationObjective objective = new DistillationObjective(student, teacher, loss);
      try (Tensor images = batch.images(DType.F32);
          Objective.Losses losses = objective.compute(tape, tape.input(images), batch, one)) {
        tape.backward();
        Map<String, Double> each = new HashMap<>();
        float[] values = Transfers.floats(ops.device(), losses.each());
        for (int i = 0; i < values.length; i++) {
          each.put(Task.DETECTION.losses().get(i), (double) values[i]);
        }
        double features = 0;
        if (losses.distances() != null) {
          for (float value : Transfers.floats(ops.device(), losses.distances())) {
            features += value;
          }
        }
        each.put("features", features);
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

  private static boolean used(String kind, String loss) {
    return switch (loss) {
      case "focal", "box" -> true;
      case "logits" -> kind.contains("sakd") || kind.equals("logits-only");
      case "boxes" -> kind.contains("sakd") || kind.equals("boxes-only");
      default -> kind.contains("sakd");
    };
  }

  @EachDevice
  void devicesAgree(Ops ops) {
    for (String kind : KINDS) {
      Found expected = EXPECTED.computeIfAbsent(kind, k -> step(Devices.reference(), k));
      Found found = step(ops, kind);
      found.losses.forEach(
          (name, loss) -> {
            String what = kind + " " + name;
            assertEquals(used(kind, name), loss > 1e-6, what + " " + found.losses);
            assertEquals(expected.losses.get(name), loss, 1e-4 * loss, what);
          });
      assertTrue(
          found.gradients.containsKey("transform_p5.net.0.weight") == kind.contains("sakd"), kind);
      expected.gradients.forEach(
          (name, gradient) -> assertClose(gradient, found.gradients.get(name), kind + " " + name));
      boolean learns = !kind.equals("boxes-only");
      String weight = "head.classification_head.conv.0.0.weight";
      assertEquals(learns, norm(found.gradients.get(weight)) > 0, kind);
    }
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /** By the length of the difference: a few of many sums may round another way. */
  private static void assertClose(float[] expected, float[] found, String what) {
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(expected[i] - found[i], 2);
    }
    assertTrue(
        Math.sqrt(difference) <= 1e-3 * norm(expected) + 5e-5,
        what + ": " + Math.sqrt(difference) + " of " + norm(expected));
    assertTrue(Double.isFinite(norm(expected)), what);
  }
}
