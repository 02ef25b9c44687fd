package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.Mixing;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.DeviceBatch;
import sakd.model.Network;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Distance;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.StepTerms;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.task.LossTerms;
import sakd.task.Objective;
import sakd.task.Task;
import sakd.testing.Devices;
import sakd.testing.TinyNetwork;
import sakd.testing.TinyTraining;

/** Steps with the map of the class and with noise on logits, from images to gradients. */
class MapStepTest {
  private static final int CLASSES = 4;
  private static final Dataset DATA = TinyTraining.data();

  /** A student and its teacher, and a batch. */
  private static final class Lesson implements AutoCloseable {
    private final Ops ops = Devices.reference();
    private final Parameters teachers = new Parameters(3);
    private final Parameters parameters = new Parameters(4);
    private final Network teacher;
    private final Network student;
    private final DistillationLoss loss;
    private final DistillationObjective objective;
    private final BatchUploader uploader = new BatchUploader(ops, DATA);
    private final DeviceBatch batch;

    Lesson(Neuron neuron, DistillationForm form, DistillationWeights weights, Mixing mixing) {
      int steps = neuron.kind().isSpiking() ? 2 : 1;
      teacher = TinyNetwork.SPEC.ann().build(Neuron.RELU, 1, 1, CLASSES, teachers);
      student = TinyNetwork.SPEC.build(neuron, steps, 1, CLASSES, parameters);
      loss = new DistillationLoss(Task.CLASSIFICATION, form, weights, student, 1, parameters);
      teachers.allocate(ops);
      parameters.allocate(ops);
      objective = new DistillationObjective(student, teacher, loss);
      Augment augment = Augment.standard(DATA).mixing(mixing);
      try (Epoch epoch = new DataLoader(DATA, 6, true, false, augment, 5, 0).epoch(0)) {
        batch = uploader.upload(epoch.next());
      }
    }

    /** The terms, and the gradients that are left in the parameters. */
    LossTerms step(Tape.Mode mode) {
      try (Tape tape = new Tape(ops, mode, DType.F32);
          Tensor one = Transfers.vector(ops, 1);
          Tensor images = batch.images(DType.F32);
          Objective.Losses losses = objective.compute(tape, tape.input(images), batch, one)) {
        tape.backward();
        float[] each = Transfers.floats(ops.device(), losses.each());
        int columns = losses.each().channels();
        List<Double> averages = new ArrayList<>();
        for (int l = 0; l < columns; l++) {
          double sum = 0;
          for (int i = l; i < each.length; i += columns) {
            sum += each[i];
          }
          averages.add(sum / batch.size());
        }
        double distance = 0;
        if (losses.distances() != null) {
          for (float value : Transfers.floats(ops.device(), losses.distances())) {
            distance += value;
          }
        }
        averages.add(distance);
        return loss.terms(averages);
      }
    }

    Map<String, float[]> gradients() {
      Map<String, float[]> found = new LinkedHashMap<>();
      for (Parameter p : parameters.all()) {
        if (p.trained()) {
          found.put(p.name(), p.read(p.gradient()));
        }
      }
      return found;
    }

    @Override
    public void close() {
      uploader.close();
      student.close();
      teacher.close();
      ops.close();
    }
  }

  private static DistillationWeights weights(float ce, float features, float map) {
    return new DistillationWeights(ce, 0.5f, features, 2, 0).with(map, StepTerms.NONE);
  }

  /** Through the head, the features' transform and the map at once, of a network without jumps. */
  @Test
  void gradientsAreSlopesOfTheLoss() {
    try (Lesson lesson =
        new Lesson(Neuron.RELU, DistillationForm.PUBLISHED, weights(1, 3, 5), new Mixing(0.8, 0))) {
      assertTrue(lesson.step(Tape.Mode.TRAIN).terms().get("map") > 0.01, "a map to learn");
      Map<String, float[]> gradients = lesson.gradients();
      for (String name : List.of("conv1.weight", "layer1.0.bn2.bias", "layer2.0.conv2.weight")) {
        Parameter p = lesson.parameters.get(name);
        float[] gradient = gradients.get(name);
        double norm = 0;
        for (float g : gradient) {
          norm += (double) g * g;
        }
        double length = Math.sqrt(norm);
        double step = 3e-4 / length;
        double slope = (at(lesson, p, gradient, step) - at(lesson, p, gradient, -step)) / 6e-4;
        // In the steepest direction, in which a step crosses few of the ReLUs' corners.
        assertEquals(length, slope, 0.01 * length, name);
      }
    }
  }

