package sakd.nn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * One pass through a network: layers record what they computed and how to go back. With gradients,
 * everything a backward step may need stays until the last that reads it has run; without, a value
 * is freed as soon as its last reader says so ({@link #drop}).
 *
 * <p>In a {@linkplain Mode#CHECKPOINTED checkpointed} pass values are freed in the same places if
 * they can be restored: spikes from their packed copies, which neurons write beside them, and what
 * a convolution computes by that convolution, from its input. So the backward pass holds the
 * activations of one layer at a time, batch statistics are not computed again, and no neuron runs
 * twice. Real numbers that are costly to restore, such as what a ReLU gives, stay.
 */
public final class Tape implements AutoCloseable {
  /** What a pass is for. */
  public enum Mode {
    /** Batch statistics, gradients. */
    TRAIN,
    /**
     * The same with less memory: what the forward pass has {@linkplain Tape#drop dropped}, and can
     * be computed again, is freed and comes back when the backward pass asks for it.
     */
    CHECKPOINTED,
    /** Running statistics, no gradients. */
    INFERENCE
  }

  /** Runs the backward step of one operation, given the gradient of its output. */
  @FunctionalInterface
  public interface Backward {
    void run(Tensor gradient);
  }

  /**
   * One operation.
   *
   * @param completes parameters whose gradients are whole once its backward step has run
   */
  private record Node(
      Var output, List<Parameter> completes, Backward backward, List<Tensor> saved) {}

  private final Ops ops;
  private final Mode mode;
  private final DType storage;
  private final Monitor monitor;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Tensor> copies = new ArrayList<>();
  private final Map<Parameter, Tensor> rounded = new HashMap<>();
  private final Map<Parameter, Tensor> narrow = new HashMap<>();

  /** Whose gradients this pass has assigned. */
  private final Set<Parameter> written = new HashSet<>();

  /** Whose gradients some operation recorded so far goes back to. */
  private final Set<Parameter> trained = new HashSet<>();

  private Parameters roundedParameters;
  private Frozen frozen;
  private Tensor passedOn;
  private Tensor draw;
  private Tensor places;
  private boolean syncBatchNorm;

  /**
   * A pass whose activations are stored as {@code storage}.
   *
   * @param monitor sees what layers compute, e.g. for firing rates; null for none
   */
  public Tape(Ops ops, Mode mode, DType storage, Monitor monitor) {
    this.ops = ops;
    this.mode = mode;
    this.storage = storage;
    this.monitor = monitor;
  }

  public Tape(Ops ops, Mode mode, DType storage) {
    this(ops, mode, storage, null);
  }

  /** Inference with parameters that do not change any more: what it derives from them is kept. */
  public static Tape frozen(Ops ops, DType storage, Parameters parameters) {
    Tape tape = new Tape(ops, Mode.INFERENCE, storage);
    tape.frozen = parameters.frozen(ops, storage);
    return tape;
  }

  /** Null where parameters may change. */
  Frozen frozen() {
    return frozen;
  }

  public Ops ops() {
    return ops;
  }

  /**
   * Gives dropout something to draw from.
   *
   * @param numbers I32 [2], as {@link Ops#dropout} takes them, of this pass's batch
   * @param places I32 [N], of its samples, likewise
   */
  public void draw(Tensor numbers, Tensor places) {
    draw = numbers;
    this.places = places;
  }

  /** Null where nothing is dropped. */
  Tensor draw() {
    return draw;
  }

  /** See {@link #draw(Tensor, Tensor)}. */
  Tensor places() {
    return places;
  }

  /**
   * Whether batch norm takes the statistics over the samples of all ranks, which are in the same
   * layer then; else of this rank's, as at first. Means nothing with one rank.
   */
  public void syncBatchNorm(boolean sync) {
    syncBatchNorm = sync;
  }

  /**
   * Where to write the affine map of this pass's batch statistics, {@link Ops#batchStatistics}; to
   * be closed.
   */
  public Tensor batchAffine(int channels) {
    return ops.allocate(DType.F32, syncBatchNorm && ops.ranks() > 1 ? 5 : 4, channels);
  }

  public boolean training() {
    return mode != Mode.INFERENCE;
  }

  /** Whether values that can be restored are freed when they are dropped. */
  boolean checkpointed() {
    return mode == Mode.CHECKPOINTED;
  }

  /** Type of activations. */
  public DType storage() {
    return storage;
  }

  Monitor monitor() {
    return monitor;
  }

  /** Shows the monitor, if there is one, what layer {@code name} computed. */
  void show(String what, String name, Tensor t) {
    if (monitor != null) {
      monitor.computed(what + name, t);
    }
  }

  /**
   * Rounds these weights to the type of activations, all at once, for the convolutions of this pass
   * in both directions, where the device's library would round each at each call; gradients that
   * such a library has in that type are converted all at once too. The weights must not change
   * before the tape is closed.
   */
  public void roundWeights(Parameters parameters) {
    Tensor copy = parameters.roundedWeights(ops, storage);
    if (copy != null) {
      copies.add(copy);
      rounded.putAll(parameters.slices(copy));
      if (training()) {
        narrow.putAll(parameters.narrowGradients(ops, storage));
        roundedParameters = parameters;
      }
    }
  }

  /** What a convolution takes for its weight: the rounded one, if there is one. */
  Tensor rounded(Parameter weight) {
    return frozen == null ? rounded.getOrDefault(weight, weight.value()) : frozen.weight(weight);
  }

  /** Where a convolution writes the gradient of its weight. */
  Tensor weightGradient(Parameter weight) {
    return narrow.getOrDefault(weight, weight.gradient());
  }

  /**
   * Computes the gradient of a parameter. Those of a layer that a pass uses more than once add up.
   *
   * @param gradient of the parameter
   * @param compute assigns to the tensor it gets
   */
  void parameterGradient(Parameter parameter, Tensor gradient, Consumer<Tensor> compute) {
    if (written.add(parameter)) {
      compute.accept(gradient);
      return;
    }
    try (Tensor another = ops.allocate(gradient.type(), gradient.shape())) {
      compute.accept(another);
      ops.add(gradient, another);
    }
  }

  /** A value from outside, such as the images; the tape does not own it. */
  public Var input(Tensor value) {
    return new Var(value, false);
  }

  /**
   * Records a computed value, which the tape owns from here on, with {@code saved}.
   *
   * @param backward called once with the value's gradient, if it got one; must pass gradients on
   *     with {@link #gradientOf} and {@link #pass}
   */
  public Var record(Tensor value, boolean needsGradient, Backward backward, Tensor... saved) {
    return record(value, needsGradient, List.of(), backward, saved);
  }

  /**
   * The same of a layer with parameters.
   *
   * @param parameters whose gradients the backward step computes
   */
  public Var record(
      Tensor value,
      boolean needsGradient,
      List<Parameter> parameters,
      Backward backward,
      Tensor... saved) {
    Var output = new Var(value, needsGradient && training());
    // The first layer that uses a parameter is the last to go back to it.
    List<Parameter> completes = parameters.stream().filter(trained::add).toList();
    nodes.add(new Node(output, completes, backward, List.of(saved)));
    if (!training()) {
      for (Tensor t : saved) {
        t.close();
      }
    }
    return output;
  }

  /** Says that nobody will read {@code v} again in this forward pass. */
  public void drop(Var v) {
    if (checkpointed()) {
      v.drop();
    } else if (!training()) {
      v.close();
    }
  }

  /** Where to write a gradient of {@code v}: assign to it, then {@link #pass} it on. */
  public Tensor gradientOf(Var v) {
    return ops.allocate(v.type(), v.shape());
  }

  /** Hands on a gradient of {@code v} that was just computed; the tape owns it from here on. */
  public void pass(Var v, Tensor gradient) {
    if (!takes(v, gradient)) {
      gradient.close();
    }
  }

  /**
   * Hands on to {@code v} the gradient that a backward step was given, as its last deed: it may
   * change from here on.
   */
  public void passOn(Var v, Tensor gradient) {
    if (takes(v, gradient)) {
      passedOn = gradient;
    }
  }

  /** Adds a gradient to that of {@code v}, if it needs one; whether the tensor is now that. */
  private boolean takes(Var v, Tensor gradient) {
    if (!v.needsGradient()) {
      return false;
    }
    if (v.gradient() != null) {
      ops.add(v.gradient(), gradient);
      return false;
    }
    v.gradient(gradient);
    return true;
  }

  /** Computes a gradient into the tensor: assigns it, or adds it. */
  @FunctionalInterface
  public interface Gradient {
    void into(Tensor gradient, boolean add);
  }

  /** Computes a gradient of {@code v}, if it needs one, where those of its readers add up. */
  public void addGradient(Var v, Gradient gradient) {
    if (v.needsGradient()) {
      boolean add = v.gradient() != null;
      if (!add) {
        v.gradient(gradientOf(v));
      }
      gradient.into(v.gradient(), add);
    }
  }

  /** Runs all backward steps, last first, from the gradients that losses have passed. */
  public void backward() {
    backward(p -> {});
    ops.join();
    if (roundedParameters != null) {
      roundedParameters.widenGradients(ops);
    }
  }

  /**
   * The same for a caller that takes the gradients as they come. They may still be computed by
   * {@link Ops#beside}, and those of {@link #roundWeights} be in the type of activations.
   *
   * @param complete is told of each parameter that a layer of this pass has, once all that computes
   *     its gradient is submitted: in an order that depends on the network alone
   */
  public void backward(Consumer<Parameter> complete) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      // All that read it has run, and an operation does not go back by what it gave.
      node.output.close();
      if (node.output.gradient() != null) {
        node.backward.run(node.output.gradient());
      }
      close(node);
      node.completes.forEach(complete);
    }
    nodes.clear();
  }

  private void close(Node node) {
    Tensor gradient = node.output.gradient();
    if (gradient != null) {
      node.output.gradient(null);
      if (gradient != passedOn) {
        gradient.close();
      }
      passedOn = null;
    }
    node.output.close();
    node.saved.forEach(Tensor::close);
  }

  @Override
  public void close() {
    nodes.forEach(this::close);
    nodes.clear();
    rounded.clear();
    copies.forEach(Tensor::close);
    copies.clear();
  }
}
