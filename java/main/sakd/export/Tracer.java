package sakd.export;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import sakd.base.UserError;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Memory;
import sakd.device.NoMemory;
import sakd.export.NetworkGraph.Value;
import sakd.model.Network;
import sakd.nn.Monitor;
import sakd.nn.Parameter;
import sakd.nn.Tape;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Resize;
import sakd.ops.Tensor;

/**
 * Reads the {@link NetworkGraph} off a network: runs its forward pass over operations that note
 * what they are asked for and compute nothing. So every network can be exported, whatever describes
 * it, as long as it is made of operations that a graph has.
 */
final class Tracer implements InvocationHandler, Monitor {
  private final Map<Tensor, Value> values = new IdentityHashMap<>();

  /** What views are views of. */
  private final Map<Memory, Tensor> allocated = new IdentityHashMap<>();

  private final Map<Memory, Parameter> parameters = new IdentityHashMap<>();

  /** By the tensor that receives scale and shift. */
  private final Map<Tensor, Ops.BatchNorm> norms = new IdentityHashMap<>();

  private final List<NetworkGraph.Node> nodes = new ArrayList<>();

  /** The images, or the spikes that an encoder makes of them. */
  private Value input;

  private String layer = "";
  private int count;

  private Tracer(Network network) {
    for (Parameter p : network.parameters().all()) {
      parameters.put(p.value().memory(), p);
    }
  }

