package sakd.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * All parameters of a network. Layers ask for theirs while the network is built; {@link #allocate}
 * then lays them out as slices of one flat array, with one for the gradients and one for the
 * running statistics, so that an optimizer's step is one kernel launch.
 */
public final class Parameters implements AutoCloseable {
  /** Slices start at multiples of this many floats, which suits every device's alignment. */
  private static final int GRAIN = 1024;

  /** Of a row of the flat arrays. */
  static final long ROW_BYTES = (long) GRAIN * DType.F32.size;

  private final Map<String, Parameter> byName = new LinkedHashMap<>();

  /** Weights of more than one pixel: they come first in the flat arrays. */
  private final List<Parameter> windows = new ArrayList<>();

  private final Random random;
  private Tensor weights;
  private Tensor gradients;
  private Tensor statistics;
  private Tensor narrowGradients;
  private Frozen frozen;

  /** Initial weights are drawn from this seed. */
  public Parameters(long seed) {
    random = new Random(seed);
  }

  private Parameter add(
      String name, int[] shape, int area, boolean trained, DoubleSupplier initial) {
    if (weights != null) {
      throw new IllegalStateException("parameters are allocated already");
    }
    Parameter p = new Parameter(name, shape, area, trained, initial);
    if (byName.put(name, p) != null) {
      throw new IllegalArgumentException("two parameters are named " + name);
    }
    return p;
  }

  /** A convolution's weight: normal with variance 2 / (out k k), He et al.'s fan-out. */
  public Parameter conv(String name, int out, int in, int kernel) {
    return conv(name, out, in, kernel, Math.sqrt(2.0 / ((double) out * kernel * kernel)));
  }

  /** A convolution's weight: normal with this standard deviation. */
  public Parameter conv(String name, int out, int in, int kernel, double std) {
    return window(name, out, in, kernel, () -> random.nextGaussian() * std);
  }

  /** A convolution's weight: uniform within sqrt(3 / fan-in), He et al.'s with a = 1. */
  public Parameter uniformConv(String name, int out, int in, int kernel) {
    double bound = Math.sqrt(3.0 / ((double) in * kernel * kernel));
    return window(name, out, in, kernel, () -> (random.nextDouble() * 2 - 1) * bound);
  }

  private Parameter window(String name, int out, int in, int kernel, DoubleSupplier draw) {
    Parameter p = add(name, new int[] {out, in, kernel, kernel}, kernel * kernel, true, draw);
    if (kernel > 1) {
      windows.add(p);
    }
    return p;
  }

  /**
   * A linear layer's weight [out, channels area]: uniform within 1/sqrt(fan-in), PyTorch's default.
   *
   * @param area pixels that each channel has a column for, 1 for a layer over channels alone
   */
  public Parameter linear(String name, int out, int channels, int area) {
    int in = channels * area;
    return add(name, new int[] {out, in}, area, true, uniform(in));
  }

  /** The weight [out, in, 1, 1] of a linear layer at every pixel, drawn as {@link #linear}'s. */
  public Parameter pixelLinear(String name, int out, int in) {
    return add(name, new int[] {out, in, 1, 1}, 1, true, uniform(in));
  }

  /** A linear layer's bias, drawn as its weight. */
  public Parameter linearBias(String name, int fanIn, int out) {
    return add(name, new int[] {out}, 1, true, uniform(fanIn));
  }

  private DoubleSupplier uniform(int fanIn) {
    double bound = 1 / Math.sqrt(fanIn);
    return () -> (random.nextDouble() * 2 - 1) * bound;
  }

  /** A trained parameter that starts constant, such as gamma (1) and beta (0). */
  public Parameter constant(String name, float value, int... shape) {
    return add(name, shape, 1, true, () -> value);
  }

  /** A running statistic. */
  public Parameter statistic(String name, float value, int... shape) {
    return add(name, shape, 1, false, () -> value);
  }

  /** Gives every parameter its place on the device and its initial value. */
  public void allocate(Ops ops) {
    reserve(ops);
    byName.values().forEach(Parameter::initialise);
  }

  /** Gives every parameter its place on the device, for values that are about to be set. */
  public void reserve(Ops ops) {
    weights = flat(ops, true);
    gradients = flat(ops, true);
    statistics = flat(ops, false);
    place(ops, true);
    place(ops, false);
  }

  /** In the order in which they lie in their flat array. */
  private List<Parameter> those(boolean trained) {
    Stream<Parameter> rest =
        byName.values().stream().filter(p -> p.trained() == trained && !windows.contains(p));
    return (trained ? Stream.concat(windows.stream(), rest) : rest).toList();
  }

  /**
   * The trained parameters in the order in which they lie in their flat array: those whose
   * gradients may be {@link #narrowGradients}, then the others, each in the order they were made.
   */
  List<List<Parameter>> runs() {
    List<Parameter> all = those(true);
    return List.of(all.subList(0, windows.size()), all.subList(windows.size(), all.size()));
  }

  /** How many rows of the flat arrays a parameter takes. */
  static int rows(Parameter p) {
    return (p.size() + GRAIN - 1) / GRAIN;
  }

  private static int room(Parameter p) {
    return rows(p) * GRAIN;
  }

  /** A flat array of the layout of the weights (or the statistics), all zero. */
  private Tensor flat(Ops ops, boolean trained) {
    return flat(ops, DType.F32, those(trained));
  }

  private static Tensor flat(Ops ops, DType type, List<Parameter> those) {
    int total = those.stream().mapToInt(Parameters::room).sum();
    Tensor t = ops.allocate(type, Math.max(1, total / GRAIN), GRAIN);
    ops.device().zero(t.memory());
    return t;
  }

  /** Another array of the weights' layout, all zero: momentum, an average of weights. */
  public Tensor likeWeights(Ops ops) {
    return flat(ops, true);
  }

  /** [rows] of the weights' layout: for each, a number of its parameter. */
  public Tensor byRow(Ops ops, ToDoubleFunction<Parameter> number) {
    float[] numbers = new float[weights.dim(0)];
    int row = 0;
    for (Parameter p : those(true)) {
      Arrays.fill(numbers, row, row + rows(p), (float) number.applyAsDouble(p));
      row += rows(p);
    }
    return Transfers.vector(ops, numbers);
  }

  private void place(Ops ops, boolean trained) {
    long at = 0;
    for (Parameter p : those(trained)) {
      if (trained) {
        p.place(ops.device(), weights.slice(at, p.size()), gradients.slice(at, p.size()));
      } else {
        p.place(ops.device(), statistics.slice(at, p.size()), null);
      }
      at += room(p);
    }
  }

  /** The slice of {@code flat} (of {@link #likeWeights}) that belongs to trained parameter p. */
  public Tensor sliceOf(Tensor flat, Parameter p) {
    Tensor slice = slices(flat).get(p);
    if (slice != null) {
      return slice;
    }
    throw new IllegalArgumentException(p.name() + " is not a trained parameter of this network");
  }

  /**
   * All slices of {@code flat}, of the weights' layout in any type, by their trained parameters.
   */
  Map<Parameter, Tensor> slices(Tensor flat) {
    return slices(flat, those(true));
  }

  private static Map<Parameter, Tensor> slices(Tensor flat, List<Parameter> those) {
    Map<Parameter, Tensor> slices = new HashMap<>();
    long at = 0;
    for (Parameter p : those) {
      slices.put(p, flat.slice(at, p.size()));
      at += room(p);
    }
    return slices;
  }

  /**
   * Where a library that rounds weights writes the gradients of convolutions of more than one pixel
   * in this type, by their weights. {@link #widenGradients} converts them all at once.
   */
  Map<Parameter, Tensor> narrowGradients(Ops ops, DType type) {
    if (windows.isEmpty()) {
      return Map.of();
    }
    if (narrowGradients == null || narrowGradients.type() != type) {
      if (narrowGradients != null) {
        narrowGradients.close();
      }
      narrowGradients = flat(ops, type, windows);
    }
    return slices(narrowGradients, windows);
  }

  /** The flat array of the gradients in another type, or null if there are none. */
  Tensor narrowGradients() {
    return narrowGradients;
  }

  /** {@link #gradients} of convolutions = those of {@link #narrowGradients}. */
  void widenGradients(Ops ops) {
    if (narrowGradients != null) {
      int rows = narrowGradients.dim(0);
      ops.convert(narrowGradients, gradients.slice(0, rows, GRAIN));
    }
  }

  /** The weights in the type of activations where the device's library rounds them; else null. */
  Tensor roundedWeights(Ops ops, DType storage) {
    if (storage == DType.F32 || !ops.device().matrix().roundsWeights()) {
      return null;
    }
    Tensor copy = ops.allocate(storage, weights.shape());
    ops.convert(weights, copy);
    return copy;
  }

  /** What inference derives from these parameters, which must not change from here on. */
  Frozen frozen(Ops ops, DType storage) {
    if (frozen == null || frozen.storage() != storage) {
      if (frozen != null) {
        frozen.close();
      }
      frozen = new Frozen(ops, storage, this);
    }
    return frozen;
  }

  /** Trained parameters and statistics in the order they were made. */
  public List<Parameter> all() {
    return new ArrayList<>(byName.values());
  }

  /** The parameter of that name, or null. */
  public Parameter get(String name) {
    return byName.get(name);
  }

  public Tensor weights() {
    return weights;
  }

  public Tensor gradients() {
    return gradients;
  }

  public Tensor statistics() {
    return statistics;
  }

  @Override
  public void close() {
    if (weights != null) {
      weights.close();
      gradients.close();
      statistics.close();
    }
    if (narrowGradients != null) {
      narrowGradients.close();
    }
    if (frozen != null) {
      frozen.close();
    }
  }
}
