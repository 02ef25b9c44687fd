package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.io.WeightFile;
import sakd.model.DetectionSpec;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.model.SegmentationSpec;
import sakd.model.VggSpec;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.Devices;

class WeightsTest {
  private static final Ops OPS = Devices.reference();

  @TempDir Path folder;
  private Path file;
  private Parameters parameters;

  @BeforeEach
  void twoParameters() {
    file = folder.resolve("w.safetensors");
    parameters = new Parameters(0);
    parameters.constant("fc.weight", 1, 2, 3);
    parameters.constant("fc.bias", 2, 2);
    parameters.allocate(OPS);
  }

  private void write(Object... namesAndShapes) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < namesAndShapes.length; i += 2) {
      int[] shape = (int[]) namesAndShapes[i + 1];
      int size = 1;
      for (int d : shape) {
        size *= d;
      }
      tensors.put((String) namesAndShapes[i], HostTensor.ofFloats(new float[size], shape));
    }
    Safetensors.write(file, Map.of(), tensors);
  }

  private void assertRefused(String... words) {
    UserError e =
        assertThrows(
            UserError.class,
            () -> Weights.load(WeightFile.read(file), parameters, name -> true, "a net"));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage());
    }
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
    assertTrue(e.getMessage().contains(file + " holds the weights of another network than a net"));
    assertArrayEquals(new float[] {2, 2}, parameters.get("fc.bias").get());
    assertArrayEquals(new float[] {1, 1, 1, 1, 1, 1}, parameters.get("fc.weight").get());
  }

  @Test
  void whatTheFileLacksIsNamed() {
    write("fc.bias", new int[] {2});
    assertRefused("1 tensors are missing (fc.weight)");
  }

  @Test
  void otherShapesAreNamed() {
    write("fc.bias", new int[] {2}, "fc.weight", new int[] {3, 2});
    assertRefused("fc.weight is [3, 2] instead of [2, 3]");
  }

  @Test
  void tensorsOfNoLayerAreNamedButNotAllOfMany() {
    int[] one = {1};
    write(
        "fc.bias",
        new int[] {2},
        "fc.weight",
        new int[] {2, 3},
        "a",
        one,
        "b",
        one,
        "c",
        one,
        "d",
        one,
        "e",
        one);
    assertRefused("5 belong to no layer (a, b, c, d, ...)");
  }

  /** The hidden layers of its head are convolutions, and pre_logits.fc2 is not the last layer. */
  @Test
  void timmsVggIsTorchvisions() {
    VggSpec spec =
        new VggSpec("vgg", List.of(List.of(3), List.of(5)), false, 11, NetworkSpec.Stem.IMAGENET);
    Parameters vgg = new Parameters(1);
    spec.ann().build(Neuron.RELU, 1, 3, 4, vgg);
    vgg.allocate(OPS);
    Map<String, HostTensor> ours = Weights.toHost(vgg, name -> true);
    Map<String, HostTensor> theirs = new LinkedHashMap<>();
    ours.forEach(
        (name, tensor) -> {
          String timm =
              name.replace("classifier.0.", "pre_logits.fc1.")
                  .replace("classifier.3.", "pre_logits.fc2.")
                  .replace("classifier.6.", "head.fc.");
          int[] shape =
              switch (timm) {
                case "pre_logits.fc1.weight" -> new int[] {11, 5, 7, 7};
                case "pre_logits.fc2.weight" -> new int[] {11, 11, 1, 1};
                default -> tensor.shape();
              };
          theirs.put(timm, new HostTensor(tensor.dtype(), shape, tensor.data()));
        });
    Safetensors.write(file, Map.of(), theirs);
    WeightFile read = WeightFile.read(file);
    assertEquals(4, Weights.classes(read, 0));
    assertEquals(
        NetworkSpec.Stem.IMAGENET,
        ((VggSpec) spec.withStem(NetworkSpec.Stem.CIFAR).fitting(theirs.keySet(), false)).stem());
    Parameters loaded = new Parameters(2);
    spec.ann().build(Neuron.RELU, 1, 3, 4, loaded);
    loaded.allocate(OPS);
    Weights.load(read, loaded, name -> true, "vgg");
    assertEquals(ours, Weights.toHost(loaded, name -> true));
  }

  @Test
  void whatPyTorchAndTrainingAddIsLetPass() {
    int[] one = {1};
    write(
        "fc.bias",
        new int[] {2},
        "fc.weight",
        new int[] {2, 3},
        "bn1.num_batches_tracked",
        one,
        "transform1.net.0.weight",
        one,
        "optimizer.momentum.fc.bias",
        one,
        "ema.weights.fc.bias",
        one);
    Weights.load(WeightFile.read(file), parameters, name -> true, "a net");
    assertArrayEquals(new float[] {0, 0}, parameters.get("fc.bias").get());
  }

  @Test
  void aMissingFileIsNamed() {
    UserError e = assertThrows(UserError.class, () -> WeightFile.read(folder.resolve("no")));
    assertTrue(e.getMessage().contains("no such file"), e.getMessage());
  }

  @Test
  void theLastLayerGoesByOtherNamesUnlessOursIsThereToo() {
    write("linear.bias", new int[] {2}, "linear.weight", new int[] {2, 3});
    Weights.load(WeightFile.read(file), parameters, name -> true, "a net");
    assertArrayEquals(new float[] {0, 0}, parameters.get("fc.bias").get());
    parameters.get("fc.bias").set(new float[] {2, 2});
    parameters.get("fc.weight").set(new float[] {1, 1, 1, 1, 1, 1});
    write("fc.bias", new int[] {2}, "fc.weight", new int[] {2, 3}, "linear.bias", new int[] {2});
    assertRefused("1 belong to no layer (linear.bias)");
  }

  private Weights.Match match() {
    return Weights.match(WeightFile.read(file), parameters, name -> true, "a net", false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.", "backbone.", "net.module.", "_orig_mod.encoder.0.", "a.b.c."})
  void aPrefixOfTheWholeNetworkIsTakenOff(String prefix) {
    write(prefix + "fc.bias", new int[] {2}, prefix + "fc.weight", new int[] {2, 3});
    Weights.Match match = match();
    String seen = prefix.replace("module.", "").replace("_orig_mod.", "");
    assertEquals("2 tensors from " + file + ", without the prefix " + seen, match.summary());
    match.set();
    assertArrayEquals(new float[] {0, 0}, parameters.get("fc.bias").get());
  }

  @Test
  void whatIsNotUnderThePrefixIsOfSomethingElse() {
    int[] one = {1};
    write(
        "criterion.weight",
        one,
        "model.linear.bias",
        new int[] {2},
        "model.fc.weight",
        new int[] {2, 3},
        "fc.bias",
        new int[] {2});
    Weights.Match match = match();
    assertTrue(match.isWhole());
    assertEquals(
        "2 tensors from "
            + file
            + ", without the prefix model. (2 without it not used: criterion.weight, fc.bias)",
        match.summary());
    write("net.fc.bias", new int[] {2}, "net.fc.weight", new int[] {2, 3}, "net.x", one, "y", one);
    assertRefused("without the prefix net. 1 belong to no layer (x)");
    write("net.fc.bias", new int[] {2}, "y", one);
    assertRefused("without the prefix net. 1 tensors are missing (fc.weight)");
  }

  @Test
  void theLastLayerMayStandBesideItsNetwork() {
    parameters = new Parameters(0);
    parameters.constant("conv1.weight", 1, 4);
    parameters.constant("fc.weight", 1, 2, 3);
    parameters.constant("fc.bias", 1, 2);
    parameters.constant("bn1.bias", 1, 3);
    parameters.constant("bn1.weight", 1, 3);
    parameters.allocate(OPS);
    write(
        "backbone.conv1.weight",
        new int[] {4},
        "backbone.bn1.bias",
        new int[] {3},
        "backbone.bn1.weight",
        new int[] {3},
        "head.fc.weight",
        new int[] {2, 3},
        "head.fc.bias",
        new int[] {2});
    assertEquals("5 tensors from " + file + ", without the prefix backbone.", match().summary());
    assertEquals(2, Weights.classes(WeightFile.read(file), 7));
  }

  @Test
  void ofTwoNetworksTheOneWhoseShapesFitIsTaken() {
    write(
        "teacher.fc.bias",
        new int[] {5},
        "teacher.fc.weight",
        new int[] {5, 3},
        "student.fc.bias",
        new int[] {2},
        "student.fc.weight",
        new int[] {2, 3});
    assertEquals("student.", match().prefix());
  }

  @Test
  void aNetworkWhoseOwnNamesShareAPrefixKeepsIt() {
    parameters = new Parameters(0);
    parameters.constant("net.a.w", 1, 2);
    parameters.constant("net.b.w", 1, 2);
    parameters.allocate(OPS);
    write("net.a.w", new int[] {2}, "net.b.w", new int[] {2});
    assertEquals("", match().prefix());
    write("model.net.a.w", new int[] {2}, "model.net.b.w", new int[] {2});
    assertEquals("model.", match().prefix());
  }

  /** Blocks of other networks have some of a network's names. */
  @Test
  void aPartOfAnotherNetworkIsNoNetwork() {
    for (String name : new String[] {"conv1.w", "bn1.w", "x.w", "y.w", "z.w"}) {
      parameters = parameters.get("fc.bias") == null ? parameters : new Parameters(0);
      parameters.constant(name, 1, 1);
    }
    int[] one = {1};
    write("layer1.conv1.w", one, "layer1.bn1.w", one, "layer2.conv1.w", one);
    UserError e = assertThrows(UserError.class, this::match);
    assertTrue(e.getMessage().contains("3 belong to no layer (layer1.conv1.w"), e.getMessage());
    assertFalse(e.getMessage().contains("without the prefix"), e.getMessage());
  }

  @Test
  void classesAreTheLengthOfTheLastBias() {
    write("model.layer1.se.fc2.bias", new int[] {9}, "model.fc.bias", new int[] {4});
    assertEquals(4, Weights.classes(WeightFile.read(file), 7));
    write("layer1.se.fc2.bias", new int[] {9}, "fc.bias", new int[] {4});
    assertEquals(4, Weights.classes(WeightFile.read(file), 7));
    write("conv1.weight", new int[] {9});
    assertEquals(7, Weights.classes(WeightFile.read(file), 7));
  }

  @Test
  void wrappersAndShortcutsAreRenamed() {
    write("_orig_mod.module.layer2.0.shortcut.1.bias", new int[] {2});
    assertEquals(Set.of("layer2.0.downsample.1.bias"), WeightFile.read(file).tensors().keySet());
  }

  /** torchvision's files count batches, and may lack the auxiliary head. */
  @Test
  void aFileOfTorchvisionsIsWholeWithAndWithoutAuxiliaryHead() {
    for (boolean auxiliary : new boolean[] {true, false}) {
      SegmentationSpec made = segmenter().withAuxiliary(auxiliary);
      Map<String, HostTensor> tensors = tensorsOf(made, 21);
      tensors.put("backbone.bn1.num_batches_tracked", HostTensor.ofFloats(new float[1]));
      Safetensors.write(file, Map.of(), tensors);
      WeightFile read = WeightFile.read(file);
      SegmentationSpec fitting = segmenter().fitting(tensors.keySet(), false);
      assertEquals(auxiliary, fitting.auxiliary());
      assertEquals(21, Weights.classes(read, 10));
      Parameters network = new Parameters(1);
      fitting.ann().build(Neuron.RELU, 1, 3, 21, network);
      assertTrue(Weights.match(read, network, name -> true, "fcn", false).isWhole());
    }
  }

  /** torchvision's published detectors have the names of before it put pairs into its modules. */
  @Test
  void aDetectorOfOlderNamesIsWhole() {
    DetectionSpec spec =
        ((DetectionSpec) Networks.named("retinanet-resnet8")).withPyramidChannels(4);
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    Map<String, Integer> places = Map.of("0", 0, "1", 2, "2", 4, "3", 6);
    tensorsOf(spec, 91)
        .forEach(
            (name, tensor) -> {
              String older = name.replaceFirst("(inner|layer)_blocks\\.(\\d)\\.0", "$1_blocks.$2");
              for (String i : places.keySet()) {
                older =
                    older.replace("_head.conv." + i + ".0.", "_head.conv-" + places.get(i) + ".");
              }
              tensors.put(older.replace("conv-", "conv."), tensor);
            });
    assertTrue(tensors.containsKey("head.regression_head.conv.6.bias"), tensors.keySet() + "");
    assertTrue(tensors.containsKey("backbone.fpn.inner_blocks.2.weight"), tensors.keySet() + "");
    Safetensors.write(file, Map.of(), tensors);
    WeightFile read = WeightFile.read(file);
    assertEquals(91, Weights.classes(read, 10));
    Parameters network = new Parameters(1);
    spec.ann().build(Neuron.RELU, 1, 3, 91, network);
    assertTrue(Weights.match(read, network, name -> true, "retinanet", false).isWhole());
  }

  @Test
  void aClassifierBecomesTheBodyOfASegmenter() {
    Safetensors.write(file, Map.of(), tensorsOf(segmenter().body(), 10));
    Parameters network = new Parameters(1);
    segmenter().ann().build(Neuron.RELU, 1, 3, 5, network);
    WeightFile read = WeightFile.read(file);
    Weights.Match match = Weights.match(read, network, name -> true, "fcn", true);
    assertTrue(match.found().keySet().stream().allMatch(p -> p.name().startsWith("backbone.")));
    long body = network.all().stream().filter(p -> p.name().startsWith("backbone.")).count();
    assertEquals(body, match.found().size());
    assertEquals(Set.of("fc.weight", "fc.bias"), Set.copyOf(match.unknown()));
    UserError e =
        assertThrows(
            UserError.class, () -> Weights.match(read, network, name -> true, "fcn", false));
    assertTrue(e.getMessage().contains("missing (classifier.0.weight"), e.getMessage());
  }

  private static SegmentationSpec segmenter() {
    return (SegmentationSpec) Networks.named("fcn-resnet8");
  }

  private static Map<String, HostTensor> tensorsOf(NetworkSpec spec, int classes) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    Parameters made = new Parameters(0);
    spec.ann().build(Neuron.RELU, 1, 3, classes, made);
    made.all()
        .forEach(p -> tensors.put(p.name(), HostTensor.ofFloats(new float[p.size()], p.shape())));
    return tensors;
  }
}
