package sakd.distill;

import java.util.ArrayList;
import java.util.List;
import sakd.device.DType;
import sakd.nn.BatchNorm2d;
import sakd.nn.Conv2d;
import sakd.nn.NormNeuron;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Distance;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * The distance of some feature maps from the teacher's, of each the mean over time behind a
 * transform: a convolution and a batch norm that only training needs. It gives a map as many
 * channels as the teacher's has.
 */
final class FeatureLoss {
  /** What names of transforms begin with. */
  static final String TRANSFORM = "transform";

  private record Transform(FeaturePairs.Pair maps, Conv2d conv, NormNeuron norm) {}

  /** That of batch norms. */
  private static final float EPS = 1e-5f;

  private final Distance distance;
  private final boolean standardised;
  private final List<Transform> transforms = new ArrayList<>();

  /**
   * @param prefix of the transforms' names, which are {@code <prefix><i>.net.0} and {@code .net.1},
   *     i the number of the student's map, from 1
   * @param pairs the maps that are compared
   * @param kernel 1, or 3 as the CIFAR networks have it
   * @param standardised whether every channel of the teacher's maps is brought to mean 0 and
   *     variance 1 over the batch, as those behind a transform are at first
   * @param parameters the student's, which the transforms join
   */
  FeatureLoss(
      String prefix,
      List<FeaturePairs.Pair> pairs,
      int kernel,
      Distance distance,
      boolean standardised,
      Parameters parameters) {
    this.distance = distance;
    this.standardised = standardised;
    for (FeaturePairs.Pair maps : pairs) {
      String name = prefix + (maps.student() + 1) + ".net.";
      transforms.add(
          new Transform(
              maps,
              new Conv2d(parameters, name + "0", maps.channels(), maps.goalChannels(), kernel, 1),
              new NormNeuron(
                  parameters,
                  name + "1",
                  new BatchNorm2d(parameters, name + "1", maps.goalChannels()),
                  Neuron.IDENTITY,
                  Neuron.Residual.NONE,
                  1)));
    }
  }

  /** How many maps are compared; 0 if none are, with whatever weight. */
  int size() {
    return transforms.size();
  }

  /**
   * Computes the distances and passes their gradients to the student's tape; its maps are dropped,
   * those that are compared with none as well.
   *
   * @param temperature of {@link Distance#KL}
   * @param lossScale [1], multiplies the gradients
   * @param distances [size] is assigned
   */
  void compute(
      Tape tape,
      List<Var> student,
      List<Var> teacher,
      float temperature,
      float weight,
      Tensor lossScale,
      Tensor distances) {
    Ops ops = tape.ops();
    for (int i = 0; i < transforms.size(); i++) {
      Transform t = transforms.get(i);
      Var own = student.get(t.maps.student());
      Var mapped = t.norm.forward(tape, t.conv.forward(tape, Pooling.timeMean(tape, own)));
      tape.drop(own);
      Tensor grad = tape.gradientOf(mapped);
      Tensor goal = teacher.get(t.maps.teacher()).value();
      Tensor scaled = standardised ? standardised(tape, goal) : null;
      ops.distance(
          distance,
          mapped.value(),
          standardised ? scaled : goal,
          lossScale,
          temperature,
          weight,
          distances,
          i,
          grad);
      if (standardised) {
        scaled.close();
      }
      tape.pass(mapped, grad);
    }
    for (int s = 0; s < student.size(); s++) {
      int index = s;
      if (transforms.stream().noneMatch(t -> t.maps.student() == index)) {
        tape.drop(student.get(s));
      }
    }
  }

  /** x [.., C] with every channel of mean 0 and variance 1; to be closed. */
  private static Tensor standardised(Tape tape, Tensor x) {
    Ops ops = tape.ops();
    int channels = x.channels();
    Tensor out = ops.allocate(x.type(), x.shape());
    try (Tensor ones = filled(ops, channels, 1);
        Tensor zeros = filled(ops, channels, 0);
        Tensor mean = filled(ops, channels, 0);
        Tensor variance = filled(ops, channels, 1);
        Tensor affine = tape.batchAffine(channels)) {
      var norm = new Ops.BatchNorm(ones, zeros, mean, variance, EPS, 0);
      ops.batchStatistics(x, norm, 1, affine);
      ops.neuron(Neuron.IDENTITY, Neuron.Residual.NONE, x, affine, null, null, out);
    }
    return out;
  }

  private static Tensor filled(Ops ops, int channels, float value) {
    Tensor t = ops.allocate(DType.F32, channels);
    ops.fill(t, value);
    return t;
  }
}
