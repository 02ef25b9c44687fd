package sakd.distill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import sakd.nn.Parameter;
import sakd.nn.Parameters;

/**
 * Level 1 of SAKD (Qiu et al. 2024): every tensor of the ANN, running statistics included, becomes
 * the tensor of the same name in the SNN.
 */
public final class WeightTransfer {
  private WeightTransfer() {}

  /**
   * Copies the teacher's parameters to the student's of the same names. Student-only parameters,
   * such as a PLIF's leak or the transforms of distillation, keep their values.
   *
   * @throws IllegalArgumentException if the student lacks one of the teacher's, or has it in
   *     another shape: the two are not of one architecture
   */
  public static void transfer(Parameters teacher, Parameters student) {
    List<String> misfits = new ArrayList<>();
    for (Parameter from : teacher.all()) {
      Parameter to = student.get(from.name());
      if (to == null || !Arrays.equals(from.shape(), to.shape())) {
        misfits.add(from.name());
      }
    }
    if (!misfits.isEmpty()) {
      throw new IllegalArgumentException(
          "teacher and student are not of one architecture; they differ in " + misfits);
    }
    for (Parameter from : teacher.all()) {
      student.get(from.name()).set(from.get());
    }
  }
}
