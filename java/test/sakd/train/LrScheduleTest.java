package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.train.LrSchedule.Constant;
import sakd.train.LrSchedule.Cosine;
import sakd.train.LrSchedule.Milestones;
import sakd.train.LrSchedule.Poly;
import sakd.train.LrSchedule.Shape;
import sakd.train.LrSchedule.Steps;
import sakd.train.LrSchedule.TwoSteps;

class LrScheduleTest {
  private static final double EXACT = 1e-15;

  @Test
  void cosineFallsFromTheRateTowardsZero() {
    LrSchedule s = new LrSchedule(Cosine.TO_ZERO, 0.1, 4, 0);
    assertEquals(0.1, s.at(0), EXACT);
    assertEquals(0.05 * (1 + Math.sqrt(0.5)), s.at(1), EXACT);
    assertEquals(0.05, s.at(2), EXACT);
    assertEquals(0.05 * (1 - Math.sqrt(0.5)), s.at(3), EXACT);
  }

  @Test
  void constantStays() {
    LrSchedule s = new LrSchedule(new Constant(), 0.3, 3, 0);
    for (int epoch = 0; epoch < 3; epoch++) {
      assertEquals(0.3, s.at(epoch));
    }
  }

  @Test
  void warmUpGrowsFromAHundredthAndComesBeforeTheCosine() {
    LrSchedule s = new LrSchedule(Cosine.TO_ZERO, 1, 6, 2);
    assertEquals(0.01, s.at(0), EXACT);
    assertEquals(0.505, s.at(1), EXACT);
    assertEquals(1, s.at(2), EXACT);
    assertEquals(0.5, s.at(4), EXACT);
    assertEquals(1, new LrSchedule(new Constant(), 1, 3, 1).at(2), EXACT);
  }

