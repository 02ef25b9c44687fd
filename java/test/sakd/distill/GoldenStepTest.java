package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Epoch;
import sakd.data.set.MemoryDataset;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.DeviceBatch;
import sakd.io.Json;
import sakd.io.Safetensors;
import sakd.io.SafetensorsFile;
import sakd.model.Network;
import sakd.model.ResNetSpec;
import sakd.nn.Monitor;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.task.LossTerms;
import sakd.task.Objective;
import sakd.testing.Devices;

/**
 * Three whole distillation steps against an independent float64 reference: losses, logits,
 * features, every gradient, and every weight and running statistic after one SGD step.
 */
class GoldenStepTest {
  private static final Path GOLDEN = Path.of("java/test/resources/golden");

  static Stream<Arguments> steps() {
    return Devices.all()
        .flatMap(
            ops ->
                Stream.of("step_spiking_basic", "step_spiking_bottleneck", "step_sew_add")
                    .map(name -> Arguments.of(ops, name)));
  }

  @ParameterizedTest(name = "{1} on {0}", autoCloseArguments = false)
  @MethodSource("steps")
  @SuppressWarnings("unchecked")
  void oneStepEqualsTheReference(Ops ops, String name) throws Exception {
    SafetensorsFile golden = Safetensors.read(GOLDEN.resolve(name + ".safetensors"));
    var config = (Map<String, Object>) Json.parse(golden.metadata().get("config"));
    var neuronConfig = (Map<String, Object>) config.get("neuron");
    var lossConfig = (Map<String, Object>) config.get("loss");
    Function<Object, Integer> integer = v -> ((Number) v).intValue();
    Function<Object, Float> real = v -> ((Number) v).floatValue();
    boolean sew = config.get("kind").equals("sew");
    List<Integer> widths =
        ((List<Object>) config.get("widths")).stream().map(integer::apply).toList();
    ResNetSpec spec =
        new ResNetSpec(
            name,
            sew ? Neuron.Residual.ADD : Neuron.Residual.INPUT,
            (Boolean) config.get("bottleneck"),
            ((List<Object>) config.get("layers")).stream().map(integer::apply).toList(),
            widths,
            widths.get(0),
            config.get("stem").equals("cifar") ? ResNetSpec.Stem.CIFAR : ResNetSpec.Stem.IMAGENET,
            ResNetSpec.Shortcut.B,
            0);
    Neuron lif =
        new Neuron(
            Neuron.Kind.LIF,
            real.apply(neuronConfig.get("tau")),
            real.apply(neuronConfig.get("v_th")),
            neuronConfig.get("v_reset") == null
                ? Float.NaN
                : real.apply(neuronConfig.get("v_reset")),
            (Boolean) neuronConfig.get("decay_input"),
            (Boolean) neuronConfig.get("detach_reset"),
            Neuron.Surrogate.valueOf(neuronConfig.get("surrogate").toString().toUpperCase()),
            real.apply(neuronConfig.get("alpha")));
    int steps = integer.apply(config.get("T"));
    int batch = integer.apply(config.get("batch"));
    int size = integer.apply(config.get("size"));

    Parameters teacherParameters = new Parameters(1);
    Network teacher = spec.ann().build(Neuron.RELU, 1, 3, 10, teacherParameters);
    teacherParameters.allocate(ops);
    load(golden, "teacher.", teacherParameters);
    Parameters studentParameters = new Parameters(2);
    Network student = spec.build(lif, steps, 3, 10, studentParameters);
    DistillationLoss loss =
        new DistillationLoss(
            new DistillationWeights(
                real.apply(lossConfig.get("ce")),
                real.apply(lossConfig.get("logit")),
                real.apply(lossConfig.get("feature")),
                real.apply(lossConfig.get("temperature")),
                0),
            student,
            integer.apply(config.get("transform_k")),
            studentParameters);
    studentParameters.allocate(ops);
    load(golden, "student.", studentParameters);

    Tensor images = ops.allocate(DType.F32, 1, batch, size, size, 3);
    upload(ops, images, toChannelsLast(golden.tensors().get("input.x").toFloats(), batch, 3, size));
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = (int) golden.tensors().get("input.y").toDoubles()[i];
    }

