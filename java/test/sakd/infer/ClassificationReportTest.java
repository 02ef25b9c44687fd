package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ClassificationReportTest {
  /** Three steps, two samples in one batch and one in the next, three classes. */
  @Test
  void countsWhatTheMeanUpToEveryStepSays() {
    var report = new ClassificationReport(null, 3);
    float[] first = {
      1, 0, 0, /**/ 0, 2, 0, //
      0, 3, 0, /**/ 0, 0, 1, //
      0, 0, 9, /**/ 0, 0, 0,
    };
    report.add(first, 3, new int[] {1, 1});
    report.add(new float[] {0, 0, 1, /**/ 0, 0, 1, /**/ 0, 0, 1}, 3, new int[] {2});
    assertEquals(3, report.steps());
    // Sums: {1,0,0} {1,3,0} {1,3,9} are 0, 1, 2 and {0,2,0} {0,2,1} {0,2,1} are 1, 1, 1.
    assertEquals(2.0 / 3, report.top1(1), 1e-12);
    assertEquals(1, report.top1(2), 1e-12);
    assertEquals(2.0 / 3, report.top1(3), 1e-12);
    assertArrayEquals(new long[][] {{0, 0, 0}, {0, 1, 1}, {0, 0, 1}}, report.confusion());
  }

  /** The bounds of 50 in 100 are in textbooks; at 0 and 1 they stay within [0, 1]. */
  @Test
  void theIntervalIsWilsons() {
    assertInterval(0.403832, 0.596168, 50, 100);
    assertInterval(0, 0.036994, 0, 100);
    assertInterval(0.963006, 1, 100, 100);
    assertInterval(0.911740, 0.922539, 9173, 10000);
  }

  private static void assertInterval(double low, double high, int hits, int n) {
    var interval = ClassificationReport.interval((double) hits / n, n);
    assertEquals(low, interval.low(), 1e-5);
    assertEquals(high, interval.high(), 1e-5);
  }
}
