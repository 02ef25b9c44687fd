package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IntSummaryStatistics;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.IdleDevice;
import sakd.device.MatrixLibrary;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * What NVIDIA's cuDNN offers for the convolutions of whole networks on a GPU that is only
 * described: it needs the library, but no GPU and no driver. {@code make check-visit} runs it where
 * it is told of NVIDIA's libraries. By hand, without the stand-ins, with the folders of
 * libcudnn.so.9 and of libcublasLt:
 *
 * <pre>mvn test '-P!hostcuda' -Dtest=CudnnOffersTest -Dcudnn.libraries=FOLDER:FOLDER</pre>
 */
class CudnnOffersTest {
  private static final String[] LIBRARIES = {
    "libcublasLt.so.13", "libcublasLt.so.12", CudaLibraries.CUDNN
  };

  private static BackendDescriptor gpu;

  // Before each rather than all, so that each test is reported as skipped.
  @BeforeEach
  void open() throws IOException {
    if (gpu != null) {
      return;
    }
    String folders = System.getProperty("cudnn.libraries");
    Assumptions.assumeTrue(folders != null, "no -Dcudnn.libraries names NVIDIA's libraries");
    Assumptions.assumeTrue(
        NativeLibraries.loaded(CudaLibraries.CUDNN).isEmpty(),
        "this process has a cuDNN already: run this class alone");
    for (String library : LIBRARIES) {
      for (String folder : folders.split(File.pathSeparator)) {
        Path file = Path.of(folder, library).toAbsolutePath();
        if (Files.exists(file)) {
          assertEquals("", NativeLibraries.load(file.toString()));
        }
      }
    }
    assertEquals(Map.of(), CudaLibraries.cudnn());
    System.out.println("cuDNN " + CudnnLibrary.version() + ", plans for an H100");
    try (InputStream in = CudnnOffersTest.class.getResourceAsStream("/gpus/h100.json")) {
      byte[] json = in.readAllBytes();
      gpu =
          new BackendDescriptor(BackendDescriptor.Kind.DEVICE_PROPERTIES)
              .setText(
                  BackendAttribute.DEVICEPROP_JSON_REPRESENTATION,
                  Arrays.copyOf(json, json.length + 1))
              .finish();
    }
  }

  @AfterAll
  static void close() {
    if (gpu != null) {
      gpu.close();
    }
  }

  private static BackendDescriptor describe(BackendDescriptor descriptor) {
    return switch (descriptor.kind()) {
      case HEURISTICS -> descriptor.set(BackendAttribute.ENGINEHEUR_DEVICEPROP, gpu);
      case EXECUTION_PLAN -> descriptor.set(BackendAttribute.EXECUTION_PLAN_DEVICEPROP, gpu);
      default -> descriptor;
    };
  }

  /** The convolutions of a network and its ANN on small and large images, T = 4. */
  private static Set<ConvShape> shapes() {
    Set<ConvShape> shapes = new LinkedHashSet<>();
    for (String name : new String[] {"spiking-resnet18", "spiking-resnet19", "spiking-resnet50"}) {
      NetworkSpec small = Networks.named(name);
      collect(small, Neuron.LIF, 4, new int[] {1, 128, 32, 32, 3}, shapes);
      collect(small.ann(), Neuron.RELU, 1, new int[] {1, 128, 32, 32, 3}, shapes);
      NetworkSpec large = small.withStem(NetworkSpec.Stem.IMAGENET);
      collect(large, Neuron.LIF, 4, new int[] {1, 64, 224, 224, 3}, shapes);
    }
    // Grey and event images, and a count that no table has.
    for (int channels : new int[] {1, 2, 7}) {
      shapes.add(new ConvShape(128, 32, 32, channels, 64, 3, 1, 1));
    }
    // What is a product of matrices asks cuDNN nothing.
    shapes.removeIf(CudaMatrix::isProduct);
    return shapes;
  }

  private static void collect(
      NetworkSpec spec, Neuron neuron, int steps, int[] images, Set<ConvShape> shapes) {
    IdleDevice idle = new IdleDevice();
    MatrixLibrary matrix =
        spy(
            MatrixLibrary.class,
            (method, arguments) -> {
              if (method.equals("convForward")) {
                shapes.add((ConvShape) arguments[0]);
              }
            },
            idle.matrix());
    Device device = spy(Device.class, (method, arguments) -> {}, idle, matrix);
    Parameters parameters = new Parameters(0);
    try (Ops ops = new KernelOps(device);
        Network network = spec.build(neuron, steps, images[4], 10, parameters);
        Tensor input = ops.allocate(DType.F32, images);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32)) {
      parameters.reserve(ops);
      network.forward(tape, tape.input(input), false);
    }
  }

  private interface Seen {
    void call(String method, Object[] arguments);
  }

  /** Tells of every call, and does what {@code inner} does; a device has the library given. */
  private static <T> T spy(Class<T> type, Seen seen, T inner, MatrixLibrary... library) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              seen.call(method.getName(), arguments);
              return method.getName().equals("matrix")
                  ? library[0]
                  : method.invoke(inner, arguments);
            }));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F16", "BF16"})
  void everyConvolutionHasPlansThatAreDeterministic(DType type) {
    for (ConvDirection direction : ConvDirection.values()) {
      for (boolean add : new boolean[] {false, true}) {
        if (!add || direction == ConvDirection.DATA) {
          check(direction, type, add);
        }
      }
    }
  }

  private static void check(ConvDirection direction, DType type, boolean add) {
    IntSummaryStatistics plans = new IntSummaryStatistics();
    IntSummaryStatistics deterministic = new IntSummaryStatistics();
    long workspace = 0;
    long start = System.nanoTime();
    for (ConvShape shape : shapes()) {
      ConvProblem problem = new ConvProblem(direction, shape, type, add);
      for (ConvProblem p :
          Stream.concat(Stream.of(problem), PaddedConv.padded(problem).stream()).toList()) {
        List<String> refusals = new ArrayList<>();
        List<ConvOffers.Offer> offers = ConvOffers.of(p, CudnnOffersTest::describe, refusals);
        plans.accept(offers.size());
        deterministic.accept((int) offers.stream().filter(ConvOffers.Offer::deterministic).count());
        assertTrue(offers.stream().anyMatch(ConvOffers.Offer::deterministic), p + ": " + refusals);
        for (ConvOffers.Offer offer : offers) {
          workspace = Math.max(workspace, offer.plan().workspace());
          try (ConvPlan plan = offer.plan();
              ConvPlan again = ConvPlan.read(CudnnOffersTest::describe, plan.json())) {
            assertFalse(plan.workspace() > ConvOffers.MOST_WORKSPACE);
            assertEquals(plan.workspace(), again.workspace(), p.toString());
            assertArrayEquals(plan.json(), again.json(), p.toString());
          }
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%-4s %-8s %-5s  %d problems: %d to %d plans each, %d to %d of them deterministic, at most"
            + " %.1f MiB of workspace, %.0f ms%n",
        type,
        direction.name(),
        add ? "added" : "",
        plans.getCount(),
        plans.getMin(),
        plans.getMax(),
        deterministic.getMin(),
        deterministic.getMax(),
        workspace / (double) (1 << 20),
        (System.nanoTime() - start) * 1e-6);
  }
}
