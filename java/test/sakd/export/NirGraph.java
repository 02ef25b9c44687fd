package sakd.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a NIR graph as the representation defines its nodes, in double arithmetic and Euler steps of
 * the length that the metadata tells. Knows nothing of the program that wrote it.
 */
final class NirGraph {
  private record Node(String type, Map<String, double[]> data, Map<String, int[]> shapes) {
    double[] of(String name) {
      return data.get(name);
    }

    int scalar(String name) {
      return (int) data.get(name)[0];
    }
  }

  final double dt;
  final int steps;
  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final List<String[]> edges = new ArrayList<>();
  private final Map<String, double[]> potentials = new HashMap<>();

  /** Of the maps that were computed last: a pool's input is as large. */
  private int height;

  private int width;

  private double margin = Double.POSITIVE_INFINITY;
  private double spikes;
  private double chances;

  NirGraph(Path path) {
    try (HdfFile file = new HdfFile(path)) {
      Group root = (Group) file.getChild("node");
      if (!"NIRGraph".equals(data(root, "type"))) {
        throw new IllegalArgumentException("not a graph");
      }
      dt = (double) data((Group) root.getChild("metadata"), "dt");
      steps = (int) (long) data((Group) root.getChild("metadata"), "T");
      ((Group) root.getChild("nodes"))
          .getChildren()
          .forEach((name, node) -> nodes.put(name, read((Group) node)));
      for (Object edge : (Object[]) data(root, "edges")) {
        edges.add(Arrays.copyOf((Object[]) edge, 2, String[].class));
      }
    }
  }

  private static Object data(Group group, String name) {
    return ((Dataset) group.getChild(name)).getData();
  }

  private static Node read(Group group) {
    Map<String, double[]> values = new HashMap<>();
    Map<String, int[]> shapes = new HashMap<>();
    group
        .getChildren()
        .forEach(
            (name, child) -> {
              Object data = ((Dataset) child).getData();
              if (!(data instanceof String)) {
                List<Double> flat = new ArrayList<>();
                flatten(data, flat);
                values.put(name, flat.stream().mapToDouble(d -> d).toArray());
                shapes.put(name, ((Dataset) child).getDimensions());
              }
            });
    return new Node((String) data(group, "type"), values, shapes);
  }

  private static void flatten(Object data, List<Double> flat) {
    if (data.getClass().isArray()) {
      for (int i = 0; i < Array.getLength(data); i++) {
        flatten(Array.get(data, i), flat);
      }
    } else {
      flat.add(((Number) data).doubleValue());
    }
  }

  List<String> types() {
    return nodes.values().stream().map(Node::type).toList();
  }

  int[] shape(String node, String field) {
    return nodes.get(node).shapes.get(field);
  }

  double value(String node, String field) {
    return nodes.get(node).of(field)[0];
  }

  /** The smallest distance of a potential from its threshold so far. */
  double margin() {
    return margin;
  }

  /** Spikes per neuron and step so far. */
  double firingRate() {
    return spikes / chances;
  }

  /** One step: the output for an input [C, H, W]. */
  double[] step(double[] input) {
    return value("output", input, new HashMap<>());
  }

  private double[] value(String name, double[] input, Map<String, double[]> done) {
    double[] known = done.get(name);
    if (known != null) {
      return known;
    }
    double[] in = null;
    for (String[] edge : edges) {
      if (edge[1].equals(name)) {
        double[] from = value(edge[0], input, done);
        if (in == null) {
          in = from.clone();
        } else {
          for (int i = 0; i < in.length; i++) {
            in[i] += from[i];
          }
        }
      }
    }
    Node node = nodes.get(name);
    double[] out =
        switch (node.type) {
          case "Input" -> input;
          case "Output", "Flatten" -> in;
          case "Conv2d" -> conv(node, in);
          case "Affine" -> affine(node, in);
          case "AvgPool2d" -> average(node, in);
          case "Scale" -> scale(node, in);
          case "LIF", "IF" -> fire(name, node, in);
          default -> throw new IllegalArgumentException(node.type);
        };
    done.put(name, out);
    return out;
  }

  private static double[] scale(Node node, double[] in) {
    double[] out = in.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] *= node.of("scale")[i];
    }
    return out;
  }

  private static double[] affine(Node node, double[] in) {
    double[] out = node.of("bias").clone();
    for (int o = 0; o < out.length; o++) {
      for (int i = 0; i < in.length; i++) {
        out[o] += node.of("weight")[o * in.length + i] * in[i];
      }
    }
    return out;
  }

  /** Windows of a map; what they do not reach at its edges counts nowhere. */
  private double[] average(Node node, double[] in) {
    double[] window = node.of("kernel_size");
    assertArrayEquals(window, node.of("stride"));
    int rows = (int) window[0];
    int columns = (int) window[1];
    int oh = height / rows;
    int ow = width / columns;
    double[] out = new double[in.length / height / width * oh * ow];
    for (int i = 0; i < in.length; i++) {
      int y = i / width % height / rows;
      int z = i % width / columns;
      if (y < oh && z < ow) {
        out[(i / width / height * oh + y) * ow + z] += in[i] / (rows * columns);
      }
    }
    height = oh;
    width = ow;
    return out;
  }

  private double[] conv(Node node, double[] x) {
    int[] w = node.shapes.get("weight");
    int inHeight = node.scalar("input_shape");
    int inWidth = (int) node.of("input_shape")[1];
    int stride = node.scalar("stride");
    int pad = node.scalar("padding");
    int dilation = node.scalar("dilation");
    int oh = (inHeight + 2 * pad - dilation * (w[2] - 1) - 1) / stride + 1;
    int ow = (inWidth + 2 * pad - dilation * (w[3] - 1) - 1) / stride + 1;
    double[] out = new double[w[0] * oh * ow];
    for (int i = 0; i < out.length; i++) {
      int o = i / (oh * ow);
      double sum = node.of("bias")[o];
      for (int k = 0; k < w[1] * w[2] * w[3]; k++) {
        int c = k / (w[2] * w[3]);
        int y = i / ow % oh * stride - pad + k / w[3] % w[2] * dilation;
        int z = i % ow * stride - pad + k % w[3] * dilation;
        if (y >= 0 && y < inHeight && z >= 0 && z < inWidth) {
          sum +=
              node.of("weight")[o * w[1] * w[2] * w[3] + k] * x[(c * inHeight + y) * inWidth + z];
        }
      }
      out[i] = sum;
    }
    height = oh;
    width = ow;
    return out;
  }

  /** tau dv/dt = (v_leak - v) + r x or dv/dt = r x; fires where v is greater than v_threshold. */
  private double[] fire(String name, Node node, double[] x) {
    boolean leaks = node.type.equals("LIF");
    double[] start = node.of(leaks ? "v_leak" : "v_reset");
    double[] v = potentials.computeIfAbsent(name, n -> start.clone());
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double slope =
          leaks
              ? (node.of("v_leak")[i] - v[i] + node.of("r")[i] * x[i]) / node.of("tau")[i]
              : node.of("r")[i] * x[i];
      double h = v[i] + dt * slope;
      double threshold = node.of("v_threshold")[i];
      margin = Math.min(margin, Math.abs(h - threshold));
      out[i] = h > threshold ? 1 : 0;
      spikes += out[i];
      chances++;
      v[i] = h > threshold ? node.of("v_reset")[i] : h;
    }
    return out;
  }
}
