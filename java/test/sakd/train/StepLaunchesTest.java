package sakd.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.DatasetInfo;
import sakd.data.Epoch;
import sakd.data.set.MemoryDataset;
import sakd.device.DType;
import sakd.distill.DistillationLoss;
import sakd.distill.DistillationObjective;
import sakd.distill.DistillationWeights;
import sakd.infer.BatchUploader;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.nn.Parameters;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.CountingDevice;

/**
 * What a step of SAKD launches on a GPU: nothing that another kernel could have done on its way.
 */
class StepLaunchesTest {
  private static Map<String, Integer> launches(String name) {
    CountingDevice counting = CountingDevice.ofGpu();
    NetworkSpec spec = Networks.named(name);
    DatasetInfo info =
        new DatasetInfo("none", List.of("a", "b"), new float[3], new float[] {1, 1, 1}, false);
    MemoryDataset data = new MemoryDataset(info, 32, 32, new byte[3 * 32 * 32], new int[1]);
    Parameters teachers = new Parameters(1);
    Parameters parameters = new Parameters(2);
    try (Ops ops = new KernelOps(counting.device());
        Network teacher = spec.ann().build(Neuron.RELU, 1, 3, 2, teachers);
        Network student = spec.build(Neuron.LIF, 4, 3, 2, parameters)) {
      DistillationLoss loss =
          new DistillationLoss(new DistillationWeights(1, 1, 100, 4, 0), student, 3, parameters);
      teachers.reserve(ops);
      parameters.reserve(ops);
      try (Optimizer optimizer =
              Optimizer.sgd(ops, parameters, 0.9f, WeightDecay.ofAll(5e-4f), true, 0, false);
          BatchUploader inputs = new BatchUploader(ops, data);
          TrainStep step =
              new TrainStep(
                  ops,
                  inputs,
                  new DistillationObjective(student, teacher, loss),
                  optimizer,
                  null,
                  DType.BF16,
                  1,
                  Scale.USUAL);
          Epoch epoch = new DataLoader(data, 1, false, false, Augment.NONE, 0, 0).epoch(0)) {
        step.run(epoch.next());
      }
    }
    return counting.launches();
  }

  /** Where several layers read a value, its gradients add up in the kernels that make them. */
  @ParameterizedTest
  @ValueSource(
      strings = {"spiking-resnet18", "spiking-resnet50", "sew-resnet18", "spiking-resnet20"})
  void noGradientIsAddedByItself(String name) {
    assertEquals(0, launches(name).getOrDefault("add", 0));
  }

  @ParameterizedTest
  @ValueSource(strings = "spiking-resnet18")
  void aStepHasFewLaunches(String name) {
    Map<String, Integer> launches = launches(name);
    int all = launches.values().stream().mapToInt(n -> n).sum();
    assertTrue(all > 100 && all <= 180, all + " launches: " + launches);
  }
}
