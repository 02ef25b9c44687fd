package sakd.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/** Every network's tensors and operations against the published ones. */
class NetworksTest {
  private static final Path LISTS = Path.of("java/test/resources/models");

  /** Name and shape of each of its tensors, in order. */
  static List<String> tensors(NetworkSpec spec, Neuron neuron, int classes) {
    Parameters parameters = new Parameters(0);
    spec.build(neuron, 2, 3, classes, parameters);
    return parameters.all().stream()
        .map(
            p ->
                p.name()
                    + " "
                    + Arrays.stream(p.shape())
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining("x")))
        .sorted()
        .toList();
  }

  /** The ANN's and both SNNs', for 1,000 classes. */
  @ParameterizedTest
  @CsvSource({
    "resnet18, resnet18",
    "resnet34, resnet34",
    "resnet50, resnet50",
    "resnet101, resnet101",
    "resnet152, resnet152",
    "vgg11, vgg11_bn",
    "vgg13, vgg13_bn",
    "vgg16, vgg16_bn"
  })
  void tensorsAreTorchvisions(String name, String list) throws IOException {
    List<String> expected =
        Files.readAllLines(LISTS.resolve(list + ".txt")).stream().sorted().toList();
    NetworkSpec spec = Networks.named(name).withStem(NetworkSpec.Stem.IMAGENET);
    assertEquals(expected, tensors(spec.ann(), Neuron.RELU, 1000));
    assertEquals(expected, tensors(spec, Neuron.LIF, 1000));
    if (name.startsWith("resnet")) {
      NetworkSpec sew = Networks.named("sew-" + name).withStem(NetworkSpec.Stem.IMAGENET);
      assertEquals(expected, tensors(sew.ann(), Neuron.RELU, 1000));
      assertEquals(expected, tensors(sew, Neuron.LIF, 1000));
    }
  }

  /** Those of akamaster/pytorch_resnet_cifar10's published weights, which call fc linear. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "resnet32", "resnet44", "resnet56"})
  void tensorsOfTheNetworksForCifar(String name) throws IOException {
    List<String> expected =
        Files.readAllLines(LISTS.resolve(name + ".txt")).stream()
            .map(line -> line.replace("linear.", "fc."))
            .sorted()
            .toList();
    NetworkSpec spec = Networks.named(name);
    assertEquals(expected, tensors(spec.ann(), Neuron.RELU, 10));
    assertEquals(expected, tensors(spec, Neuron.LIF, 10));
  }

  /** torchvision's documentation has both numbers (GFLOPS are its multiply-accumulates). */
  @ParameterizedTest
  @CsvSource({
    "resnet18, 11689512, 1.81",
    "resnet34, 21797672, 3.66",
    "resnet50, 25557032, 4.09",
    "resnet101, 44549160, 7.80",
    "resnet152, 60192808, 11.51",
    "vgg11, 132868840, 7.61",
    "vgg13, 133053736, 11.31",
    "vgg16, 138365992, 15.47"
  })
  void sizesAreThePublishedOnes(String name, long parameters, double gigaMacs) {
    NetworkSpec spec = Networks.named(name).withStem(NetworkSpec.Stem.IMAGENET);
    assertEquals(parameters, NetworkSize.parameters(spec, 3, 1000));
    assertEquals(gigaMacs, NetworkSize.of(spec, 3, 224, 224, 1000, 4).macs() / 1e9, 0.005);
  }

  /** He et al. 2015, table 6: 0.27, 0.46, 0.66 and 0.85 million. */
  @ParameterizedTest
  @CsvSource({"resnet20, 269722", "resnet32, 464154", "resnet44, 658586", "resnet56, 853018"})
  void sizesOfTheNetworksForCifar(String name, long parameters) {
    assertEquals(parameters, NetworkSize.parameters(Networks.named(name), 3, 10));
  }

  /** By hand: resnet8's layers but the stem, at 32x32, 16x16 and 8x8 pixels, T times. */
  @Test
  void synapticOperationsLeaveOutFirstAndLastLayer() {
    long first = 32L * 32 * 9 * 3 * 16;
    long stages =
        32L * 32 * 9 * 2 * 16 * 16
            + 16L * 16 * (9 * (16 * 32 + 32 * 32) + 16 * 32)
            + 8L * 8 * (9 * (32 * 64 + 64 * 64) + 32 * 64);
    long last = 64L * 10;
    NetworkSize size = NetworkSize.of(Networks.named("resnet8"), 3, 32, 32, 10, 4);
    assertEquals(first + stages + last, size.macs());
    assertEquals(4 * stages, size.synapticOperations());
  }

  @Test
  void aMistypedNameBringsTheNearest() {
    UserError e = assertThrows(UserError.class, () -> Networks.named("spiking-resnet25"));
    assertTrue(e.getMessage().contains("spiking-resnet"), e.getMessage());
    e = assertThrows(UserError.class, () -> Networks.named("vgg18"));
    assertTrue(e.getMessage().contains("did you mean vgg1"), e.getMessage());
  }

  /** Photographs take ImageNet's stem, which keeps a sixteenth of the pixels of CIFAR's. */
  @Test
  void theDefaultForPhotographsIsLight() {
    assertEquals(NetworkSpec.Stem.CIFAR, Networks.stemFor(32));
    assertEquals(NetworkSpec.Stem.CIFAR, Networks.stemFor(128));
    assertEquals(NetworkSpec.Stem.IMAGENET, Networks.stemFor(224));
    NetworkSpec spec =
        Networks.named(Networks.defaultFor(Targets.Kind.CLASSES, 224))
            .withStem(Networks.stemFor(224));
    // torchvision's resnet18: 1.814 billion at 224x224.
    assertEquals(1.814e9, NetworkSize.of(spec, 3, 224, 224, 1000, 1).macs(), 1e6);
  }

  @Test
  void namesOfAnns() {
    assertEquals("spiking-resnet18", Networks.named("ResNet18").name());
    assertEquals("resnet50", Networks.named("sew-resnet50").annName());
    assertTrue(Networks.isAnnName("vgg11"));
    assertEquals("spiking-vgg16", Networks.named("vgg16_bn").name());
    assertEquals("spiking-vgg16", Networks.named("spiking-vgg16_bn").name());
    assertTrue(Networks.isAnnName("vgg16_bn") && !Networks.isAnnName("spiking-vgg16_bn"));
    assertThrows(UserError.class, () -> Networks.named("resnet18_bn"));
    assertTrue(!Networks.isAnnName("spiking-vgg11") && !Networks.isAnnName("sew-resnet18"));
  }

  @ParameterizedTest
  @CsvSource({
    "CIFAR, 31, 40, at least 32x32",
    "IMAGENET, 64, 64, 224x224",
    "IMAGENET, 224, 256, 224x224"
  })
  void vggRefusesImagesItCannotTake(NetworkSpec.Stem stem, int height, int width, String expected) {
    NetworkSpec spec = Networks.named("vgg11").withStem(stem);
    UserError e = assertThrows(UserError.class, () -> spec.requireImages(height, width));
    assertTrue(e.getMessage().contains("expected " + expected), e.getMessage());
  }

  /** By which a map of the last stage shows where a class is seen. */
  @ParameterizedTest
  @CsvSource({
    "spiking-resnet20, CIFAR, fc.weight",
    "sew-resnet50, IMAGENET, fc.weight",
    "spiking-resnet19, CIFAR, none",
    "spiking-vgg11, CIFAR, classifier.weight",
    "spiking-vgg11, IMAGENET, none",
    "spiking-fcn-resnet18, IMAGENET, none",
    "spiking-retinanet-resnet18, IMAGENET, none"
  })
  void theWeightBehindTheMeanOverSpace(String name, NetworkSpec.Stem stem, String expected) {
    NetworkSpec spec = Networks.named(name).withStem(stem);
    Parameter weight = spec.build(Neuron.LIF, 2, 3, 10, new Parameters(0)).classWeight();
    assertEquals(expected, weight == null ? "none" : weight.name());
  }
}
