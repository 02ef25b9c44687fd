package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.function.Executable;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.testing.EachDevice;

/** Sizes and types that do not fit are refused by every operation, on every device. */
class MismatchContractTest {
  private static final Ops.Pool POOL = new Ops.Pool(2, 2, 0);

  /** Calls that are to be refused, and the tensors they are made with. */
  private static final class Calls implements AutoCloseable {
    private final Ops ops;
    private final Map<String, Executable> calls = new LinkedHashMap<>();
    private final List<Tensor> open = new ArrayList<>();

    Calls(Ops ops) {
      this.ops = ops;
    }

    Tensor f32(int... shape) {
      return of(DType.F32, shape);
    }

    Tensor of(DType type, int... shape) {
      Tensor t = ops.allocate(type, shape);
      open.add(t);
      return t;
    }

    void refused(String what, Executable call) {
      calls.put(what, call);
    }

    void check() {
      assertAll(
          calls.entrySet().stream()
              .map(
                  c ->
                      () ->
                          assertThrows(IllegalArgumentException.class, c.getValue(), c.getKey())));
    }

    @Override
    public void close() {
      open.forEach(Tensor::close);
    }
  }

  @EachDevice
  void elementwise(Ops ops) {
    try (Calls c = new Calls(ops)) {
      c.refused("fill of labels", () -> ops.fill(c.of(DType.I32, 4), 1));
      c.refused("add, sizes", () -> ops.add(c.f32(4), c.f32(5)));
      c.refused("add, types", () -> ops.add(c.f32(4), c.of(DType.I32, 4)));
      c.refused("convert, sizes", () -> ops.convert(c.f32(4), c.f32(5)));
      c.refused("convert, types", () -> ops.convert(c.of(DType.I32, 4), c.f32(4)));
      c.refused("bias, size", () -> ops.addBias(c.f32(2, 4), c.f32(2)));
      c.refused("bias, type", () -> ops.addBias(c.f32(2, 4), c.of(DType.I32, 4)));
      c.refused("sumRows", () -> ops.sumRows(c.f32(2, 4), c.f32(2)));
      c.check();
    }
  }

  @EachDevice
  void matrix(Ops ops) {
    ConvShape s = new ConvShape(1, 4, 4, 2, 3, 3, 1, 1);
    try (Calls c = new Calls(ops)) {
      Tensor x = c.f32(1, 4, 4, 2);
      Tensor w = c.f32(3, 3, 3, 2);
      Tensor y = c.f32(1, 4, 4, 3);
      Tensor wrong = c.f32(1, 4, 4, 1);
      c.refused("conv", () -> ops.conv(s, x, w, wrong));
      c.refused("convBackwardData", () -> ops.convBackwardData(s, y, wrong, x, false));
      c.refused("convBackwardWeights", () -> ops.convBackwardWeights(s, wrong, y, w));
      c.refused(
          "gemm, inner size",
          () -> ops.gemm(false, false, c.f32(2, 3), c.f32(4, 5), 0, c.f32(2, 5)));
      c.refused(
          "gemm, result", () -> ops.gemm(false, true, c.f32(2, 3), c.f32(5, 3), 0, c.f32(5, 2)));
      c.check();
    }
  }

