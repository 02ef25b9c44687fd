package sakd.export;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import sakd.export.NetworkGraph.Value;
import sakd.io.AtomicFile;
import sakd.io.Protobuf;
import sakd.model.Network;
import sakd.ops.Neuron;
import sakd.ops.Resize;

/**
 * A network as an ONNX model (opset 17), from {@code images} [N, C, H, W], normalised, to {@code
 * logits} [N, K], or of every pixel [N, K, H, W]. Numbers of fields are those of {@code
 * onnx.proto}.
 *
 * <p>ONNX knows no spiking neurons: the T steps are laid out one after another, and a neuron is the
 * elementary operations of its equations. What is the same at every step is computed once.
 */
public final class OnnxFile {
  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final int FLOAT = 1;
  private static final int INT64 = 7;
  private static final int ATTRIBUTE_INT = 2;
  private static final int ATTRIBUTE_STRING = 3;
  private static final int ATTRIBUTE_INTS = 7;

  private final Protobuf graph = new Protobuf();

  /** The names of a value's T' tensors. */
  private final Map<Value, List<String>> tensors = new HashMap<>();

  private final Map<Float, String> constants = new HashMap<>();
  private int count;

  private OnnxFile() {}

  /**
   * Creates or replaces a file, atomically.
   *
   * @param network whose parameters are allocated
   * @param height of the images
   * @param metadata free text by key, which the file carries
   * @throws sakd.base.UserError if the network has a part that cannot be exported, or the file
   *     cannot be written
   */
  public static void write(
      Path path,
      Network network,
      int channels,
      int height,
      int width,
      Map<String, String> metadata) {
    byte[] model = model(Tracer.trace(network, channels, height, width), metadata);
    AtomicFile.write(path, channel -> AtomicFile.writeFully(channel, ByteBuffer.wrap(model)));
  }

  private static byte[] model(NetworkGraph network, Map<String, String> metadata) {
    OnnxFile file = new OnnxFile();
    file.tensors.put(network.input(), List.of("images"));
    network.nodes().forEach(file::add);
    file.node("Identity", "logits", List.of(file.at(network.output(), 0)));
    List<Integer> in = network.input().shape();
    file.graph
        .text(2, "sakd")
        .message(11, tensorInfo("images", in.get(2), in.get(0), in.get(1)))
        .message(12, tensorInfo("logits", channelsFirst(network.output())));
    Protobuf model =
        new Protobuf()
            .integer(1, IR_VERSION)
            .text(2, "sakd")
            .message(7, file.graph)
            .message(8, new Protobuf().text(1, "").integer(2, OPSET));
    metadata.forEach((key, value) -> model.message(14, new Protobuf().text(1, key).text(2, value)));
    return model.bytes();
  }

  /** [C], or [C, H, W] of a map. */
  private static int[] channelsFirst(Value v) {
    List<Integer> s = v.shape();
    return s.size() == 1 ? new int[] {s.get(0)} : new int[] {s.get(2), s.get(0), s.get(1)};
  }

  /** A ValueInfoProto of float32 [N, dims..]. */
  private static Protobuf tensorInfo(String name, int... dims) {
    Protobuf shape = new Protobuf().message(1, new Protobuf().text(2, "N"));
    for (int d : dims) {
      shape.message(1, new Protobuf().integer(1, d));
    }
    Protobuf type = new Protobuf().integer(1, FLOAT).message(2, shape);
    return new Protobuf().text(1, name).message(2, new Protobuf().message(1, type));
  }

  private static Protobuf attribute(String name, int... values) {
    Protobuf a = new Protobuf().text(1, name).integer(20, ATTRIBUTE_INTS);
    for (int v : values) {
      a.integer(8, v);
    }
    return a;
  }

  private static Protobuf scalarAttribute(String name, int value) {
    return new Protobuf().text(1, name).integer(20, ATTRIBUTE_INT).integer(3, value);
  }

