package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.ints;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.requireDropout;
import static sakd.ops.Requirements.requireTally;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;

/**
 * The operations over our kernels and the device's matrix library. Chooses each kernel's
 * specialisation (storage, lanes, T, neuron); equations are in {@code kernels/}.
 */
public final class KernelOps extends MatrixOps {
  private static final int LEAST_COUNTERS = 4096;

  private final Map<List<Object>, Kernel> kernels = new HashMap<>();
  private final Reductions reductions;
  private final NeuronKernels neurons;
  private final PoolKernels pools;
  private final DistanceKernels distances;
  private final StretchKernels stretches;
  private final ResizeKernels resizes;
  private final PixelKernels pixels;

  /** For each of the device's queues. */
  private final Memory[] counters = new Memory[2];

  public KernelOps(Device device) {
    super(device, device.matrix());
    if (device.hasWarps()) {
      for (int queue = 0; queue < counters.length; queue++) {
        counters[queue] = zeros(LEAST_COUNTERS);
      }
    }
    this.reductions = new Reductions(this);
    this.neurons = new NeuronKernels(this, reductions);
    this.pools = new PoolKernels(this);
    this.distances = new DistanceKernels(this, reductions);
    this.stretches = new StretchKernels(this);
    this.resizes = new ResizeKernels(this);
    this.pixels = new PixelKernels(this);
  }

  // ---- kernels and their sizes ----

  /** The kernel for this storage and number of lanes. */
  Kernel kernel(String file, String function, DType storage, int lanes) {
    return kernels.computeIfAbsent(
        List.of(file, function, storage, lanes),
        k -> device().kernel(KernelSpec.of(file, function, defines(storage, lanes))));
  }

  static Map<String, Integer> defines(DType storage, int lanes) {
    return Map.of("STORAGE", storageDefine(storage), "LANES", lanes);
  }

  private static int storageDefine(DType storage) {
    return switch (storage) {
      case F32 -> 0;
      case F16 -> 1;
      case BF16 -> 2;
      default -> throw new IllegalArgumentException("no activations in " + storage);
    };
  }

  /** The most lanes that divide {@code size}, up to what the device likes at T steps. */
  int lanes(long size, DType storage, int steps) {
    int lanes = device().preferredLanes(storage, steps);
    while (size % lanes != 0) {
      lanes /= 2;
    }
    return lanes;
  }

  /**
   * At least n numbers that are 0 between launches, by which the blocks of a reduction of {@code
   * kernels/cuda} find out which of them is the last. Launches that may run at the same time do not
   * share them.
   */
  Memory counters(int n) {
    int queue = isBeside() ? 1 : 0;
    if (counters[queue].bytes() < 4L * n) {
      // The smaller ones stay: a recorded graph uses them.
      counters[queue] = zeros(n);
    }
    return counters[queue];
  }

  private Memory zeros(int n) {
    Memory memory = device().allocate(4L * n);
    device().zero(memory);
    return memory;
  }

  /** The file's twin with kernels for warps, where the device has them. */
  String twin(String file) {
    return device().hasWarps() ? "cuda/" + file : file;
  }

  /** Launches a float32 kernel of {@link #twin} for n items: a warp each, where there are any. */
  void each(String file, String function, long n, Object... arguments) {
    each(kernel(twin(file), function, DType.F32, 1), n, arguments);
  }

  /** As above, of a kernel at hand. */
  void each(Kernel kernel, long n, Object... arguments) {
    if (device().hasWarps()) {
      kernel.launchWarps(n, arguments);
    } else {
      kernel.launch(n, arguments);
    }
  }

  /** Launches a FOR_EACH kernel of {@code storage} over a flat array, in vectors. */
  void flat(String file, String function, DType storage, long size, Object... arguments) {
    int lanes = lanes(size, storage, 1);
    Object[] all = new Object[arguments.length + 1];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = size / lanes;
    kernel(file, function, storage, lanes).launch(size / lanes, all);
  }

  // ---- element by element ----

  @Override
  public void fill(Tensor x, float value) {
    flat("elementwise.cu", "fill", x.type(), x.size(), x.memory(), value);
  }

  @Override
  public void add(Tensor a, Tensor b) {
    require(a.size() == b.size() && a.type() == b.type(), a, b);
    flat("elementwise.cu", "add", a.type(), a.size(), a.memory(), b.memory());
  }

  @Override
  public void convert(Tensor from, Tensor to) {
    require(from.size() == to.size(), from, to);
    if (from.type() == to.type()) {
      long bytes = from.size() * from.type().size;
      device().copy(from.memory().view(0, bytes), to.memory().view(0, bytes));
    } else if (to.type() == DType.F32) {
      flat("elementwise.cu", "to_float", from.type(), from.size(), from.memory(), to.memory());
    } else {
      require(from.type() == DType.F32, from, to);
      flat("elementwise.cu", "from_float", to.type(), from.size(), from.memory(), to.memory());
    }
  }