  @EachDevice
  void normAndNeuron(Ops ops) {
    try (Calls c = new Calls(ops)) {
      Tensor x = c.f32(2, 3, 4);
      Tensor affine = c.f32(4, 4);
      Tensor channel = c.f32(4);
      Tensor wrong = c.f32(3);
      Neuron.Residual none = Neuron.Residual.NONE;
      Ops.BatchNorm good = new Ops.BatchNorm(channel, channel, channel, channel, 1e-5f, 0.1f);
      Ops.BatchNorm bad = new Ops.BatchNorm(channel, channel, wrong, channel, 1e-5f, 0.1f);
      c.refused("statistics, affine", () -> ops.batchStatistics(x, good, 1, wrong));
      c.refused("statistics, norm", () -> ops.batchStatistics(x, bad, 1, affine));
      c.refused("running, norm", () -> ops.runningStatistics(bad, affine));
      c.refused(
          "channels", () -> ops.neuron(Neuron.LIF, none, x, null, null, null, c.f32(2, 4, 3)));
      c.refused(
          "T' between 1 and T",
          () -> ops.neuron(Neuron.LIF, none, x, null, null, null, c.f32(4, 3, 4)));
      c.refused(
          "more than " + Neuron.MAX_STEPS + " steps",
          () -> ops.neuron(Neuron.LIF, none, c.f32(33, 4), null, null, null, c.f32(33, 4)));
      c.refused(
          "ReLU over more steps",
          () -> ops.neuron(Neuron.RELU, none, c.f32(1, 4), null, null, null, c.f32(2, 4)));
      c.refused("affine", () -> ops.neuron(Neuron.LIF, none, x, wrong, null, null, x));
      c.refused(
          "no residual", () -> ops.neuron(Neuron.LIF, Neuron.Residual.ADD, x, null, null, null, x));
      c.refused("a residual", () -> ops.neuron(Neuron.LIF, none, x, null, x, null, x));
      c.refused(
          "residual's size",
          () -> ops.neuron(Neuron.LIF, Neuron.Residual.ADD, x, null, wrong, null, x));
      Neuron plif = new Neuron(Neuron.Kind.PLIF, 2, 1, 0, false, false, Neuron.Surrogate.ATAN, 2);
      c.refused("PLIF without leak", () -> ops.neuron(plif, none, x, null, null, null, x));
      c.refused(
          "gradient's size",
          () ->
              ops.neuronBackward(
                  Neuron.LIF,
                  none,
                  x,
                  null,
                  null,
                  null,
                  x,
                  new Ops.NeuronGradients(wrong, null, null, null, null)));
      c.refused(
          "a gradient of the residual that is gradOut",
          () ->
              ops.neuronBackward(
                  Neuron.LIF,
                  Neuron.Residual.ADD,
                  x,
                  null,
                  x,
                  null,
                  x,
                  new Ops.NeuronGradients(c.f32(2, 3, 4), c.f32(2, 3, 4), null, null, null)));
      c.refused(
          "no gradient of gamma",
          () ->
              ops.neuronBackward(
                  Neuron.LIF,
                  none,
                  x,
                  affine,
                  null,
                  null,
                  x,
                  new Ops.NeuronGradients(c.f32(2, 3, 4), null, null, channel, null)));
      c.check();
    }
  }

  @EachDevice
  void pooling(Ops ops) {
    try (Calls c = new Calls(ops)) {
      Tensor x = c.f32(1, 4, 6, 2);
      Tensor y = c.f32(1, 2, 3, 2);
      Tensor winner = c.of(DType.U8, 1, 2, 3, 2);
      c.refused("max pool", () -> ops.maxPool(POOL, x, c.f32(1, 3, 2, 2), winner));
      c.refused("max pool, winner", () -> ops.maxPool(POOL, x, y, c.of(DType.I32, 1, 2, 3, 2)));
      c.refused("max pool backward", () -> ops.maxPoolBackward(POOL, y, winner, c.f32(1, 6, 6, 2)));
      c.refused("average pool", () -> ops.averagePool(x, c.f32(1, 3)));
      c.refused("average pool backward", () -> ops.averagePoolBackward(c.f32(5, 2), x, false));
      c.refused("windows", () -> ops.averageWindows(3, x, y));
      c.refused("windows backward", () -> ops.averageWindowsBackward(2, y, c.f32(1, 4, 8, 2)));
      c.refused("time mean", () -> ops.timeMean(c.f32(3, 4), c.f32(1, 5)));
      c.refused("time mean backward", () -> ops.timeMeanBackward(c.f32(1, 5), c.f32(3, 4), false));
      c.check();
    }
  }

