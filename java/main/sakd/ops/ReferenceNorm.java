package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.isAffine;
import static sakd.ops.Requirements.isOfRanks;
import static sakd.ops.Requirements.isResidual;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.requireGradients;
import static sakd.ops.Requirements.storage;

import java.util.Arrays;
import sakd.base.UserError;
import sakd.device.DType;

/** Batch statistics, and {@link ReferenceLayer} applied to tensors block by block. */
interface ReferenceNorm extends Ops {
  /** A term of a sum over rows: of an element and its channel. */
  interface Term {
    double of(double value, int channel);
  }

  /** [C]: the terms of x [.., C] summed over the rows. */
  static double[] sumRows(Tensor x, Term term) {
    int channels = x.channels();
    return RowBlocks.sum(
        x.rows(),
        channels,
        (first, count) -> {
          double[] values = read(x, first * channels, count * channels);
          double[] sum = new double[channels];
          for (int i = 0; i < values.length; i++) {
            sum[i % channels] += term.of(values[i], i % channels);
          }
          return sum;
        });
  }

  private static void requireNorm(
      Ops.BatchNorm norm, boolean isAffine, Tensor affine, long channels) {
    require(
        isAffine
            && floats(norm.gamma(), channels)
            && floats(norm.beta(), channels)
            && floats(norm.runningMean(), channels)
            && floats(norm.runningVar(), channels),
        affine,
        norm);
  }

  @Override
  default void checkNeuron(Neuron neuron) {
    if (neuron.kind() == Neuron.Kind.CUSTOM) {
      throw new UserError(
          "the neuron in "
              + neuron.label()
              + " has to be compiled, and there is no C++ compiler on the PATH; install one"
              + " (Debian: apt-get install g++) or name it in CXX");
    }
  }

  @Override
  default void batchStatistics(Tensor x, Ops.BatchNorm norm, int repeats, Tensor affine) {
    require(storage(x) && repeats >= 1, x, repeats);
    int channels = x.channels();
    requireNorm(norm, isAffine(affine, channels), affine, channels);
    ReferenceMoments moments = ReferenceMoments.of(x);
    if (isOfRanks(affine, channels)) {
      moments = moments.ofRanks(this);
      double[] inverse = new double[channels];
      Arrays.fill(inverse, 1 / moments.rows());
      write(affine, 4L * channels, inverse);
    }
    double[] mean = moments.mean();
    double[] var = new double[channels];
    double[] runningMean = read(norm.runningMean());
    double[] runningVar = read(norm.runningVar());
    double momentum = norm.momentum();
    double count = moments.rows() * repeats;
    for (int c = 0; c < channels; c++) {
      var[c] = moments.squares()[c] / moments.rows();
      double unbiased = var[c] * count / Math.max(1, count - 1);
      runningMean[c] += momentum * (mean[c] - runningMean[c]);
      runningVar[c] += momentum * (unbiased - runningVar[c]);
    }
    write(norm.runningMean(), 0, runningMean);
    write(norm.runningVar(), 0, runningVar);
    write(affine, 0, affine(mean, var, norm));
  }

  @Override
  default void runningStatistics(Ops.BatchNorm norm, Tensor affine) {
    long channels = norm.gamma().size();
    requireNorm(norm, floats(affine, 4 * channels), affine, channels);
    write(affine, 0, affine(read(norm.runningMean()), read(norm.runningVar()), norm));
  }

  private static double[] affine(double[] mean, double[] var, Ops.BatchNorm norm) {
    return affine(mean, var, read(norm.gamma()), read(norm.beta()), norm.eps());
  }

  /** [4, C] = mean, 1/sqrt(var + eps), gamma/sqrt(var + eps), beta. */
  static double[] affine(double[] mean, double[] var, double[] gamma, double[] beta, double eps) {
    int channels = mean.length;
    double[] affine = new double[4 * channels];
    for (int c = 0; c < channels; c++) {
      double inverse = 1 / Math.sqrt(var[c] + eps);
      affine[c] = mean[c];
      affine[channels + c] = inverse;
      affine[2 * channels + c] = gamma[c] * inverse;
      affine[3 * channels + c] = beta[c];
    }
    return affine;
  }

  // ---- neuron ----

  /**
   * One call's sizes: out [steps, rows, channels], x [inputSteps, rows, channels]. A neuron without
   * state has its time folded into the rows.
   */
  record Sizes(int steps, int inputSteps, long rows, int channels) {
    static Sizes of(
        Neuron neuron,
        Neuron.Residual merge,
        Tensor x,
        Tensor affine,
        Tensor residual,
        Tensor leak,
        Tensor out,
        boolean backward) {
      int steps = out.dim(0);
      int inputSteps = x.dim(0);
      boolean spiking = neuron.kind().isSpiking();
      require(
          x.type().isStorage()
              && x.type() == out.type()
              && x.channels() == out.channels()
              && (inputSteps == steps || (inputSteps == 1 && spiking))
              && x.size() / inputSteps == out.size() / steps
              && (!spiking || steps <= Neuron.MAX_STEPS)
              && (affine == null || isAffine(affine, x.channels())),
          neuron,
          x,
          out);
      require(isResidual(residual, merge, backward), merge);
      require(
          residual == null || (residual.size() == out.size() && residual.type() == out.type()),
          merge,
          x,
          out);
      require(neuron.kind() != Neuron.Kind.PLIF || (leak != null && floats(leak, 1)), neuron);
      return spiking
          ? new Sizes(steps, inputSteps, out.rows() / steps, out.channels())
          : new Sizes(1, 1, out.rows(), out.channels());
    }