  @Override
  public void addBias(Tensor x, Tensor bias) {
    require(bias.size() == x.channels() && bias.type() == DType.F32, x, bias);
    int lanes = lanes(x.channels(), x.type(), 1);
    int columns = x.channels() / lanes;
    kernel("elementwise.cu", "add_bias", x.type(), lanes)
        .launchRows(x.rows(), columns, x.memory(), bias.memory(), x.rows(), columns);
  }

  @Override
  public void sumRows(Tensor x, Tensor out) {
    require(out.size() == x.channels() && out.type() == DType.F32, x, out);
    reductions.sumRows(x, out);
  }

  // ---- batch norm and neuron ----

  private static void requireNorm(BatchNorm norm, int channels, Tensor affine) {
    require(
        affine.size() == 4L * channels
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
  public void batchStatistics(Tensor x, BatchNorm norm, int repeats, Tensor affine) {
    int channels = x.channels();
    requireNorm(norm, channels, affine);
    reductions.statistics(x, norm, repeats, affine);
  }

  @Override
  public void runningStatistics(BatchNorm norm, Tensor affine) {
    int channels = Math.toIntExact(norm.gamma().size());
    requireNorm(norm, channels, affine);
    kernel(twin("batchnorm.cu"), "affine_from_running", DType.F32, 1)
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
  public void neuron(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor out) {
    neurons.forward(neuron, merge, x, affine, residual, leak, out);
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
      NeuronGradients gradients) {
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
  public void maxPool(Pool pool, Tensor x, Tensor y, Tensor winner) {
    pools.maxPool(pool, x, y, winner);
  }

  @Override
  public void maxPoolBackward(Pool pool, Tensor gradY, Tensor winner, Tensor gradX) {
    pools.maxPoolBackward(pool, gradY, winner, gradX);
  }

  @Override
  public void subsample(Tensor x, Tensor y) {
    pools.subsample(x, y);
  }

  @Override
  public void subsampleBackward(Tensor gradY, Tensor gradX, boolean add) {
    pools.subsampleBackward(gradY, gradX, add);
  }

  @Override
  public void averagePool(Tensor x, Tensor out) {
    pools.averagePool(x, out);
  }

  @Override
  public void averagePoolBackward(Tensor gradOut, Tensor gradX, boolean add) {
    pools.averagePoolBackward(gradOut, gradX, add);
  }

  @Override
  public void resize(Resize kind, Tensor x, Tensor y) {
    resizes.forward(kind, x, y);
  }

  @Override
  public void resizeBackward(Resize kind, Tensor gradY, Tensor gradX, boolean add) {
    resizes.backward(kind, gradY, gradX, add);
  }

  @Override
  public void copyChannels(Tensor from, int fromFirst, Tensor to, int toFirst, int count) {
    Requirements.requireChannels(from, fromFirst, to, toFirst, count);
    kernel("channels.cu", "copy_channels", to.type(), 1)
        .launchRows(
            to.rows(),
            count,
            from.memory(),
            to.memory(),
            from.channels(),
            fromFirst,
            to.channels(),
            toFirst,
            to.rows(),
            count);
  }

  @Override
  public void dropout(Tensor x, float p, Tensor draw, int key, Tensor out) {
    requireDropout(x, p, draw, out);
    int columns = x.channels();
    kernel("dropout.cu", "dropout", x.type(), 1)
        .launchRows(
            x.rows(),
            columns,
            x.memory(),
            draw.memory(),
            out.memory(),
            (int) ReferenceDropout.threshold(p),
            (float) (1 / (1 - (double) p)),
            key,
            x.rows() / x.dim(0),
            x.rows(),
            columns);
  }

  @Override
  public void timeMean(Tensor x, Tensor out) {
    pools.timeMean(x, out);
  }

  @Override
  public void timeMeanBackward(Tensor gradOut, Tensor gradX, boolean add) {
    pools.timeMeanBackward(gradOut, gradX, add);
  }

  // ---- losses and metrics ----

  @Override
  public void softmaxLoss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor grad) {
    int samples = Math.toIntExact(logits.rows());
    int classes = logits.channels();
    require(
        labels.size() == samples
            && (mix == null || floats(mix, 6))
            && floats(lossScale, 1)
            && losses.size() == 2L * samples
            && grad.size() == logits.size()
            && (klWeight == 0 || teacher != null && teacher.size() == logits.size()),
        logits,
        labels,
        losses,
        grad);
    each(
        "loss.cu",
        "softmax_loss",
        samples,
        logits.memory(),
        (klWeight == 0 ? logits : teacher).memory(),
        labels.memory(),
        (mix == null ? lossScale : mix).memory(),
        lossScale.memory(),
        losses.memory(),
        grad.memory(),
        ceWeight,
        klWeight,
        temperature,
        smoothing,
        mix == null ? 0 : 1,
        samples,
        classes);
  }

  @Override
  public void distance(
      Distance kind,
      Tensor a,
      Tensor b,
      Tensor lossScale,
      float temperature,
      float weight,
      Tensor losses,
      int index,
      Tensor grad) {
    distances.distance(kind, a, b, lossScale, temperature, weight, losses, index, grad);
  }

  @Override
  public void headTailLoss(
      Tensor logits,
      Tensor teacher,
      Tensor lossScale,
      float temperature,
      float weight,
      float head,
      Tensor losses,
      Tensor grad) {
    distances.headTail(logits, teacher, lossScale, temperature, weight, head, losses, grad);
  }

  @Override
  public void tetRegularizer(
      Tensor logits,
      Tensor lossScale,
      float lambda,
      float target,
      float weight,
      Tensor losses,
      Tensor grad) {
    distances.tet(logits, lossScale, lambda, target, weight, losses, grad);
  }

  @Override
  public void repeatSteps(Tensor in, Tensor out) {
    DistanceKernels.requireRepeat(in, out);
    kernel("steps.cu", "repeat_steps", DType.F32, 1)
        .launch(in.size(), in.memory(), out.memory(), out.dim(0), in.size());
  }

  @Override
  public void labelRank(Tensor logits, Tensor labels, Tensor rank) {
    int samples = Math.toIntExact(logits.rows());
    require(labels.size() == samples && rank.size() == samples, logits, labels, rank);
    each(
        "loss.cu",
        "label_rank",
        samples,
        logits.memory(),
        labels.memory(),
        rank.memory(),
        samples,
        logits.channels());
  }

  @Override
  public void countHits(Tensor rank, Tensor hits) {
    require(ints(rank, rank.size()) && ints(hits, 2), rank, hits);
    each("loss.cu", "count_hits", 1, rank.memory(), hits.memory(), Math.toIntExact(rank.size()));
  }

  @Override
  public void pixelLoss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor hits,
      Tensor grad) {
    pixels.loss(
        logits,
        teacher,
        labels,
        lossScale,
        ceWeight,
        klWeight,
        temperature,
        smoothing,
        losses,
        hits,
        grad);
  }

  @Override
  public void confusion(Tensor logits, Tensor labels, Tensor counts) {
    pixels.confusion(logits, labels, counts);
  }

  @Override
  public void tallyStep(Tensor losses, int samples, Tensor distances, Tensor hits, Tensor tally) {
    int terms = requireTally(losses, samples, distances, hits, tally);
    kernel("loss.cu", "tally_step", DType.F32, 1)
        .launch(
            1,
            losses.memory(),
            (distances == null ? losses : distances).memory(),
            hits.memory(),
            tally.memory(),
            samples,
            Math.toIntExact(losses.rows()),
            terms,
            distances == null ? 0 : Math.toIntExact(distances.size()));
  }

  // ---- optimizers ----

  @Override
  public void beginStep(
      Tensor squares,
      Tensor schedule,
      Tensor scaling,
      float maxNorm,
      float beta1,
      float beta2,
      int growthInterval) {
    require(
        floats(squares, 1) && floats(schedule, 6) && floats(scaling, 2),
        squares,
        schedule,
        scaling);
    kernel("optimizer.cu", "begin_step", DType.F32, 1)
        .launch(
            1,
            squares.memory(),
            schedule.memory(),
            scaling.memory(),
            maxNorm,
            beta1,
            beta2,
            growthInterval);
  }

  @Override
  public void sgd(
      Tensor w,
      Tensor grad,
      Tensor momentumBuffer,
      Tensor schedule,
      float momentum,
      float weightDecay,
      boolean nesterov) {
    require(
        w.size() == grad.size() && w.size() == momentumBuffer.size() && floats(schedule, 6),
        w,
        grad,
        momentumBuffer,
        schedule);
    flat(
        "optimizer.cu",
        "sgd",
        DType.F32,
        w.size(),
        w.memory(),
        grad.memory(),
        momentumBuffer.memory(),
        schedule.memory(),
        momentum,
        weightDecay,
        nesterov ? 1 : 0);
  }

  @Override
  public void adamw(
      Tensor w,
      Tensor grad,
      Tensor m,
      Tensor v,
      Tensor schedule,
      float beta1,
      float beta2,
      float eps,
      float weightDecay) {
    require(
        w.size() == grad.size()
            && w.size() == m.size()
            && w.size() == v.size()
            && floats(schedule, 6),
        w,
        grad,
        m,
        v,
        schedule);
    flat(
        "optimizer.cu",
        "adamw",
        DType.F32,
        w.size(),
        w.memory(),
        grad.memory(),
        m.memory(),
        v.memory(),
        schedule.memory(),
        beta1,
        beta2,
        eps,
        weightDecay);
  }

  @Override
  public void ema(Tensor w, Tensor average, Tensor schedule, float decay) {
    require(w.size() == average.size() && floats(schedule, 6), w, average, schedule);
    flat(
        "optimizer.cu",
        "ema",
        DType.F32,
        w.size(),
        w.memory(),
        average.memory(),
        schedule.memory(),
        decay);
  }

  @Override
  public void sumSquares(Tensor x, Tensor out) {
    require(x.type() == DType.F32 && out.size() == 1, x, out);
    reductions.sumSquares(x, out);
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
    kernel("augment.cu", "augment", out.type(), 1)
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
}