  @EachDevice
  void losses(Ops ops) {
    try (Calls c = new Calls(ops)) {
      Tensor z = c.f32(3, 5);
      Tensor labels = c.of(DType.I32, 3);
      ops.device().zero(labels.memory());
      Tensor losses = c.f32(3, 2);
      Tensor one = c.f32(1);
      c.refused(
          "labels",
          () ->
              ops.softmaxLoss(
                  z, null, c.of(DType.I32, 4), null, one, 1, 0, 1, 0, losses, c.f32(3, 5)));
      Tensor spikes = c.f32(2, 3, 4, 4, 6);
      Tensor goal = c.f32(1, 3, 4, 4, 5);
      Tensor rows = c.f32(7, 5);
      Tensor three = c.f32(3);
      c.refused(
          "map of another size",
          () ->
              ops.mapLoss(
                  spikes, c.f32(1, 3, 4, 3, 5), rows, labels, null, one, 1, three, c.f32(96, 6)));
      c.refused(
          "map, weight of other channels",
          () -> ops.mapLoss(spikes, goal, c.f32(7, 6), labels, null, one, 1, three, spikes));
      c.refused(
          "map, gradient",
          () -> ops.mapLoss(spikes, goal, rows, labels, null, one, 1, three, c.f32(1, 3, 4, 4, 6)));
      c.refused(
          "noise, places",
          () ->
              ops.logitNoise(
                  c.f32(1, 3, 5), 1, c.of(DType.I32, 2), c.of(DType.I32, 2), 0, c.f32(1, 3, 5)));
      c.refused(
          "no teacher",
          () -> ops.softmaxLoss(z, null, labels, null, one, 1, 1, 1, 0, losses, c.f32(3, 5)));
      c.refused(
          "losses",
          () -> ops.softmaxLoss(z, null, labels, null, one, 1, 0, 1, 0, c.f32(3), c.f32(3, 5)));
      c.refused("mix", () -> ops.softmaxLoss(z, null, labels, one, one, 1, 0, 1, 0, losses, z));
      c.refused(
          "loss scale", () -> ops.softmaxLoss(z, null, labels, null, z, 1, 0, 1, 0, losses, z));
      Tensor map = c.f32(1, 3, 1, 1, 5);
      for (Distance kind : Distance.values()) {
        c.refused("sizes", () -> ops.distance(kind, map, z, one, 1, 1, one, 0, c.f32(5)));
        c.refused("index", () -> ops.distance(kind, map, map, one, 1, 1, one, 1, map));
        c.refused("scale", () -> ops.distance(kind, map, map, z, 1, 1, one, 0, map));
      }
      c.refused("head", () -> ops.headTailLoss(z, z, one, 1, 1, 0.5f, c.f32(3), c.f32(3, 5)));
      Tensor s = c.f32(2, 3, 5);
      StepTerms on = new StepTerms(1, 1, 1, 1, 1);
      Tensor five = c.f32(3, StepTerms.COUNT);
      c.refused("no steps", () -> ops.stepLosses(z, labels, null, one, on, 1, five, c.f32(3, 5)));
      c.refused("losses of steps", () -> ops.stepLosses(s, labels, null, one, on, 1, losses, s));
      c.refused("gradient", () -> ops.stepLosses(s, labels, null, one, on, 1, five, z));
      c.refused("mix of steps", () -> ops.stepLosses(s, labels, one, one, on, 1, five, s));
      c.refused("steps", () -> ops.repeatSteps(z, c.f32(2, 5)));
      Tensor hits = c.of(DType.I32, 2);
      c.refused("tally", () -> ops.tallyStep(losses, 3, null, hits, c.f32(10)));
      c.refused("samples", () -> ops.tallyStep(losses, 0, null, hits, c.f32(11)));
      c.refused("hits", () -> ops.tallyStep(losses, 3, null, c.of(DType.I32, 3), c.f32(11)));
      c.refused("count", () -> ops.countHits(c.f32(3), hits));
      c.refused("rank", () -> ops.labelRank(z, labels, c.of(DType.I32, 5)));
      c.check();
    }
  }

