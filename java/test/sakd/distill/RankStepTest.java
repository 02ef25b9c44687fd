package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.ForwardingDataset;
import sakd.data.Mixing;
import sakd.data.Parts;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;
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
import sakd.ops.Distance;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.StepTerms;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.task.Objective;
import sakd.task.Task;
import sakd.testing.Devices;
import sakd.testing.ThreadRanks;
import sakd.testing.TinyBoxes;
import sakd.testing.TinyDetector;
import sakd.testing.TinyMasks;
import sakd.testing.TinyNetwork;
import sakd.testing.TinyTraining;

/**
 * Ranks that share a batch, unevenly, and norm together have the losses, the gradients and the
 * running statistics of one process, whatever is averaged over: samples, pixels, confidence.
 */
class RankStepTest {
  private static final int STEPS = 2;

  /** What is trained on what. */
  private record Kind(
      Task task,
      DistillationForm form,
      DistillationWeights weights,
      Dataset data,
      Mixing mixing,
      NetworkSpec spec,
      Neuron neuron) {}

  /** The losses, weighted by the rank's samples, and by parameter its gradient or statistic. */
  private record Found(double[] losses, Map<String, float[]> values) {}

  private static Found step(Ops ops, Kind kind, int batchSize) {
    Parameters teachers = new Parameters(3);
    Parameters parameters = new Parameters(4);
    int channels = kind.data.shape().channels();
    int steps = kind.neuron.kind().isSpiking() ? STEPS : 1;
    Network teacher =
        kind.spec.ann().build(Neuron.RELU, 1, channels, kind.data.classes(), teachers);
    Network student =
        kind.spec.build(kind.neuron, steps, channels, kind.data.classes(), parameters);
    DistillationLoss loss =
        new DistillationLoss(kind.task, kind.form, kind.weights, student, 1, parameters);
    teachers.allocate(ops);
    parameters.allocate(ops);
    if (kind.task == Task.DETECTION) {
      TinyDetector.sure(teachers);
      // Of some pictures surer than of others.
      Parameter weight = teachers.get("head.classification_head.cls_logits.weight");
      float[] large = weight.get();
      for (int i = 0; i < large.length; i++) {
        large[i] *= 100;
      }
      weight.set(large);
    }
    Parts parts = new Parts(ops.rank(), ops.ranks(), 1);
    Augment augment = Augment.standard(kind.data).mixing(kind.mixing);
    try (teacher;
        student;
        BatchUploader uploader = new BatchUploader(ops, kind.data);
        Epoch epoch =
            new DataLoader(kind.data, batchSize, true, false, augment, 5, 0, parts).epoch(0);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      DeviceBatch batch = uploader.upload(epoch.next());
      Objective objective = new DistillationObjective(student, teacher, loss);
      tape.draw(batch.draw(), batch.places());
      tape.syncBatchNorm(true);
      try (Tensor weight = Transfers.vector(ops, batch.weight());
          Tensor images = batch.images(DType.F32);
          Objective.Losses losses = objective.compute(tape, tape.input(images), batch, weight)) {
        tape.backward();
        ops.sumRanks(parameters.gradients());
        double[] each = new double[losses.each().channels() + 1];
        float[] values = Transfers.floats(ops.device(), losses.each());
        int rows = values.length / (each.length - 1);
        for (int i = 0; i < values.length; i++) {
          each[i % (each.length - 1)] += values[i] / (double) rows * batch.weight();
        }
        if (losses.distances() != null) {
          for (float value : Transfers.floats(ops.device(), losses.distances())) {
            each[each.length - 1] += value * batch.weight();
          }
        }
        Map<String, float[]> found = new LinkedHashMap<>();
        for (Parameter p : parameters.all()) {
          found.put(p.name(), p.trained() ? p.read(p.gradient()) : p.get());
        }
        return new Found(each, found);
      }
    }
  }

