package sakd.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.device.DType;
import sakd.device.IdleDevice;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/** What networks say of their stages, against the maps that they compute. */
class StagesTest {
  private static final int SIDE = 224;

  @ParameterizedTest
  @CsvSource({
    "spiking-resnet20, CIFAR, fc.weight",
    "spiking-resnet18, IMAGENET, fc.weight",
    "sew-resnet50, CIFAR, fc.weight",
    "spiking-resnet19, CIFAR, none",
    "spiking-vgg11, CIFAR, classifier.weight",
    "spiking-vgg11, IMAGENET, none",
    "spiking-fcn-resnet18, IMAGENET, none"
  })
  void channelsStridesAndTheWeightOfTheClasses(
      String name, NetworkSpec.Stem stem, String classWeight) {
    Parameters parameters = new Parameters(0);
    NetworkSpec spec = Networks.named(name).withStem(stem);
    try (Ops ops = new KernelOps(new IdleDevice());
        Network network = spec.build(Neuron.LIF, 2, 3, 10, parameters);
        Tensor images = ops.allocate(DType.F32, 1, 1, SIDE, SIDE, 3);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32)) {
      parameters.reserve(ops);
      List<Backbone.Stage> seen = new ArrayList<>();
      for (Var stage : network.forward(tape, tape.input(images), true).stages()) {
        Tensor map = stage.value();
        assertEquals(map.dim(2), map.dim(3));
        seen.add(new Backbone.Stage(map.channels(), SIDE / map.dim(2)));
      }
      assertEquals(seen, network.stages());
      Parameter weight = network.classWeight();
      assertEquals(classWeight, weight == null ? "none" : weight.name());
    }
  }
}
