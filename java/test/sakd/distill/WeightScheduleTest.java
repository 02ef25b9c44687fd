package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class WeightScheduleTest {
  private static final DistillationWeights START = new DistillationWeights(1, 10, 10, 4, 0.1f);

  @Test
  void theFeaturesWeightFallsAfterSomeEpochs() {
    var schedule = new WeightSchedule(START, 10, 0.01f, 4);
    assertEquals(START, schedule.at(0, 120));
    assertEquals(10, schedule.at(9, 120).features());
    assertEquals(0.01f, schedule.at(10, 120).features());
    assertEquals(10, schedule.at(119, 120).logits());
  }

  @Test
  void theTemperatureGoesToItsEndInEqualSteps() {
    var schedule = new WeightSchedule(START, 0, 0, 1);
    assertEquals(4, schedule.at(0, 7).temperature());
    assertEquals(2.5f, schedule.at(3, 7).temperature(), 1e-6f);
    assertEquals(1, schedule.at(6, 7).temperature(), 1e-6f);
    assertEquals(4, schedule.at(0, 1).temperature());
  }

  @Test
  void aMethodKeepsItsTermsOnly() {
    var direct = new WeightSchedule(START, 10, 0.01f, 4).select(Method.DIRECT);
    assertEquals(0, direct.at(20, 30).features());
    assertEquals(0, direct.at(20, 30).logits());
  }
}
