package sakd.export;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import sakd.io.Protobuf;

/**
 * The graph of an ONNX model (opset 17) as it is written: nodes, whose results are named in order,
 * and numbers. Numbers of fields are those of {@code onnx.proto}.
 */
final class OnnxGraph {
  static final int FLOAT = 1;

  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final int INT64 = 7;
  private static final int ATTRIBUTE_INT = 2;
  private static final int ATTRIBUTE_STRING = 3;
  private static final int ATTRIBUTE_INTS = 7;

  private final Protobuf graph = new Protobuf();
  private final List<Protobuf> inputs = new ArrayList<>();
  private final List<Protobuf> outputs = new ArrayList<>();
  private final Map<String, float[]> weights = new HashMap<>();
  private final Map<Float, String> constants = new HashMap<>();
  private int count;

  static Protobuf attribute(String name, int... values) {
    Protobuf a = new Protobuf().text(1, name).integer(20, ATTRIBUTE_INTS);
    for (int v : values) {
      a.integer(8, v);
    }
    return a;
  }

  static Protobuf scalarAttribute(String name, int value) {
    return new Protobuf().text(1, name).integer(20, ATTRIBUTE_INT).integer(3, value);
  }

  static Protobuf textAttribute(String name, String value) {
    return new Protobuf().text(1, name).integer(20, ATTRIBUTE_STRING).text(4, value);
  }

  /** The name of the result. */
  String node(String op, List<String> inputs, Protobuf... attributes) {
    return node(op, "x" + count++, inputs, attributes);
  }

  String node(String op, String... inputs) {
    return node(op, List.of(inputs));
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

  /** What a layer has learned: stored once, however often the layer is used. */
  String weights(String name, float[] values, int... dims) {
    float[] stored = weights.putIfAbsent(name, values);
    if (stored != null) {
      if (!Arrays.equals(stored, values)) {
        throw new IllegalArgumentException(name + " has two values");
      }
      return name;
    }
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

  String integers(long... values) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    String name = "x" + count++;
    Protobuf tensor = new Protobuf().integer(1, values.length).integer(2, INT64);
    graph.message(5, tensor.text(8, name).bytes(9, raw.array()));
    return name;
  }

  String constant(float value) {
    return constants.computeIfAbsent(
        value, v -> weights("constant_" + constants.size(), new float[] {v}));
  }

  /** Float32 [N, dims..]. */
  void input(String name, int... dims) {
    inputs.add(tensorInfo(name, dims));
  }

  /**
   * Float32 [N, dims..].
   *
   * @param value the name of the result that it is
   */
  void output(String name, String value, int... dims) {
    node("Identity", name, List.of(value));
    outputs.add(tensorInfo(name, dims));
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

  /**
   * The bytes of the file, once everything is added.
   *
   * @param metadata free text by key
   */
  byte[] model(Map<String, String> metadata) {
    graph.text(2, "sakd");
    inputs.forEach(input -> graph.message(11, input));
    outputs.forEach(output -> graph.message(12, output));
    Protobuf model =
        new Protobuf()
            .integer(1, IR_VERSION)
            .text(2, "sakd")
            .message(7, graph)
            .message(8, new Protobuf().text(1, "").integer(2, OPSET));
    metadata.forEach((key, value) -> model.message(14, new Protobuf().text(1, key).text(2, value)));
    return model.bytes();
  }
}