    Features features = new Features(ops);
    try (Tape teacherTape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32, features)) {
      Network.Output expected = teacher.forward(teacherTape, teacherTape.input(images), true);
      close(golden, "output.teacher_logits", read(ops, expected.logits().value()), 1e-5);
      Network.Output actual = student.forward(tape, tape.input(images), true);
      close(golden, "output.logits", read(ops, actual.logits().value()), 1e-5);
      Tensor one = ops.allocate(DType.F32, 1);
      upload(ops, one, new float[] {1});
      Objective.Losses computed = loss.compute(tape, actual, expected, batch(ops, labels), one);
      for (int i = 0; i < widths.size(); i++) {
        float[] feature = features.seen.get("activations of transform" + (i + 1) + ".net.1");
        close(golden, "output.feature" + i, feature, 1e-5);
      }
      LossTerms terms =
          loss.terms(
              List.of(
                  sum(read(ops, computed.each()), 0, 2) / batch,
                  sum(read(ops, computed.each()), 1, 2) / batch,
                  sum(read(ops, computed.distances()), 0, 1)));
      List<Double> actualTerms = new ArrayList<>(List.of(terms.total()));
      actualTerms.addAll(terms.terms().values());
      double[] expectedTerms = golden.tensors().get("output.losses").toDoubles();
      for (int i = 0; i < expectedTerms.length; i++) {
        assertTrue(expectedTerms[i] > 0, "term " + i + " has to say something");
        // Each relative to itself: the largest would hide the others. Two distributions that are
        // nearly the same have a divergence that is a small difference of their logits.
        assertEquals(expectedTerms[i], actualTerms.get(i), 3e-5 * expectedTerms[i], "term " + i);
      }
      tape.backward();
    }
    List<String> wrong = new ArrayList<>();
    for (Parameter p : studentParameters.all()) {
      if (p.trained()) {
        // A convolution before a batch norm: a small difference of large float32 sums.
        check(golden, "grad." + p.name(), p.read(p.gradient()), 2e-4, wrong);
      }
    }
    Tensor momentum = studentParameters.likeWeights(ops);
    Tensor schedule = ops.allocate(DType.F32, 6);
    upload(ops, schedule, new float[] {0.05f, 1, 1, 1, 1, 0});
    ops.sgd(
        studentParameters.weights(),
        studentParameters.gradients(),
        momentum,
        schedule,
        Transfers.vector(ops, 5e-4f),
        0.9f,
        true);
    int compared = 0;
    for (Parameter p : studentParameters.all()) {
      check(golden, "after." + p.name(), p.get(), 1e-4, wrong);
      compared++;
    }
    assertTrue(wrong.isEmpty(), wrong::toString);
    assertEquals(
        golden.tensors().keySet().stream().filter(k -> k.startsWith("after.")).count(), compared);
  }

  /**
   * The student's features as they meet the teacher's, mean over time and transformed, channels
   * first as the reference has them.
   */
  private static final class Features implements Monitor {
    private final Ops ops;
    private final Map<String, float[]> seen = new HashMap<>();

    Features(Ops ops) {
      this.ops = ops;
    }

    @Override
    public void computed(String what, Tensor t) {
      if (what.startsWith("activations of transform") && what.endsWith(".net.1")) {
        assertEquals(1, t.dim(0));
        seen.put(what, toChannelsFirst(read(ops, t), t.dim(1), t.channels(), t.dim(2)));
      }
    }

    @Override
    public void neuron(String name, Inputs read, Tensor out) {}

    @Override
    public void weights(String name, Tensor in, int mostSpikes, long macs) {}
  }

  private static void load(SafetensorsFile golden, String prefix, Parameters parameters) {
    for (Parameter p : parameters.all()) {
      p.set(golden.tensors().get(prefix + p.name()).toFloats());
    }
  }

  /** A batch of these labels, whose pixels nobody looks at. */
  private static DeviceBatch batch(Ops ops, int[] labels) {
    DatasetInfo info =
        new DatasetInfo(
            "labels", Collections.nCopies(10, "class"), new float[1], new float[] {1}, false);
    Dataset set = new MemoryDataset(info, 1, 1, new byte[labels.length], labels);
    try (Epoch epoch =
        new DataLoader(set, labels.length, false, false, Augment.NONE, 0, 0).epoch(0)) {
      return new BatchUploader(ops, set).upload(epoch.next());
    }
  }

  private static double sum(float[] values, int from, int step) {
    double sum = 0;
    for (int i = from; i < values.length; i += step) {
      sum += values[i];
    }
    return sum;
  }

  private static float[] toChannelsLast(float[] x, int n, int c, int size) {
    float[] y = new float[x.length];
    int area = size * size;
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < c; k++) {
        for (int p = 0; p < area; p++) {
          y[(i * area + p) * c + k] = x[(i * c + k) * area + p];
        }
      }
    }
    return y;
  }

  private static float[] toChannelsFirst(float[] y, int n, int c, int size) {
    float[] x = new float[y.length];
    int area = size * size;
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < c; k++) {
        for (int p = 0; p < area; p++) {
          x[(i * c + k) * area + p] = y[(i * area + p) * c + k];
        }
      }
    }
    return x;
  }

  private static void upload(Ops ops, Tensor to, float[] values) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(values);
    ops.device().upload(bytes, to.memory());
  }

  private static float[] read(Ops ops, Tensor t) {
    ByteBuffer bytes = ByteBuffer.allocateDirect((int) t.size() * 4).order(ByteOrder.nativeOrder());
    ops.device().download(t.memory(), bytes);
    float[] values = new float[(int) t.size()];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private static void close(SafetensorsFile golden, String name, float[] actual, double tolerance) {
    List<String> wrong = new ArrayList<>();
    check(golden, name, actual, tolerance, wrong);
    assertTrue(wrong.isEmpty(), wrong::toString);
  }

  /** Relative to the largest magnitude of the tensor. */
  private static void check(
      SafetensorsFile golden, String name, float[] actual, double tolerance, List<String> wrong) {
    double[] expected = golden.tensors().get(name).toDoubles();
    assertEquals(expected.length, actual.length, name);
    double largest = 0;
    double error = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      double d = Math.abs(expected[i] - actual[i]);
      error = d <= error ? error : d;
    }
    if (!(error <= tolerance * largest)) {
      wrong.add(name + ": error " + error + " of " + largest);
    }
  }
}
