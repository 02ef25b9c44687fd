package sakd.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import sakd.train.LrSchedule.Kind;

class LrScheduleTest {
  private static final double EXACT = 1e-15;

  @Test
  void cosineFallsFromTheRateTowardsZero() {
    LrSchedule s = new LrSchedule(Kind.COSINE, 0.1, 4, 0);
    assertEquals(0.1, s.at(0), EXACT);
    assertEquals(0.05 * (1 + Math.sqrt(0.5)), s.at(1), EXACT);
    assertEquals(0.05, s.at(2), EXACT);
    assertEquals(0.05 * (1 - Math.sqrt(0.5)), s.at(3), EXACT);
  }

  @Test
  void constantStays() {
    LrSchedule s = new LrSchedule(Kind.CONSTANT, 0.3, 3, 0);
    for (int epoch = 0; epoch < 3; epoch++) {
      assertEquals(0.3, s.at(epoch));
    }
  }

  @Test
  void warmUpGrowsFromAHundredthAndComesBeforeTheCosine() {
    LrSchedule s = new LrSchedule(Kind.COSINE, 1, 6, 2);
    assertEquals(0.01, s.at(0), EXACT);
    assertEquals(0.505, s.at(1), EXACT);
    assertEquals(1, s.at(2), EXACT);
    assertEquals(0.5, s.at(4), EXACT);
    assertEquals(1, new LrSchedule(Kind.CONSTANT, 1, 3, 1).at(2), EXACT);
  }

  @Test
  void impossibleSchedulesAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new LrSchedule(Kind.COSINE, Double.NaN, 4, 0));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(Kind.COSINE, 0, 4, 0));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(Kind.COSINE, 1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(Kind.COSINE, 1, 4, -1));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(Kind.COSINE, 1, 4, 4));
  }

  /** lr (1 - e / E)^0.9 after the warm-up, as torchvision's training of segmentation has it. */
  @Test
  void polyFallsToZero() {
    LrSchedule s = new LrSchedule(Kind.POLY, 0.1, 6, 2);
    assertEquals(0.1, s.at(2), EXACT);
    assertEquals(0.1 * Math.pow(0.5, 0.9), s.at(4), EXACT);
    assertEquals(0.1 * Math.pow(0.25, 0.9), s.at(5), EXACT);
  }

  /** torchvision's training of detectors: 26 epochs, a tenth of the rate from 16 and from 22 on. */
  @Test
  void stepsAreTenths() {
    LrSchedule s = new LrSchedule(Kind.STEP, 0.1, 26, 1);
    assertEquals(0.001, s.at(0), EXACT);
    assertEquals(0.1, s.at(15), EXACT);
    assertEquals(0.01, s.at(16), EXACT);
    assertEquals(0.01, s.at(21), EXACT);
    assertEquals(0.001, s.at(22), EXACT);
    assertEquals(0.001, s.at(25), EXACT);
  }
}