    /** Rows {@code first} to {@code first + count} of every step; null for null. */
    double[][] load(Tensor t, int steps, long first, int count) {
      if (t == null) {
        return null;
      }
      double[][] values = new double[steps][];
      for (int step = 0; step < steps; step++) {
        values[step] = read(t, (step * rows + first) * channels, count * channels);
      }
      return values;
    }

    void store(Tensor t, long first, double[][] values) {
      for (int step = 0; t != null && step < values.length; step++) {
        write(t, (step * rows + first) * channels, values[step]);
      }
    }

    private long width() {
      return (long) steps * channels;
    }
  }

  private static ReferenceLayer layer(
      Neuron neuron, Neuron.Residual merge, int channels, Tensor affine, Tensor leak) {
    double parameter = leak == null ? 0 : read(leak)[0];
    return new ReferenceLayer(
        ReferenceNeuron.of(neuron, parameter),
        merge,
        channels,
        affine == null ? null : read(affine));
  }

  @Override
  default void neuron(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor out,
      Tensor packed) {
    Sizes s = Sizes.of(neuron, merge, x, affine, residual, leak, out, false);
    ReferenceLayer layer = layer(neuron, merge, s.channels, affine, leak);
    RowBlocks.forEach(
        s.rows,
        s.width(),
        (first, count) -> {
          double[][] result = new double[s.steps][count * s.channels];
          layer.forward(
              s.load(x, s.inputSteps, first, count),
              s.load(residual, s.steps, first, count),
              result);
          s.store(out, first, result);
        });
    if (packed != null) {
      ReferenceSpikes.pack(out, packed);
    }
  }

  @Override
  default Tensor allocateSpikes(Tensor like, int most) {
    return PackedSpikes.allocate(this, like, most, ReferenceSpikes.lanes(like));
  }

  @Override
  default void unpackSpikes(Tensor packed, Tensor out) {
    ReferenceSpikes.unpack(packed, out);
  }

  @Override
  default void neuronBackward(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor gradOut,
      Ops.NeuronGradients gradients) {
    Sizes s = Sizes.of(neuron, merge, x, affine, residual, leak, gradOut, true);
    requireGradients(neuron, merge, x, affine, gradOut, gradients);
    ReferenceLayer layer = layer(neuron, merge, s.channels, affine, leak);
    double[] sums =
        RowBlocks.sum(
            s.rows,
            s.width(),
            (first, count) ->
                layer.sums(
                    s.load(x, s.inputSteps, first, count),
                    s.load(residual, s.steps, first, count),
                    s.load(gradOut, s.steps, first, count)));
    boolean ofRanks = affine != null && isOfRanks(affine, s.channels);
    double[] through = ofRanks ? sumOfRanks(sums, affine) : sums;
    double elements = ofRanks ? 1 : s.inputSteps * s.rows;
    RowBlocks.forEach(
        s.rows,
        s.width(),
        (first, count) -> {
          double[][] gradX = new double[s.inputSteps][count * s.channels];
          double[][] gradResidual = new double[s.steps][count * s.channels];
          layer.backward(
              s.load(x, s.inputSteps, first, count),
              s.load(residual, s.steps, first, count),
              s.load(gradOut, s.steps, first, count),
              through,
              elements,
              gradX,
              gradResidual);
          s.store(gradients.x(), first, gradX);
          s.store(gradients.residual(), first, gradResidual);
        });
    if (affine != null) {
      write(gradients.beta(), 0, Arrays.copyOf(sums, s.channels));
      write(gradients.gamma(), 0, Arrays.copyOfRange(sums, s.channels, 2 * s.channels));
    }
    if (neuron.kind() == Neuron.Kind.PLIF) {
      write(gradients.leak(), 0, new double[] {leakGradient(layer.neuron().leak(), sums)});
    }
  }

  /** The first two of sums [3, C], added up over all ranks and divided by the count of all. */
  private double[] sumOfRanks(double[] sums, Tensor affine) {
    int channels = sums.length / 3;
    double[] shares = Arrays.copyOf(sums, 2 * channels);
    double[] inverse = read(affine, 4L * channels, channels);
    for (int i = 0; i < shares.length; i++) {
      shares[i] *= inverse[i % channels];
    }
    try (Tensor all = allocate(DType.F32, 2, channels)) {
      write(all, 0, shares);
      sumRanks(all);
      return read(all);
    }
  }

  /** By PLIF's parameter w, with k = sigmoid(w): k (1 - k) times the sum of gk over channels. */
  static double leakGradient(double k, double[] sums) {
    double total = 0;
    for (int i = sums.length * 2 / 3; i < sums.length; i++) {
      total += sums[i];
    }
    return total * k * (1 - k);
  }
}
