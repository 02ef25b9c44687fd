package sakd.export;

import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.DatasetCreationOptions;
import io.jhdf.api.WritableGroup;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import sakd.base.UserError;
import sakd.export.NetworkGraph.Value;
import sakd.io.AtomicFile;
import sakd.model.Network;
import sakd.ops.Neuron;

/**
 * A spiking network as a graph in the Neuromorphic Intermediate Representation (NIR, Pedersen et
 * al. 2024), which simulators and neuromorphic chips read: an HDF5 file with nodes and edges. Edges
 * into one node add up, which is how residuals join.
 *
 * <p>NIR's neurons are differential equations, {@code tau dv/dt = (v_leak - v) + r x} for LIF and
 * {@code dv/dt = r x} for IF. With Euler steps of length dt, {@code h = v + dt/tau_nir (v_leak - v
 * + r x)} and {@code h = v + dt r x}, they are this program's neurons if
 *
 * <pre>
 *   tau_nir = tau dt     v_leak = v_reset
 *   r = tau     LIF with the input as it is:        h = v - (v - v_reset)/tau + x
 *   r = 1       LIF that divides the input by tau:  h = v + (x - (v - v_reset))/tau
 *   r = 1/dt    IF:                                 h = v + x
 * </pre>
 *
 * NIR fires above the threshold, this program from it on, so the float before the threshold is
 * written. The potential starts at v_leak. A learned leak (PLIF) is a LIF's with the tau that was
 * learned. The graph's output are the logits of each step; their mean over time is what {@code
 * predict} computes. NIR's metadata tells dt and T. The input is the same image at every step, or
 * where the network encodes images the spikes of that step.
 */
public final class NirFile {
  /** Of the representation; readers take any 1.x. */
  private static final String VERSION = "1.0";

  /** Seconds of a step, as SpikingJelly has it. */
  static final double DT = 1e-4;

  private static final String INPUT = "input";
  private static final String OUTPUT = "output";

  private final WritableGroup nodes;
  private final Map<Value, String> sources = new HashMap<>();
  private final List<String[]> edges = new ArrayList<>();
  private final Set<String> names = new LinkedHashSet<>();

  private NirFile(WritableGroup nodes) {
    this.nodes = nodes;
  }

  /**
   * Creates or replaces a file, atomically.
   *
   * @param network whose parameters are allocated
   * @param steps T, which only the metadata tells
   * @param height of the images
   * @throws UserError if NIR has no node for a part of the network, or the file cannot be written
   */
  public static void write(
      Path path, Network network, int steps, int channels, int height, int width) {
    NetworkGraph graph = Tracer.trace(network, channels, height, width);
    if (graph.deltas() != null) {
      throw refused(
          "a detector: its pyramid upsamples maps, and levels share weights",
          "a network for classification");
    }
    if (graph.nodes().stream().anyMatch(node -> node instanceof NetworkGraph.Resized)) {
      // First of all: without the other things that NIR has not it could not be written either.
      throw refused(
          "maps that are resized or concatenated, as in segmentation",
          "a network for classification");
    }
    AtomicFile.write(
        path,
        channel -> {
          // The library writes to a path of its own; beside, where there has to be room anyway.
          Path temporary = Files.createTempFile(path.toAbsolutePath().getParent(), "sakd", ".nir");
          try {
            try (WritableHdfFile file = HdfFile.write(temporary)) {
              write(file, graph, steps);
            }
            try (FileChannel from = FileChannel.open(temporary)) {
              from.transferTo(0, from.size(), channel);
            }
          } finally {
            Files.delete(temporary);
          }
        });
  }

  private static void write(WritableGroup file, NetworkGraph graph, int steps) throws IOException {
    file.putDataset("version", VERSION);
    WritableGroup root = file.putGroup("node");
    root.putDataset("type", "NIRGraph");
    WritableGroup metadata = root.putGroup("metadata");
    metadata.putDataset("dt", DT);
    metadata.putDataset("T", (long) steps);
    NirFile nir = new NirFile(root.putGroup("nodes"));
    nir.add(INPUT, "Input", graph.input()).putDataset("shape", shape(graph.input()));
    graph.nodes().forEach(nir::add);
    WritableGroup output = nir.add(OUTPUT, "Output", null);
    output.putDataset("shape", shape(graph.logits()));
    nir.connect(graph.logits(), OUTPUT);
    root.putDataset("edges", nir.edges.toArray(String[][]::new));
  }

  /** [C, H, W] of an activation [H, W, C], or [C]. */
  private static int[] shape(Value v) {
    List<Integer> s = v.shape();
    return s.size() == 1 ? new int[] {s.get(0)} : new int[] {s.get(2), s.get(0), s.get(1)};
  }

  /** A new node; {@code out} comes from it from here on. */
  private WritableGroup add(String name, String type, Value out) {
    // Readers make Python attributes of names, in which a dot has a meaning.
    String plain = name.replace('.', '_');
    String unique = plain;
    for (int i = 1; !names.add(unique); i++) {
      unique = plain + "_" + i;
    }
    sources.put(out, unique);
    WritableGroup node = nodes.putGroup(unique);
    node.putDataset("type", type);
    return node;
  }

  private void connect(Value from, String to) {
    edges.add(new String[] {sources.get(from), to});
  }

