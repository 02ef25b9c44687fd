package sakd.ops;

import static sakd.ops.HostTensors.labels;
import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireClassMaps;

import java.util.Arrays;

/**
 * The divergence of {@code kernels/classmap.cu} in double precision: of one sample, and on tensors.
 */
interface ReferenceClassMap extends LossOps {
  /** Of softmaxes over the places. */
  double TEMPERATURE = 2;

  /** Added to variances: a tenth of a spike, squared. */
  double LEAST_VARIANCE = 0.01;

  /** A map with mean 0 and variance 1, or less where it is flat. */
  static double[] standardised(double[] map) {
    double mean = Arrays.stream(map).average().orElseThrow();
    double deviation = deviation(map);
    return Arrays.stream(map).map(v -> (v - mean) / deviation).toArray();
  }

  private static double deviation(double[] map) {
    double mean = Arrays.stream(map).average().orElseThrow();
    double variance = Arrays.stream(map).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    return Math.sqrt(variance + LEAST_VARIANCE);
  }

  /** T^2 KL(softmax(standardised teacher / T) || softmax(standardised student / T)). */
  static double divergence(double[] student, double[] teacher) {
    return ReferenceLoss.divergence(standardised(student), standardised(teacher), TEMPERATURE);
  }

  /** Its gradient by the student's map. */
  static double[] gradient(double[] student, double[] teacher) {
    double[] a = standardised(student);
    double[] logQ = ReferenceLoss.logSoftmax(a, TEMPERATURE);
    double[] logP = ReferenceLoss.logSoftmax(standardised(teacher), TEMPERATURE);
    double[] g = new double[a.length];
    double along = 0;
    for (int s = 0; s < g.length; s++) {
      g[s] = TEMPERATURE * (Math.exp(logQ[s]) - Math.exp(logP[s]));
      along += g[s] * a[s] / g.length;
    }
    double deviation = deviation(student);
    for (int s = 0; s < g.length; s++) {
      g[s] = (g[s] - a[s] * along) / deviation;
    }
    return g;
  }

  @Override
  default void mapLoss(
      Tensor student,
      Tensor teacher,
      Tensor classWeight,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      float weight,
      Tensor losses,
      Tensor grad) {
    requireClassMaps(student, teacher, classWeight, labels, mix, lossScale, losses, grad);
    int samples = student.dim(1);
    int places = student.dim(2) * student.dim(3);
    int[] y = labels(labels, Math.toIntExact(classWeight.rows()));
    double own = mix == null ? 1 : read(mix)[0];
    double share = read(lossScale)[0] * weight / samples;
    for (int n = 0; n < samples; n++) {
      double[] first = row(classWeight, y[n]);
      double[] second = row(classWeight, y[samples - 1 - n]);
      double[] mixed = new double[first.length];
      Arrays.setAll(mixed, c -> own * first[c] + (1 - own) * second[c]);
      double[] goal = map(teacher, n, mixed);
      double[] ones = new double[student.channels()];
      Arrays.fill(ones, 1);
      double[] map = map(student, n, ones);
      write(losses, n, new double[] {divergence(map, goal)});
      double[] g = gradient(map, goal);
      for (int t = 0; t < student.dim(0); t++) {
        for (int s = 0; s < places; s++) {
          double[] place = new double[ones.length];
          Arrays.fill(place, share * g[s]);
          write(grad, at(student, t, n, s), place);
        }
      }
    }
  }

  private static double[] row(Tensor x, int row) {
    return read(x, (long) row * x.channels(), x.channels());
  }

  /** Where the channels of a place begin. */
  private static long at(Tensor x, int t, int n, int s) {
    long places = (long) x.dim(2) * x.dim(3);
    return ((t * (long) x.dim(1) + n) * places + s) * x.channels();
  }

  /** The sum over time and weighted channels at each place of sample n. */
  private static double[] map(Tensor x, int n, double[] weight) {
    double[] map = new double[x.dim(2) * x.dim(3)];
    for (int t = 0; t < x.dim(0); t++) {
      for (int s = 0; s < map.length; s++) {
        double[] place = read(x, at(x, t, n, s), weight.length);
        for (int c = 0; c < weight.length; c++) {
          map[s] += weight[c] * place[c];
        }
      }
    }
    return map;
  }
}
