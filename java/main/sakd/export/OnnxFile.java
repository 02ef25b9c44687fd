package sakd.export;

import java.nio.ByteBuffer;
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
 * A network as an ONNX model, from {@code images} [N, C, H, W], normalised, or where it encodes
 * them from {@code spikes} [N, T, C, H, W], to {@code logits} [N, K], or of every pixel [N, K, H,
 * W]; of a detector, to {@code logits} [N, A, K] and {@code deltas} [N, A, 4] of the anchors of
 * {@link sakd.ops.AnchorGrid}, of which the caller makes boxes.
 *
 * <p>ONNX knows no spiking neurons: the T steps are laid out one after another, and a neuron is the
 * elementary operations of its equations. What is the same at every step is computed once.
 */
public final class OnnxFile {
  private final OnnxGraph graph = new OnnxGraph();

  /** The names of a value's T' tensors. */
  private final Map<Value, List<String>> tensors = new HashMap<>();

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
    file.input(network.input());
    network.nodes().forEach(file::add);
    file.output("logits", network.logits());
    if (network.deltas() != null) {
      file.output("deltas", network.deltas());
    }
    return file.graph.model(metadata);
  }

  private void input(Value input) {
    if (input.steps() == 1) {
      tensors.put(input, List.of("images"));
      graph.input("images", channelsFirst(input));
      return;
    }
    int[] image = channelsFirst(input);
    graph.input("spikes", input.steps(), image[0], image[1], image[2]);
    List<String> steps = new ArrayList<>();
    String axis = graph.integers(1);
    for (int t = 0; t < input.steps(); t++) {
      String one =
          graph.node(
              "Gather", List.of("spikes", graph.integers(t)), OnnxGraph.scalarAttribute("axis", 1));
      steps.add(node("Squeeze", one, axis));
    }
    tensors.put(input, steps);
  }

  private void output(String name, Value value) {
    graph.output(name, at(value, 0), channelsFirst(value));
  }

  /** [C, H, W] of a map; [C] and [A, C] as they are. */
  private static int[] channelsFirst(Value v) {
    List<Integer> s = v.shape();
    return s.size() == 3
        ? new int[] {s.get(2), s.get(0), s.get(1)}
        : s.stream().mapToInt(Integer::intValue).toArray();
  }

  private String node(String op, String... inputs) {
    return graph.node(op, inputs);
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
      results.add(graph.node(op, inputs, attributes));
    }
    tensors.put(out, results);
  }

  private void add(NetworkGraph.Node node) {
    if (node instanceof NetworkGraph.Conv conv) {
      var s = conv.shape();
      List<String> weights =
          List.of(
              graph.weights(
                  conv.name() + ".weight", conv.weight(), s.out(), s.in(), s.kernel(), s.kernel()),
              graph.weights(conv.name() + ".bias", conv.bias(), s.out()));
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
    } else if (node instanceof NetworkGraph.AverageWindows average) {
      int size = average.size();
      each(
          "AveragePool",
          average.in(),
          average.out(),
          List.of(),
          OnnxGraph.attribute("kernel_shape", size, size),
          OnnxGraph.attribute("strides", size, size));
    } else if (node instanceof NetworkGraph.Flatten flatten) {
      each("Flatten", flatten.in(), flatten.out(), List.of());
    } else if (node instanceof NetworkGraph.AveragePool average) {
      each("GlobalAveragePool", average.in(), average.out(), List.of());
      each("Flatten", average.out(), average.out(), List.of());
    } else if (node instanceof NetworkGraph.OnePixel pixel) {
      each("Unsqueeze", pixel.in(), pixel.out(), List.of(graph.integers(2, 3)));
    } else if (node instanceof NetworkGraph.Concatenation parts) {
      concatenate(parts);
    } else if (node instanceof NetworkGraph.Resized resized) {
      resize(resized);
    } else if (node instanceof NetworkGraph.Sum sum) {
      sum(sum);
    } else if (node instanceof NetworkGraph.Places places) {
      places(places);
    } else if (node instanceof NetworkGraph.TimeMean mean) {
      tensors.put(mean.out(), List.of(graph.node("Mean", tensors.get(mean.in()))));
    } else if (node instanceof NetworkGraph.Linear linear) {
      int out = linear.out().channels();
      List<String> weights =
          List.of(
              graph.weights(
                  linear.name() + ".weight", linear.weight(), out, linear.in().channels()),
              graph.weights(linear.name() + ".bias", linear.bias(), out));
      each("Gemm", linear.in(), linear.out(), weights, OnnxGraph.scalarAttribute("transB", 1));
    }
  }

  private void concatenate(NetworkGraph.Concatenation parts) {
    List<String> results = new ArrayList<>();
    for (int t = 0; t < parts.out().steps(); t++) {
      int step = t;
      List<String> inputs = parts.in().stream().map(v -> at(v, step)).toList();
      results.add(graph.node("Concat", inputs, OnnxGraph.scalarAttribute("axis", 1)));
    }
    tensors.put(parts.out(), results);
  }

  private void sum(NetworkGraph.Sum sum) {
    List<String> results = new ArrayList<>();
    for (int t = 0; t < sum.out().steps(); t++) {
      results.add(node("Add", at(sum.a(), t), at(sum.b(), t)));
    }
    tensors.put(sum.out(), results);
  }

  /** [N, places C, h, w] each to [N, h w places, C], and these one after another. */
  private void places(NetworkGraph.Places places) {
    String shape = graph.integers(0, -1, places.out().channels());
    List<String> parts = new ArrayList<>();
    for (Value map : places.in()) {
      String last =
          graph.node("Transpose", List.of(at(map, 0)), OnnxGraph.attribute("perm", 0, 2, 3, 1));
      parts.add(node("Reshape", last, shape));
    }
    String joined = graph.node("Concat", parts, OnnxGraph.scalarAttribute("axis", 1));
    tensors.put(places.out(), List.of(joined));
  }

  /** Sizes are asked for, as those that follow from factors may be off by rounding. */
  private void resize(NetworkGraph.Resized resized) {
    List<Integer> shape = resized.out().shape();
    String size = graph.integers(shape.get(0), shape.get(1));
    List<String> results = new ArrayList<>();
    for (String x : tensors.get(resized.in())) {
      String outer =
          graph.node(
              "Shape",
              List.of(x),
              OnnxGraph.scalarAttribute("start", 0),
              OnnxGraph.scalarAttribute("end", 2));
      String sizes =
          graph.node("Concat", List.of(outer, size), OnnxGraph.scalarAttribute("axis", 0));
      boolean linear = resized.kind() == Resize.BILINEAR;
      results.add(
          graph.node(
              "Resize",
              List.of(x, "", "", sizes),
              OnnxGraph.textAttribute("mode", linear ? "linear" : "nearest"),
              OnnxGraph.textAttribute(
                  "coordinate_transformation_mode", linear ? "half_pixel" : "asymmetric"),
              OnnxGraph.textAttribute("nearest_mode", "floor")));
    }
    tensors.put(resized.out(), results);
  }

  private static Protobuf[] window(int size, int stride, int pad, int dilation) {
    return new Protobuf[] {
      OnnxGraph.attribute("kernel_shape", size, size),
      OnnxGraph.attribute("strides", stride, stride),
      OnnxGraph.attribute("pads", pad, pad, pad, pad),
      OnnxGraph.attribute("dilations", dilation, dilation)
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
        String h = charge(layer, t == 0 ? graph.constant(n.vStart()) : potential, x);
        String threshold = graph.constant(n.vThreshold());
        String fires = node("GreaterOrEqual", h, threshold);
        out = graph.node("Cast", List.of(fires), OnnxGraph.scalarAttribute("to", OnnxGraph.FLOAT));
        potential =
            n.hardReset()
                ? node("Where", fires, graph.constant(n.vReset()), h)
                : node("Sub", h, node("Mul", out, threshold));
      }
      outputs.add(
          switch (layer.merge()) {
            case NONE, INPUT -> out;
            case ADD -> node("Add", out, residual);
            case AND -> node("Mul", out, residual);
            case IAND -> node("Mul", node("Sub", graph.constant(1), out), residual);
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
    String leak = graph.constant(layer.leak());
    String above = node("Sub", v, graph.constant(n.vStart()));
    return n.decayInput()
        ? node("Add", v, node("Mul", node("Sub", x, above), leak))
        : node("Add", node("Sub", v, node("Mul", above, leak)), x);
  }
}