  /**
   * Traces a network.
   *
   * @param network whose parameters are allocated
   * @throws UserError if it uses an operation that graphs do not have
   */
  static NetworkGraph trace(Network network, int channels, int height, int width) {
    Tracer tracer = new Tracer(network);
    Ops ops =
        (Ops)
            Proxy.newProxyInstance(Ops.class.getClassLoader(), new Class<?>[] {Ops.class}, tracer);
    Tensor images = tensor(DType.F32, 1, 1, height, width, channels);
    tracer.input = tracer.define(images);
    try (Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32, tracer)) {
      Network.Output found = network.forward(tape, tape.input(images), false);
      Value logits = tracer.value(found.logits().value());
      Network.Boxes boxes = found.boxes();
      Value deltas = boxes == null ? null : tracer.value(boxes.deltas().value());
      return new NetworkGraph(tracer.input, List.copyOf(tracer.nodes), logits, deltas);
    }
  }

  private static Tensor tensor(DType type, int... shape) {
    long size = Arrays.stream(shape).asLongStream().reduce(type.size, (a, b) -> a * b);
    return new Tensor(new NoMemory(size), () -> {}, type, shape);
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] args) {
    switch (method.getName()) {
      case "allocate" -> {
        Tensor t = tensor((DType) args[0], (int[]) args[1]);
        allocated.put(t.memory(), t);
        return t;
      }
      // Random numbers and time to first spike are left to whoever runs the graph.
      case "encode" -> input = define((Tensor) args[6]);
      case "conv" ->
          conv((ConvShape) args[0], (Tensor) args[1], (Tensor) args[2], (Tensor) args[3]);
      case "runningStatistics" -> norms.put((Tensor) args[1], (Ops.BatchNorm) args[0]);
      case "neuron" -> neurons(args);
      case "maxPool" -> {
        Value in = value((Tensor) args[1]);
        nodes.add(new NetworkGraph.MaxPool(in, (Ops.Pool) args[0], define((Tensor) args[2])));
      }
      case "averageWindows" -> {
        Value in = value((Tensor) args[1]);
        nodes.add(new NetworkGraph.AverageWindows(in, (int) args[0], define((Tensor) args[2])));
      }
      case "averagePool" -> averagePool((Tensor) args[0], (Tensor) args[1]);
      case "subsample" -> subsample((Tensor) args[0], (Tensor) args[1]);
      case "copyChannels" -> {
        Tensor x = (Tensor) args[0];
        if (values.containsKey(x)) {
          concatenate(x, (Tensor) args[2], (int) args[3]);
        } else {
          places(x, (Tensor) args[2], (int) args[3]);
        }
      }
      case "add" -> {
        Tensor a = (Tensor) args[0];
        nodes.add(new NetworkGraph.Sum(value(a), value((Tensor) args[1]), define(a)));
      }
      case "resize" -> {
        Value in = value((Tensor) args[1]);
        nodes.add(new NetworkGraph.Resized(in, (Resize) args[0], define((Tensor) args[2])));
      }
      case "convert" -> convert((Tensor) args[0], (Tensor) args[1]);
      case "timeMean" -> {
        Value in = value((Tensor) args[0]);
        nodes.add(new NetworkGraph.TimeMean(in, define((Tensor) args[1])));
      }
      case "gemm" -> linear((Tensor) args[2], (Tensor) args[3], (Tensor) args[5]);
      case "addBias" -> bias((Tensor) args[0], (Tensor) args[1]);
      default -> throw notExported("the operation " + method.getName());
    }
    return null;
  }

  private static UserError notExported(String what) {
    return new UserError(
        "this network cannot be exported: it uses "
            + what
            + ", for which there is no node; expected a network of convolutions, batch norms after"
            + " them, neurons, pools and linear layers, export it as safetensors");
  }

  private Value define(Tensor t) {
    return define(t, Arrays.stream(t.shape()).skip(2).boxed().toList());
  }

  private Value define(Tensor t, List<Integer> shape) {
    Value value = new Value(count++, t.dim(0), shape);
    values.put(t, value);
    return value;
  }

  private Value value(Tensor t) {
    Value value = values.get(t);
    if (value == null) {
      throw notExported("a view of an activation");
    }
    return value;
  }

  private Parameter parameter(Tensor t) {
    return parameters.get(t.memory());
  }

  private float[] floats(Tensor t) {
    return parameter(t).get();
  }

  private void conv(ConvShape shape, Tensor x, Tensor w, Tensor y) {
    Value in = value(x);
    float[] noBias = new float[shape.out()];
    nodes.add(new NetworkGraph.Conv(layer, in, shape, floats(w), noBias, define(y)));
  }

  private void linear(Tensor x, Tensor w, Tensor y) {
    Value in = value(x);
    float[] noBias = new float[y.channels()];
    Value out = define(y, List.of(y.channels()));
    nodes.add(new NetworkGraph.Linear(layer, in, floats(w), noBias, out));
  }

  private void averagePool(Tensor x, Tensor out) {
    Value in = value(x);
    if (in.shape().size() == 1) {
      // The mean of one.
      values.put(out, in);
    } else {
      nodes.add(new NetworkGraph.AveragePool(in, define(out)));
    }
  }

  /** Every second pixel between channels of zeros: a convolution of weights 0 and 1. */
  private void subsample(Tensor x, Tensor y) {
    Value in = value(x);
    int from = x.channels();
    int to = y.channels();
    float[] weight = new float[to * from];
    for (int c = 0; c < from; c++) {
      weight[(c + (to - from) / 2) * from + c] = 1;
    }
    ConvShape shape = new ConvShape(1, x.dim(-3), x.dim(-2), from, to, 1, 2, 0);
    nodes.add(
        new NetworkGraph.Conv("subsample" + count, in, shape, weight, new float[to], define(y)));
  }

  /** All channels of x behind those that y was given before. */
  private void concatenate(Tensor x, Tensor y, int first) {
    Value in = value(x);
    List<Value> parts = new ArrayList<>();
    if (first > 0) {
      // Nothing comes between the parts.
      parts.addAll(((NetworkGraph.Concatenation) nodes.remove(nodes.size() - 1)).in());
    }
    parts.add(in);
    Value out = first > 0 ? value(y) : define(y);
    nodes.add(new NetworkGraph.Concatenation(parts, out));
  }

  /**
   * All of x behind what y was given before, both viewed as [N, everything of a picture]: the
   * places of maps.
   */
  private void places(Tensor x, Tensor y, int first) {
    Tensor part = allocated.get(x.memory());
    Tensor all = allocated.get(y.memory());
    if (part == null || all == null || x.rank() != 2 || all.rank() != 4) {
      throw notExported("a view of an activation");
    }
    List<Value> parts = new ArrayList<>();
    if (first > 0) {
      // Nothing comes between the parts.
      parts.addAll(((NetworkGraph.Places) nodes.remove(nodes.size() - 1)).in());
    }
    parts.add(value(part));
    nodes.add(new NetworkGraph.Places(parts, first > 0 ? value(all) : define(all)));
  }

  /**
   * To another type of storage, of which a graph knows nothing, from a row of features to a map of
   * one pixel, or back.
   */
  private void convert(Tensor x, Tensor y) {
    Value in = value(x);
    if (Arrays.equals(x.shape(), y.shape())) {
      values.put(y, in);
    } else if (in.shape().size() == 1) {
      nodes.add(new NetworkGraph.OnePixel(in, define(y)));
    } else {
      nodes.add(new NetworkGraph.Flatten(in, define(y, List.of(y.channels()))));
    }
  }

  private void bias(Tensor x, Tensor bias) {
    float[] b = floats(bias);
    Value to = value(x);
    NetworkGraph.Node last = nodes.remove(nodes.size() - 1);
    if (last instanceof NetworkGraph.Linear l && l.out() == to) {
      nodes.add(new NetworkGraph.Linear(l.name(), l.in(), l.weight(), b, to));
    } else if (last instanceof NetworkGraph.Conv c && c.out() == to) {
      nodes.add(new NetworkGraph.Conv(c.name(), c.in(), c.shape(), c.weight(), b, to));
    } else {
      throw notExported("a bias that follows no weights");
    }
  }

  private void neurons(Object[] args) {
    Neuron neuron = (Neuron) args[0];
    Neuron.Residual merge = (Neuron.Residual) args[1];
    Value in = value((Tensor) args[2]);
    if (args[3] != null) {
      fold(in, norms.get((Tensor) args[3]));
    }
    Value residual = args[4] == null ? null : value((Tensor) args[4]);
    if (neuron.kind() == Neuron.Kind.IDENTITY && merge == Neuron.Residual.NONE) {
      values.put((Tensor) args[6], in);
      return;
    }
    float leak =
        switch (neuron.kind()) {
          case LIF -> neuron.leak();
          case CUSTOM -> throw notExported("the neuron in " + neuron.label());
          case PLIF -> (float) (1 / (1 + Math.exp(-floats((Tensor) args[5])[0])));
          default -> 0;
        };
    Value out = define((Tensor) args[6], in.shape());
    nodes.add(new NetworkGraph.Neurons("", in, neuron, leak, merge, residual, out));
  }

  /** Into the convolution before it. */
  private void fold(Value in, Ops.BatchNorm norm) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (nodes.get(i).out() == in && nodes.get(i) instanceof NetworkGraph.Conv conv) {
        float[] gamma = floats(norm.gamma());
        float[] beta = floats(norm.beta());
        float[] mean = floats(norm.runningMean());
        float[] var = floats(norm.runningVar());
        nodes.set(i, conv.normed(gamma, beta, mean, var, norm.eps()));
        return;
      }
    }
    throw notExported("a batch norm that follows no convolution");
  }

  @Override
  public void weights(String name, Tensor in, int mostSpikes, long macs) {
    layer = name;
  }

  @Override
  public void neuron(String name, Inputs read, Tensor out) {
    NetworkGraph.Neurons n = (NetworkGraph.Neurons) nodes.remove(nodes.size() - 1);
    nodes.add(
        new NetworkGraph.Neurons(
            name, n.in(), n.neuron(), n.leak(), n.merge(), n.residual(), n.out()));
  }
}
