package sakd.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class KernelParametersTest {
  @Test
  void typesAreReadOffTheSource() {
    KernelParameters sgd = KernelParameters.of("optimizer.cu", "sgd");
    assertEquals(9, sgd.count());
    sgd.check(null, null, null, null, null, 16L, 0.9f, 1, 7L);
    assertEquals(14, KernelParameters.of("neuron.cu", "neuron_backward").count());
  }

  @Test
  void whatDoesNotFitIsNamed() {
    KernelParameters fill = KernelParameters.of("elementwise.cu", "fill");
    assertEquals(
        "kernel fill of kernels/elementwise.cu has 3 parameters, not 2",
        message(() -> fill.check(null, 1f)));
    assertEquals(
        "argument 2 of kernel fill of kernels/elementwise.cu must be Long, not Integer",
        message(() -> fill.check(null, 1f, 1)));
    assertEquals(
        "argument 1 of kernel fill of kernels/elementwise.cu must be Float, not null",
        message(() -> fill.check(null, null, 1L)));
    assertEquals(
        "there is no kernel nothing of kernels/elementwise.cu",
        message(() -> KernelParameters.of("elementwise.cu", "nothing")));
  }

  private static String message(Executable call) {
    return assertThrows(IllegalArgumentException.class, call).getMessage();
  }
}