  private static void check(Kind kind) {
    Found whole;
    try (Ops ops = Devices.reference()) {
      whole = step(ops, kind, 7);
    }
    List<Found> ranks = ThreadRanks.onReference(3, ops -> step(ops, kind, 7));
    for (int i = 0; i < whole.losses.length; i++) {
      double sum = 0;
      for (Found rank : ranks) {
        sum += rank.losses[i];
      }
      assertEquals(whole.losses[i], sum, 1e-5 * Math.abs(whole.losses[i]), kind + " loss " + i);
    }
    // Of a bias before a norm the gradient is 0, but for what the others' rounding leaves.
    double largest = whole.values.values().stream().mapToDouble(RankStepTest::norm).max().orElse(0);
    List<String> wrong = new ArrayList<>();
    whole.values.forEach(
        (name, expected) -> {
          float[] difference = ranks.get(2).values.get(name).clone();
          for (int i = 0; i < expected.length; i++) {
            difference[i] -= expected[i];
          }
          if (!(norm(difference) <= 1e-5 * norm(expected) + 1e-6 * largest)) {
            wrong.add(name + ": " + norm(difference) + " of " + norm(expected));
          }
        });
    assertTrue(wrong.isEmpty(), () -> kind + " " + wrong);
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  @Test
  void classesMixedAndDistilled() {
    Dataset data;
    try (TinyTraining training = new TinyTraining(Devices.reference(), 1)) {
      data = training.data;
    }
    DistillationWeights weights = new DistillationWeights(1, 1, 10, 4, 0.1f);
    weights = weights.with(2, new StepTerms(1, 0.5f, 0.3f, 0.5f, 0.1f));
    for (Distance distance : Distance.values()) {
      DistillationForm form = new DistillationForm(distance, true, 0.1f, 1, 0.5f, 0.3f);
      check(
          new Kind(
              Task.CLASSIFICATION,
              form,
              weights,
              data,
              new Mixing(0.8, 1),
              TinyNetwork.SPEC,
              Neuron.LIF));
    }
  }

  /** Of every second picture no more than the upper half has a class. */
  private static final class HalfMasks extends ForwardingDataset {
    HalfMasks(Dataset set) {
      super(set);
    }

    @Override
    protected Dataset around(Dataset other) {
      return new HalfMasks(other);
    }

    @Override
    public Targets targets(int index, Placement placement, SampleShape shape) {
      Targets.Masks masks = (Targets.Masks) super.targets(index, placement, shape);
      byte[] labels = masks.labels();
      if (index % 2 == 0) {
        Arrays.fill(labels, labels.length / 2, labels.length, (byte) Targets.IGNORED);
      }
      return masks;
    }
  }

  /** With dropout and an auxiliary head; pictures have other numbers of pixels without a class. */
  @Test
  void masks() {
    ResNetSpec body =
        new ResNetSpec(
            "tiny",
            Neuron.Residual.INPUT,
            false,
            List.of(1, 1, 1, 1),
            List.of(4, 8, 8, 8),
            4,
            NetworkSpec.Stem.IMAGENET,
            ResNetSpec.Shortcut.B,
            0);
    NetworkSpec spec = new SegmentationSpec("tiny", SegmentationSpec.Kind.FCN, body, 8, true, true);
    check(
        new Kind(
            Task.SEGMENTATION,
            DistillationForm.PUBLISHED,
            new DistillationWeights(1, 1, 1, 2, 0.1f),
            new HalfMasks(new TinyMasks()),
            Mixing.NONE,
            spec,
            Neuron.LIF));
  }

  /** With the teacher's confidence and its standardised pyramid. */
  @Test
  void boxes() {
    check(
        new Kind(
            Task.DETECTION,
            DistillationForm.PUBLISHED,
            new DistillationWeights(1, 1, 1, 1, 1, 2, 0),
            new TinyBoxes(),
            Mixing.NONE,
            TinyDetector.spec(Neuron.Residual.INPUT, true),
            Neuron.LIF));
  }
}
