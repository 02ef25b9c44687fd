package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.isAffine;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.requireDropout;
import static sakd.ops.Requirements.requireEncode;

import java.util.Arrays;
import sakd.device.Communicator;
import sakd.device.DType;
import sakd.device.Device;

/**
 * The operations over our kernels and the device's matrix library. Chooses each kernel's
 * specialisation (storage, lanes, T, neuron); equations are in {@code kernels/}.
 */
public final class KernelOps extends DeviceOps
    implements PoolKernels,
        ResizeKernels,
        LossKernels,
        DistanceKernels,
        ClassMapKernels,
        NoiseKernels,
        StepLossKernels,
        PixelKernels,
        BoxKernels,
        OptimizerKernels {
  private final Launcher launcher;
  private final Reductions reductions;
  private final NeuronKernels neurons;
  private final StretchKernels stretches;

  /** Of one process alone. */
  public KernelOps(Device device) {
    this(device, Communicator.ALONE);
  }

  /** Of a process that trains with others. */
  public KernelOps(Device device, Communicator communicator) {
    super(device, device.matrix(), communicator);
    this.launcher = new Launcher(this);
    this.reductions = new Reductions(this, launcher);
    this.neurons = new NeuronKernels(this, launcher, reductions);
    this.stretches = new StretchKernels(this, launcher);
  }

  @Override
  public Launcher launcher() {
    return launcher;
  }

  @Override
  public Reductions reductions() {
    return reductions;
  }

  // ---- element by element ----

  @Override
  public void fill(Tensor x, float value) {
    launcher.flat("elementwise.cu", "fill", x.type(), x.size(), x.memory(), value);
  }

  @Override
  public void add(Tensor a, Tensor b) {
    require(a.size() == b.size() && a.type() == b.type(), a, b);
    launcher.flat("elementwise.cu", "add", a.type(), a.size(), a.memory(), b.memory());
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    require(floats(a, out.size()) && floats(b, out.size()) && floats(out, out.size()), a, b, out);
    launcher.flat(
        "elementwise.cu", "multiply", DType.F32, out.size(), a.memory(), b.memory(), out.memory());
  }

  @Override
  public void convert(Tensor from, Tensor to) {
    require(from.size() == to.size(), from, to);
    if (from.type() == to.type()) {
      long bytes = from.size() * from.type().size;
      device().copy(from.memory().view(0, bytes), to.memory().view(0, bytes));
    } else if (to.type() == DType.F32) {
      launcher.flat(
          "elementwise.cu", "to_float", from.type(), from.size(), from.memory(), to.memory());
    } else {
      require(from.type() == DType.F32, from, to);
      launcher.flat(
          "elementwise.cu", "from_float", to.type(), from.size(), from.memory(), to.memory());
    }
  }

  @Override
  public void addBias(Tensor x, Tensor bias) {
    require(bias.size() == x.channels() && bias.type() == DType.F32, x, bias);
    int lanes = launcher.lanes(x.channels(), x.type(), 1);
    int columns = x.channels() / lanes;
    launcher
        .kernel("elementwise.cu", "add_bias", x.type(), lanes)
        .launchRows(x.rows(), columns, x.memory(), bias.memory(), x.rows(), columns);
  }

  @Override
  public void sumRows(Tensor x, Tensor out) {
    require(out.size() == x.channels() && out.type() == DType.F32, x, out);
    reductions.sumRows(x, out);
  }

  // ---- batch norm and neuron ----

  private static void requireNorm(
      Ops.BatchNorm norm, int channels, boolean isAffine, Tensor affine) {
    require(
        isAffine
            && norm.gamma().size() == channels
            && norm.beta().size() == channels
            && norm.runningMean().size() == channels
            && norm.runningVar().size() == channels,
        affine,
        norm.gamma(),
        norm.beta(),
        norm.runningMean(),
        norm.runningVar());
  }

  @Override
  public void batchStatistics(Tensor x, Ops.BatchNorm norm, int repeats, Tensor affine) {
    int channels = x.channels();
    requireNorm(norm, channels, isAffine(affine, channels), affine);
    reductions.statistics(x, norm, repeats, affine);
  }

  @Override
  public void runningStatistics(Ops.BatchNorm norm, Tensor affine) {
    int channels = Math.toIntExact(norm.gamma().size());
    requireNorm(norm, channels, floats(affine, 4L * channels), affine);
    launcher
        .kernel(launcher.twin("batchnorm.cu"), "affine_from_running", DType.F32, 1)
        .launch(
            channels,
            norm.gamma().memory(),
            norm.beta().memory(),
            norm.runningMean().memory(),
            norm.runningVar().memory(),
            affine.memory(),
            norm.eps(),
            channels);
  }

  @Override
  public void checkNeuron(Neuron neuron) {
    if (neuron.kind() == Neuron.Kind.CUSTOM) {
      NeuronCheck.run(this, launcher, neuron);
    }
  }

  @Override
  public void neuron(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor out,
      Tensor packed) {
    neurons.forward(neuron, merge, x, affine, residual, leak, out, packed);
  }

  @Override
  public Tensor allocateSpikes(Tensor like, int most) {
    return PackedSpikes.allocate(this, like, most, neurons.spikeLanes(like));
  }

  @Override
  public void unpackSpikes(Tensor packed, Tensor out) {
    neurons.unpack(packed, out);
  }

  @Override
  public void neuronBackward(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor gradOut,
      Ops.NeuronGradients gradients) {
    neurons.backward(neuron, merge, x, affine, residual, leak, gradOut, gradients);
  }

  @Override
  public void neuronStretch(Neuron neuron, Tensor x, Tensor before, Tensor out, Tensor after) {
    stretches.forward(neuron, x, before, out, after);
  }

  @Override
  public void neuronStretchBackward(
      Neuron neuron, Tensor x, Tensor before, Tensor gradOut, Tensor gradV, Tensor gradX) {
    stretches.backward(neuron, x, before, gradOut, gradV, gradX);
  }

  // ---- pooling and time ----

  @Override
  public void dropout(Tensor x, float p, Tensor draw, Tensor places, int key, Tensor out) {
    requireDropout(x, p, draw, places, out);
    int columns = x.channels();
    launcher
        .kernel("dropout.cu", "dropout", x.type(), 1)
        .launchRows(
            x.rows(),
            columns,
            x.memory(),
            draw.memory(),
            places.memory(),
            out.memory(),
            (int) ReferenceDropout.threshold(p),
            (float) (1 / (1 - (double) p)),
            key,
            x.dim(1),
            x.rows() / x.dim(0) / x.dim(1),
            x.rows(),
            columns);
  }

  // ---- losses and metrics ----

  @Override
  public void shareOfRanks(Tensor x, int samples) {
    require(floats(x, x.size()) && samples >= 1, x, samples);
    int n = Math.toIntExact(x.size());
    try (Tensor sums = allocate(DType.F32, n + 1)) {
      fill(sums, samples);
      device().copy(x.memory().view(0, 4L * n), sums.memory().view(0, 4L * n));
      sumRanks(sums);
      launcher
          .kernel("loss.cu", "share_of_ranks", DType.F32, 1)
          .launch(n, sums.memory(), x.memory(), (float) samples, n);
    }
  }

  @Override
  public void repeatSteps(Tensor in, Tensor out) {
    DistanceKernels.requireRepeat(in, out);
    launcher
        .kernel("steps.cu", "repeat_steps", DType.F32, 1)
        .launch(in.size(), in.memory(), out.memory(), out.dim(0), in.size());
  }

  // ---- input ----

  @Override
  public void augment(
      Tensor images, Tensor placement, Tensor mix, Tensor mean, Tensor std, Tensor out) {
    int channels = images.dim(2);
    int columns = images.dim(4) * channels;
    long rows = images.size() / columns;
    require(
        out.size() == images.size()
            && out.channels() == channels
            && out.dim(0) == images.dim(1)
            && placement.size() == 3L * images.dim(0)
            && (mix == null || floats(mix, 6))
            && mean.size() == channels
            && std.size() == channels,
        images,
        placement,
        mean,
        std,
        out);
    launcher
        .kernel("augment.cu", "augment", out.type(), 1)
        .launchRows(
            rows,
            columns,
            images.memory(),
            placement.memory(),
            (mix == null ? mean : mix).memory(),
            mean.memory(),
            std.memory(),
            out.memory(),
            mix == null ? 0 : 1,
            images.dim(0),
            images.dim(1),
            channels,
            images.dim(3),
            images.dim(4),
            rows);
  }

  @Override
  public void encode(
      Encoding code, Tensor x, float[] mean, float[] std, Tensor draw, Tensor places, Tensor out) {
    requireEncode(code, x, mean, std, draw, places, out);
    float[] means = Arrays.copyOf(mean, MOST_ENCODED);
    float[] deviations = Arrays.copyOf(std, MOST_ENCODED);
    Tensor nothing = x;
    launcher
        .kernel("encode.cu", "encode", x.type(), 1)
        .launch(
            x.size(),
            x.memory(),
            (draw == null ? nothing : draw).memory(),
            (places == null ? nothing : places).memory(),
            out.memory(),
            code == Encoding.LATENCY ? 1 : 0,
            draw == null ? 0 : 1,
            out.dim(0),
            x.channels(),
            x.size() / x.dim(1),
            means[0],
            means[1],
            means[2],
            means[3],
            deviations[0],
            deviations[1],
            deviations[2],
            deviations[3],
            x.size());
  }
}