  private static double at(Lesson lesson, Parameter p, float[] direction, double step) {
    float[] values = p.get();
    float[] moved = values.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += (float) (step * direction[i]);
    }
    p.set(moved);
    double total = lesson.step(Tape.Mode.TRAIN).total();
    p.set(values);
    return total;
  }

  /** The last stage is freed and restored, whether the features' loss reads it too or not. */
  @Test
  void checkpointsChangeNothing() {
    for (float features : new float[] {0, 3}) {
      try (Lesson lesson =
          new Lesson(
              Neuron.LIF, DistillationForm.PUBLISHED, weights(1, features, 2), Mixing.NONE)) {
        LossTerms expected = lesson.step(Tape.Mode.TRAIN);
        Map<String, float[]> gradients = lesson.gradients();
        assertEquals(expected, lesson.step(Tape.Mode.CHECKPOINTED));
        lesson.gradients().forEach((name, g) -> assertArrayEquals(gradients.get(name), g, name));
      }
    }
  }

  /** Noise is where logits follow the teacher's, and nowhere else. */
  @Test
  void noiseIsOnTheDivergenceAlone() {
    DistillationForm noisy = new DistillationForm(Distance.MSE, false, 0, 1, 0, 0.7f);
    DistillationWeights weights = weights(1, 0, 0);
    try (Lesson plain = new Lesson(Neuron.LIF, DistillationForm.PUBLISHED, weights, Mixing.NONE);
        Lesson lesson = new Lesson(Neuron.LIF, noisy, weights, Mixing.NONE)) {
      Map<String, Double> before = plain.step(Tape.Mode.TRAIN).terms();
      Map<String, Double> after = lesson.step(Tape.Mode.TRAIN).terms();
      assertEquals(before.get("ce"), after.get("ce"));
      assertEquals(after, lesson.step(Tape.Mode.TRAIN).terms(), "of one batch the same numbers");
      Ops ops = lesson.ops;
      int n = lesson.batch.size();
      try (Tape quiet = new Tape(ops, Tape.Mode.INFERENCE, DType.F32);
          Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32);
          Tensor images = lesson.batch.images(DType.F32);
          Tensor one = Transfers.vector(ops, 1);
          Tensor seen = ops.allocate(DType.F32, 1, n, CLASSES);
          Tensor ce = ops.allocate(DType.F32, n, 2);
          Tensor kl = ops.allocate(DType.F32, n, 2);
          Tensor gradient = ops.allocate(DType.F32, n, CLASSES);
          Tensor more = ops.allocate(DType.F32, n, CLASSES);
          Tensor bias = ops.allocate(DType.F32, CLASSES)) {
        Tensor logits = lesson.student.forward(tape, tape.input(images), false).logits().value();
        Tensor teacher = lesson.teacher.forward(quiet, quiet.input(images), false).logits().value();
        ops.logitNoise(logits, 0.7f, lesson.batch.draw(), lesson.batch.places(), -1, seen);
        Tensor labels = lesson.batch.labels();
        ops.softmaxLoss(logits, null, labels, null, one, 1, 0, 2, 0, ce, gradient);
        ops.softmaxLoss(seen, teacher, labels, null, one, 0, 0.5f, 2, 0, kl, more);
        double divergence = 0;
        float[] pairs = Transfers.floats(ops.device(), kl);
        for (int i = 1; i < pairs.length; i += 2) {
          divergence += pairs[i] / n;
        }
        assertEquals(divergence, after.get("logits"), 1e-6);
        assertTrue(Math.abs(divergence - before.get("logits")) > 1e-3, "it differs");
        ops.add(gradient, more);
        ops.sumRows(gradient, bias);
        assertArrayEquals(
            Transfers.floats(ops.device(), bias), lesson.gradients().get("fc.bias"), 1e-6f);
      }
    }
  }
}