  @EachDevice
  void dense(Ops ops) {
    try (Calls c = new Calls(ops)) {
      Tensor x = c.f32(2, 3, 4, 5);
      Resize kind = Resize.BILINEAR;
      c.refused("channels", () -> ops.resize(kind, x, c.f32(2, 6, 8, 4)));
      c.refused("pictures", () -> ops.resize(kind, x, c.f32(1, 6, 8, 5)));
      c.refused("type", () -> ops.resize(kind, x, c.of(DType.I32, 2, 6, 8, 5)));
      c.refused("rank", () -> ops.resizeBackward(kind, c.f32(8, 5), x, false));
      Tensor draw = c.of(DType.I32, 2);
      Tensor places = c.of(DType.I32, 3);
      Tensor out = c.f32(2, 3, 4, 5);
      c.refused("dropout, size", () -> ops.dropout(x, 0.5f, draw, places, 0, c.f32(2, 3, 4, 4)));
      c.refused("dropout, draw", () -> ops.dropout(x, 0.5f, c.of(DType.I32, 1), places, 0, out));
      c.refused("dropout, places", () -> ops.dropout(x, 0.5f, draw, draw, 0, out));
      Tensor labels = c.of(DType.U8, 2, 3, 4);
      Tensor losses = c.f32(1, 2);
      Tensor one = c.f32(1);
      Tensor hits = c.of(DType.I32, 2);
      Tensor words = c.of(DType.I32, 2, 3, 4);
      c.refused(
          "labels", () -> ops.pixelLoss(x, null, words, null, one, 1, 0, 1, 0, losses, hits, x));
      c.refused(
          "teacher", () -> ops.pixelLoss(x, null, labels, null, one, 1, 1, 1, 0, losses, hits, x));
      c.refused("losses", () -> ops.pixelLoss(x, null, labels, null, one, 1, 0, 1, 0, x, hits, x));
      c.refused(
          "hits", () -> ops.pixelLoss(x, null, labels, null, one, 1, 0, 1, 0, losses, words, x));
      c.refused(
          "divisor", () -> ops.pixelLoss(x, null, labels, x, one, 1, 0, 1, 0, losses, hits, x));
      c.refused("count", () -> ops.countPixels(words, 3, one));
      Tensor wide = c.f32(24, 256);
      c.refused(
          "classes",
          () -> ops.pixelLoss(wide, null, labels, null, one, 1, 0, 1, 0, losses, hits, wide));
      c.refused("counts", () -> ops.confusion(x, labels, words));
      c.refused("counted labels", () -> ops.confusion(x, words, c.of(DType.I32, 5, 5)));
      c.check();
    }
  }

  @EachDevice
  void optimizersAndInput(Ops ops) {
    try (Calls c = new Calls(ops)) {
      Tensor w = c.f32(5);
      Tensor schedule = c.f32(6);
      Tensor wrong = c.f32(3);
      Tensor one = c.f32(1);
      c.refused("sgd", () -> ops.sgd(w, w, wrong, schedule, one, 0.9f, true));
      c.refused("sgd, schedule", () -> ops.sgd(w, w, w, wrong, one, 0.9f, true));
      c.refused("adamw", () -> ops.adamw(w, wrong, w, w, schedule, one, 0.9f, 0.9f, 1));
      Tensor rows = c.f32(5, 8);
      c.refused("decay of parts", () -> ops.sgd(w, w, w, schedule, w, 0.9f, true));
      c.refused("decay of rows", () -> ops.sgd(rows, rows, rows, schedule, wrong, 0.9f, true));
      c.refused("decay of odd rows", () -> ops.sgd(rows, rows, rows, schedule, w, 0.9f, true));
      c.refused("adamw, decay", () -> ops.adamw(w, w, w, w, schedule, wrong, 0.9f, 0.9f, 1));
      c.refused("ema", () -> ops.ema(w, wrong, schedule, 0.9f));
      c.refused("sumSquares", () -> ops.sumSquares(w, wrong));
      c.refused("beginStep", () -> ops.beginStep(c.f32(1), schedule, wrong, 1, 0.9f, 0.9f, 0));
      Tensor images = c.of(DType.U8, 2, 1, 3, 4, 4);
      Tensor place = c.of(DType.I32, 2, 3);
      Tensor out = c.f32(1, 2, 4, 4, 3);
      c.refused("mean", () -> ops.augment(images, place, null, w, wrong, out));
      c.refused(
          "augmented", () -> ops.augment(images, place, null, wrong, wrong, c.f32(1, 2, 4, 4, 1)));
      c.refused("mix", () -> ops.augment(images, place, wrong, wrong, wrong, out));
      c.refused(
          "frames", () -> ops.augment(images, place, null, wrong, wrong, c.f32(2, 1, 4, 4, 3)));
      c.check();
    }
  }
}
