package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;

import java.util.Arrays;
import sakd.device.DType;

/**
 * Mean and sum of squared distances from it over some rows, as batch norm's statistics need them.
 *
 * @param mean [C]
 * @param squares [C]
 * @param rows how many
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record ReferenceMoments(double[] mean, double[] squares, double rows) {
  static ReferenceMoments of(Tensor x) {
    double[] mean = ReferenceNorm.sumRows(x, (value, c) -> value);
    for (int c = 0; c < mean.length; c++) {
      mean[c] /= x.rows();
    }
    double[] squares =
        ReferenceNorm.sumRows(x, (value, c) -> (value - mean[c]) * (value - mean[c]));
    return new ReferenceMoments(mean, squares, x.rows());
  }

  /**
   * Of the rows of all ranks: their squared distances add up, and those of their means from the
   * mean.
   */
  ReferenceMoments ofRanks(Ops ops) {
    int channels = mean.length;
    double[] all;
    try (Tensor own = ops.allocate(DType.F32, 3, channels);
        Tensor each = ops.allocate(DType.F32, ops.ranks(), 3, channels)) {
      double[] counts = new double[channels];
      Arrays.fill(counts, rows);
      write(own, 0, mean);
      write(own, channels, squares);
      write(own, 2L * channels, counts);
      ops.gatherRanks(own, each);
      all = read(each);
    }
    double[] means = new double[channels];
    double[] sums = new double[channels];
    double count = 0;
    for (int first = 0; first < all.length; first += 3 * channels) {
      double n = all[first + 2 * channels];
      count += n;
      for (int c = 0; c < channels; c++) {
        means[c] += n * all[first + c];
      }
    }
    for (int c = 0; c < channels; c++) {
      means[c] /= count;
      for (int first = c; first < all.length; first += 3 * channels) {
        double distance = all[first] - means[c];
        sums[c] += all[first + channels] + all[first + 2 * channels] * distance * distance;
      }
    }
    return new ReferenceMoments(means, sums, count);
  }
}
