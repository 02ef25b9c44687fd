package sakd.infer;

import java.nio.file.Path;
import java.util.Map;
import sakd.base.UserError;
import sakd.io.HostTensor;

/**
 * Refuses weights that are NaN or infinite. A network may well compute with them and show nothing:
 * a neuron whose potential is NaN is never above its threshold, and is silent.
 */
public final class FiniteWeights {
  private FiniteWeights() {}

  /**
   * Looks at tensors as float32, in their order.
   *
   * @param file that they were read from
   * @param tensors by name
   * @throws UserError if one has a number that is not finite
   */
  public static void require(Path file, Map<String, HostTensor> tensors) {
    tensors.forEach(
        (name, tensor) -> {
          float[] values = tensor.toFloats();
          int broken = 0;
          float first = 0;
          for (float value : values) {
            if (!Float.isFinite(value)) {
              first = broken++ == 0 ? value : first;
            }
          }
          if (broken > 0) {
            throw new UserError(
                file
                    + " holds weights that are not finite, first in "
                    + name
                    + " ("
                    + broken
                    + " of "
                    + values.length
                    + " numbers, such as "
                    + first
                    + "); expected finite ones, give the file of an epoch or a training that"
                    + " did not diverge");
          }
        });
  }
}
