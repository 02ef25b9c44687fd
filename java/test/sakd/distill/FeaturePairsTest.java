package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.data.SampleShape;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.model.OutputShapes;
import sakd.nn.Parameters;
import sakd.ops.Neuron;

/** Which stages of a student follow which of a teacher. */
class FeaturePairsTest {
  private static OutputShapes shapes(NetworkSpec spec, int side) {
    return OutputShapes.of(spec, new SampleShape(1, 3, side, side), 10);
  }

  private static String pairs(String student, String teacher, int side) {
    FeaturePairs pairs =
        FeaturePairs.of(shapes(named(student), side), shapes(named(teacher), side));
    return String.join(
        " ",
        pairs.stages().stream()
            .map(p -> (p.student() + 1) + "-" + (p.teacher() + 1) + ":" + p.goalChannels())
            .toList());
  }

  private static NetworkSpec named(String name) {
    return Networks.named(name);
  }

  @ParameterizedTest
  @CsvSource({
    "resnet18, resnet34, 32, 1-1:64 2-2:128 3-3:256 4-4:512",
    "resnet18, resnet50, 32, 1-1:256 2-2:512 3-3:1024 4-4:2048",
    "resnet20, resnet18, 32, 1-1:64 2-2:128 3-3:256",
    "resnet18, resnet19, 32, 1-1:128 2-2:256 3-3:512",
    "resnet18, vgg16, 32, 2-1:64 3-2:128 4-3:256",
    "vgg11, resnet18, 32, 1-2:128 2-3:256 3-4:512",
    "resnet18, vgg16, 36, 2-1:64 3-2:128",
    "vgg11, resnet8, 33, ''",
    "resnet18, fcn-resnet50, 64, 3-1:256 4-4:2048",
    "fcn-resnet18, fcn-resnet50, 64, 1-1:256 2-2:512 3-3:1024 4-4:2048",
  })
  void mapsOfOneSizeAreCompared(String student, String teacher, int side, String expected) {
    assertEquals(expected, pairs(student, teacher, side));
  }

  @Test
  void aNetworkFollowsItsOwnArchitectureStageByStage() {
    for (String name : List.of("resnet18", "vgg11", "fcn-resnet18", "retinanet-resnet18")) {
      Parameters parameters = new Parameters(0);
      Network network = named(name).build(Neuron.LIF, 2, 3, 10, parameters);
      FeaturePairs itself = FeaturePairs.ofItself(network);
      OutputShapes own = shapes(named(name), 64);
      assertEquals(itself, FeaturePairs.of(own, own), name);
    }
  }

  @Test
  void detectorsHavePlacesAndPyramids() {
    OutputShapes own = shapes(named("retinanet-resnet18"), 64);
    assertEquals(own.places(), shapes(named("retinanet-resnet34"), 64).places());
    assertEquals(9 * (8 * 8 + 4 * 4 + 2 * 2 + 1 + 1), own.places());
    assertEquals(5, FeaturePairs.of(own, shapes(named("retinanet-resnet50"), 64)).pyramid().size());
    assertEquals(1, shapes(named("resnet18"), 64).places());
  }
}