  private void add(NetworkGraph.Node node) {
    if (node instanceof NetworkGraph.Conv conv) {
      conv(conv);
    } else if (node instanceof NetworkGraph.Neurons neurons) {
      neurons(neurons);
    } else if (node instanceof NetworkGraph.Flatten flatten) {
      flatten(flatten.in(), shape(flatten.in()), flatten.out());
    } else if (node instanceof NetworkGraph.AverageWindows pool) {
      average(pool.in(), pool.size(), pool.size(), pool.out());
    } else if (node instanceof NetworkGraph.AveragePool pool) {
      int[] in = shape(pool.in());
      average(pool.in(), in[1], in[2], pool.out());
      flatten(pool.out(), new int[] {in[0], 1, 1}, pool.out());
    } else if (node instanceof NetworkGraph.TimeMean mean) {
      // The last linear layer and the mean over time commute: the mean is left to the reader.
      sources.put(mean.out(), sources.get(mean.in()));
    } else if (node instanceof NetworkGraph.Linear linear) {
      WritableGroup affine = add(linear.name(), "Affine", linear.out());
      connect(linear.in(), sources.get(linear.out()));
      affine.putDataset(
          "weight", nested(linear.weight(), linear.out().channels(), linear.in().channels()));
      affine.putDataset("bias", linear.bias());
    } else {
      throw refused("max pooling (the ImageNet stem, VGG for images)", "a network without it");
    }
  }

  private static UserError refused(String what, String expected) {
    return new UserError(
        "NIR has no node for " + what + "; expected " + expected + ", or export it as onnx");
  }

  private void conv(NetworkGraph.Conv conv) {
    WritableGroup node = add(conv.name(), "Conv2d", conv.out());
    connect(conv.in(), sources.get(conv.out()));
    var s = conv.shape();
    node.putDataset("input_shape", new int[] {s.height(), s.width()});
    node.putDataset("weight", nested(conv.weight(), s.out(), s.in(), s.kernel(), s.kernel()));
    node.putDataset("bias", conv.bias());
    node.putDataset("stride", new int[] {s.stride(), s.stride()});
    node.putDataset("padding", new int[] {s.pad(), s.pad()});
    node.putDataset("dilation", new int[] {s.dilation(), s.dilation()});
    node.putDataset("groups", 1L);
  }

  /** Windows one beside the other. */
  private void average(Value in, int height, int width, Value out) {
    WritableGroup average = add("pool", "AvgPool2d", out);
    connect(in, sources.get(out));
    average.putDataset("kernel_size", new int[] {height, width});
    average.putDataset("stride", new int[] {height, width});
    average.putDataset("padding", new int[] {0, 0});
  }

  private void flatten(Value in, int[] shape, Value out) {
    String source = sources.get(in);
    WritableGroup flatten = add("flatten", "Flatten", out);
    edges.add(new String[] {source, sources.get(out)});
    flatten.putDataset("start_dim", 0L);
    flatten.putDataset("end_dim", -1L);
    flatten.putDataset("input_type", shape);
  }

  private void neurons(NetworkGraph.Neurons layer) {
    Neuron n = layer.neuron();
    if (!n.kind().isSpiking()) {
      throw refused(n.kind().name(), "a spiking network");
    }
    if (!n.hardReset()) {
      throw refused("a soft reset (--v-reset none)", "neurons that reset to a potential");
    }
    boolean leaks = n.kind() != Neuron.Kind.IF;
    WritableGroup node = add(layer.name(), leaks ? "LIF" : "IF", layer.out());
    String name = sources.get(layer.out());
    connect(layer.in(), name);
    double tau = 1.0 / layer.leak();
    double r = !leaks ? 1 / DT : n.decayInput() ? 1 : tau;
    constant(node, "r", r, layer.out());
    constant(node, "v_threshold", Math.nextDown(n.vThreshold()), layer.out());
    constant(node, "v_reset", n.vReset(), layer.out());
    if (leaks) {
      constant(node, "tau", tau * DT, layer.out());
      constant(node, "v_leak", n.vReset(), layer.out());
    }
    switch (layer.merge()) {
      case NONE -> {}
      case INPUT -> connect(layer.residual(), name);
      case ADD -> {
        String residual = sources.get(layer.residual());
        WritableGroup sum = add(layer.name() + "_sum", "Scale", layer.out());
        constant(sum, "scale", 1, layer.out());
        edges.add(new String[] {name, sources.get(layer.out())});
        edges.add(new String[] {residual, sources.get(layer.out())});
      }
      default ->
          throw refused("blocks that join by " + layer.merge(), "Spiking-ResNet or SEW-ResNet ADD");
    }
  }

  /** An array of one value in the shape of a layer, compressed. */
  private static void constant(WritableGroup node, String name, double value, Value layer) {
    int[] shape = shape(layer);
    double[] flat = new double[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
    Arrays.fill(flat, value);
    node.putDataset(
        name,
        nested(flat, shape),
        DatasetCreationOptions.builder().chunkDimensions(shape).deflate().build());
  }

  /** The elements of an array in order, as arrays of arrays of a shape. */
  private static Object nested(Object flat, int... shape) {
    Object array = Array.newInstance(flat.getClass().getComponentType(), shape);
    fill(array, flat, 0);
    return array;
  }

  /** Copies elements from {@code next} on; the index after them. */
  private static int fill(Object array, Object flat, int next) {
    int length = Array.getLength(array);
    if (array.getClass().getComponentType().isPrimitive()) {
      System.arraycopy(flat, next, array, 0, length);
      return next + length;
    }
    int at = next;
    for (int i = 0; i < length; i++) {
      at = fill(Array.get(array, i), flat, at);
    }
    return at;
  }
}