  private static Protobuf textAttribute(String name, String value) {
    return new Protobuf().text(1, name).integer(20, ATTRIBUTE_STRING).text(4, value);
  }

  private String node(String op, String output, List<String> inputs, Protobuf... attributes) {
    Protobuf node = new Protobuf();
    inputs.forEach(input -> node.text(1, input));
    node.text(2, output).text(3, op + "_" + output).text(4, op);
    for (Protobuf a : attributes) {
      node.message(5, a);
    }
    graph.message(1, node);
    return output;
  }

  private String node(String op, String... inputs) {
    return node(op, "x" + count++, List.of(inputs));
  }

  /** An initializer. */
  private String weights(String name, float[] values, int... dims) {
    Protobuf tensor = new Protobuf();
    for (int d : dims) {
      tensor.integer(1, d);
    }
    ByteBuffer raw =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    graph.message(5, tensor.integer(2, FLOAT).text(8, name).bytes(9, raw.array()));
    return name;
  }

  private String integers(long... values) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    String name = "x" + count++;
    Protobuf tensor = new Protobuf().integer(1, values.length).integer(2, INT64);
    graph.message(5, tensor.text(8, name).bytes(9, raw.array()));
    return name;
  }

  private String constant(float value) {
    return constants.computeIfAbsent(
        value, v -> weights("constant_" + constants.size(), new float[] {v}));
  }

  /** The value at a step. */
  private String at(Value v, int step) {
    List<String> steps = tensors.get(v);
    return steps.get(steps.size() == 1 ? 0 : step);
  }

  /** One node for each step at which the input differs. */
  private void each(String op, Value in, Value out, List<String> weights, Protobuf... attributes) {
    List<String> results = new ArrayList<>();
    for (String x : tensors.get(in)) {
      List<String> inputs = new ArrayList<>(List.of(x));
      inputs.addAll(weights);
      results.add(node(op, "x" + count++, inputs, attributes));
    }
    tensors.put(out, results);
  }

  private void add(NetworkGraph.Node node) {
    if (node instanceof NetworkGraph.Conv conv) {
      var s = conv.shape();
      List<String> weights =
          List.of(
              weights(
                  conv.name() + ".weight", conv.weight(), s.out(), s.in(), s.kernel(), s.kernel()),
              weights(conv.name() + ".bias", conv.bias(), s.out()));
      each(
          "Conv",
          conv.in(),
          conv.out(),
          weights,
          window(s.kernel(), s.stride(), s.pad(), s.dilation()));
    } else if (node instanceof NetworkGraph.Neurons neurons) {
      neurons(neurons);
    } else if (node instanceof NetworkGraph.MaxPool max) {
      var p = max.pool();
      each("MaxPool", max.in(), max.out(), List.of(), window(p.size(), p.stride(), p.pad(), 1));
    } else if (node instanceof NetworkGraph.Flatten flatten) {
      each("Flatten", flatten.in(), flatten.out(), List.of());
    } else if (node instanceof NetworkGraph.AveragePool average) {
      each("GlobalAveragePool", average.in(), average.out(), List.of());
      each("Flatten", average.out(), average.out(), List.of());
    } else if (node instanceof NetworkGraph.OnePixel pixel) {
      each("Unsqueeze", pixel.in(), pixel.out(), List.of(integers(2, 3)));
    } else if (node instanceof NetworkGraph.Concatenation parts) {
      concatenate(parts);
    } else if (node instanceof NetworkGraph.Resized resized) {
      resize(resized);
    } else if (node instanceof NetworkGraph.TimeMean mean) {
      String result = "x" + count++;
      tensors.put(mean.out(), List.of(node("Mean", result, tensors.get(mean.in()))));
    } else if (node instanceof NetworkGraph.Linear linear) {
      int out = linear.out().channels();
      List<String> weights =
          List.of(
              weights(linear.name() + ".weight", linear.weight(), out, linear.in().channels()),
              weights(linear.name() + ".bias", linear.bias(), out));
      each("Gemm", linear.in(), linear.out(), weights, scalarAttribute("transB", 1));
    }
  }

  private void concatenate(NetworkGraph.Concatenation parts) {
    List<String> results = new ArrayList<>();
    for (int t = 0; t < parts.out().steps(); t++) {
      int step = t;
      List<String> inputs = parts.in().stream().map(v -> at(v, step)).toList();
      results.add(node("Concat", "x" + count++, inputs, scalarAttribute("axis", 1)));
    }
    tensors.put(parts.out(), results);
  }

  /** Sizes are asked for, as those that follow from factors may be off by rounding. */
  private void resize(NetworkGraph.Resized resized) {
    List<Integer> shape = resized.out().shape();
    String size = integers(shape.get(0), shape.get(1));
    List<String> results = new ArrayList<>();
    for (String x : tensors.get(resized.in())) {
      String outer =
          node(
              "Shape",
              "x" + count++,
              List.of(x),
              scalarAttribute("start", 0),
              scalarAttribute("end", 2));
      String sizes =
          node("Concat", "x" + count++, List.of(outer, size), scalarAttribute("axis", 0));
      boolean linear = resized.kind() == Resize.BILINEAR;
      results.add(
          node(
              "Resize",
              "x" + count++,
              List.of(x, "", "", sizes),
              textAttribute("mode", linear ? "linear" : "nearest"),
              textAttribute("coordinate_transformation_mode", linear ? "half_pixel" : "asymmetric"),
              textAttribute("nearest_mode", "floor")));
    }
    tensors.put(resized.out(), results);
  }

  private static Protobuf[] window(int size, int stride, int pad, int dilation) {
    return new Protobuf[] {
      attribute("kernel_shape", size, size),
      attribute("strides", stride, stride),
      attribute("pads", pad, pad, pad, pad),
      attribute("dilations", dilation, dilation)
    };
  }

  private void neurons(NetworkGraph.Neurons layer) {
    Neuron n = layer.neuron();
    String potential = null;
    List<String> outputs = new ArrayList<>();
    for (int t = 0; t < layer.out().steps(); t++) {
      String x = at(layer.in(), t);
      String residual = layer.residual() == null ? null : at(layer.residual(), t);
      if (layer.merge() == Neuron.Residual.INPUT) {
        x = node("Add", x, residual);
      }
      String out;
      if (n.kind() == Neuron.Kind.RELU) {
        out = node("Relu", x);
      } else {
        String h = charge(layer, t == 0 ? constant(n.vStart()) : potential, x);
        String threshold = constant(n.vThreshold());
        String fires = node("GreaterOrEqual", h, threshold);
        out = node("Cast", "x" + count++, List.of(fires), scalarAttribute("to", FLOAT));
        potential =
            n.hardReset()
                ? node("Where", fires, constant(n.vReset()), h)
                : node("Sub", h, node("Mul", out, threshold));
      }
      outputs.add(
          switch (layer.merge()) {
            case NONE, INPUT -> out;
            case ADD -> node("Add", out, residual);
            case AND -> node("Mul", out, residual);
            case IAND -> node("Mul", node("Sub", constant(1), out), residual);
          });
    }
    tensors.put(layer.out(), outputs);
  }

  /** The potential before the reset, as {@code kernels/neuron.cu} computes it. */
  private String charge(NetworkGraph.Neurons layer, String v, String x) {
    Neuron n = layer.neuron();
    if (n.kind() == Neuron.Kind.IF) {
      return node("Add", v, x);
    }
    String leak = constant(layer.leak());
    String above = node("Sub", v, constant(n.vStart()));
    return n.decayInput()
        ? node("Add", v, node("Mul", node("Sub", x, above), leak))
        : node("Add", node("Sub", v, node("Mul", above, leak)), x);
  }
}