  @Test
  void impossibleSchedulesAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new LrSchedule(Cosine.TO_ZERO, Double.NaN, 4, 0));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(Cosine.TO_ZERO, 0, 4, 0));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(Cosine.TO_ZERO, 1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(Cosine.TO_ZERO, 1, 4, -1));
    assertThrows(IllegalArgumentException.class, () -> new LrSchedule(Cosine.TO_ZERO, 1, 4, 4));
  }

  /** lr (1 - e / E)^0.9 after the warm-up, as torchvision's training of segmentation has it. */
  @Test
  void polyFallsToZero() {
    LrSchedule s = new LrSchedule(new Poly(Poly.POWER, 0), 0.1, 6, 2);
    assertEquals(0.1, s.at(2), EXACT);
    assertEquals(0.1 * Math.pow(0.5, 0.9), s.at(4), EXACT);
    assertEquals(0.1 * Math.pow(0.25, 0.9), s.at(5), EXACT);
  }

  /** torchvision's training of detectors: 26 epochs, a tenth of the rate from 16 and from 22 on. */
  @Test
  void stepsAreTenths() {
    LrSchedule s = new LrSchedule(new TwoSteps(0.1), 0.1, 26, 1);
    assertEquals(0.001, s.at(0), EXACT);
    assertEquals(0.1, s.at(15), EXACT);
    assertEquals(0.01, s.at(16), EXACT);
    assertEquals(0.01, s.at(21), EXACT);
    assertEquals(0.001, s.at(22), EXACT);
    assertEquals(0.001, s.at(25), EXACT);
  }

  /** Schedules by the names of PyTorch's classes whose values are below. */
  private static Shape shape(String name) {
    return switch (name) {
      case "CosineAnnealingLR(5, eta_min=0.002)" -> new Cosine(0.002);
      case "LinearLR(0.01, 2), CosineAnnealingLR(4, eta_min=0.01)" -> new Cosine(0.01);
      case "PolynomialLR(5, power=0.9)" -> new Poly(Poly.POWER, 0);
      case "PolynomialLR(5, power=2)", "LinearLR(0.01, 2), PolynomialLR(4, power=2)" ->
          new Poly(2, 0);
      case "StepLR(2, gamma=0.5)" -> new Steps(2, 0.5);
      case "MultiStepLR([2, 5], gamma=0.2)" -> new Milestones(List.of(2, 5), 0.2);
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** What torch.optim.lr_scheduler's classes of PyTorch 2.13 give from a rate of 0.1 on. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "CosineAnnealingLR(5, eta_min=0.002); 0; 0.1, 0.09064183272437243, 0.06614183272437242,"
            + " 0.03585816727562757, 0.011358167275627579",
        "LinearLR(0.01, 2), CosineAnnealingLR(4, eta_min=0.01); 2; 0.001, 0.0505, 0.1,"
            + " 0.08681980515339464, 0.05500000000000001, 0.023180194846605363",
        "PolynomialLR(5, power=0.9); 0; 0.1, 0.08180521460508584, 0.06314458674893553,"
            + " 0.043838329055408694, 0.023492378861760376",
        "PolynomialLR(5, power=2); 0; 0.1, 0.06400000000000002, 0.036000000000000004,"
            + " 0.016000000000000004, 0.003999999999999999",
        "LinearLR(0.01, 2), PolynomialLR(4, power=2); 2; 0.001, 0.0505, 0.1, 0.05625,"
            + " 0.024999999999999998, 0.0062499999999999995",
        "StepLR(2, gamma=0.5); 0; 0.1, 0.1, 0.05, 0.05, 0.025, 0.025",
        "MultiStepLR([2, 5], gamma=0.2); 0; 0.1, 0.1, 0.020000000000000004,"
            + " 0.020000000000000004, 0.020000000000000004, 0.004000000000000001",
      })
  void asPyTorchSchedules(String name, int warmupEpochs, String rates) {
    double[] expected = Arrays.stream(rates.split(",", -1)).mapToDouble(Double::valueOf).toArray();
    LrSchedule s = new LrSchedule(shape(name), 0.1, expected.length, warmupEpochs);
    double[] found = IntStream.range(0, expected.length).mapToDouble(s::at).toArray();
    assertArrayEquals(expected, found, EXACT, name);
  }

  /** timm's poly has a floor, which PyTorch's has not: min + (lr - min) (1 - e / E)^power. */
  @Test
  void polyFallsToItsFloor() {
    LrSchedule s = new LrSchedule(new Poly(2, 0.02), 0.1, 4, 0);
    assertEquals(0.1, s.at(0), EXACT);
    assertEquals(0.02 + 0.08 * 0.25, s.at(2), EXACT);
    assertEquals(0.02 + 0.08 * 0.0625, s.at(3), EXACT);
  }

  /** Epochs of the warm-up count towards steps, as in timm. */
  @Test
  void stepsAreCountedFromTheFirstEpoch() {
    assertEquals(0.05, new LrSchedule(new Steps(3, 0.5), 0.1, 6, 2).at(3), EXACT);
    assertEquals(0.05, new LrSchedule(new Milestones(List.of(3), 0.5), 0.1, 6, 2).at(3), EXACT);
    assertEquals(0.1, new LrSchedule(new Steps(3, 0.5), 0.1, 6, 2).at(2), EXACT);
  }

  /** As the line of a training's settings has them. */
  @Test
  void areNamed() {
    assertEquals(
        List.of(
            "cosine",
            "cosine to 0.00001",
            "poly",
            "poly of power 2 to 0.5",
            "step",
            "step by 0.2",
            "step every 30 epochs",
            "step after 60, 120 by 0.2",
            "constant"),
        Stream.of(
                Cosine.TO_ZERO,
                new Cosine(1e-5),
                new Poly(0.9, 0),
                new Poly(2, 0.5),
                new TwoSteps(0.1),
                new TwoSteps(0.2),
                new Steps(30, 0.1),
                new Milestones(List.of(60, 120), 0.2),
                new Constant())
            .map(Shape::toString)
            .toList());
  }
}
