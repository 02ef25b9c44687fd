package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Hits, and the sums over training steps, on every device. */
class TallyContractTest {
  @EachDevice
  void countHits(Ops ops) {
    for (int samples : new int[] {1, 31, 256, 1000}) {
      try (Twins twins = new Twins(ops)) {
        Twin rank = twins.of(DType.I32, new Draw(samples).integers(samples, 0, 3), samples);
        Twin hits = twins.poisoned(DType.I32, 2);
        twins.run(s -> s.ops().countHits(s.at(rank), s.at(hits)));
        twins.assertExact("hits of " + samples, hits);
      }
    }
  }

  /** Steps with and without features; of a broken one the sums stay free. */
  @EachDevice
  void ofSamples(Ops ops) {
    int samples = 37;
    Draw draw = new Draw(samples);
    TallyLayout at = new TallyLayout(2);
    try (Twins twins = new Twins(ops)) {
      Twin losses = twins.of(DType.F32, draw.uniform(2 * samples, 0, 3), samples, 2);
      Twin distances = twins.of(DType.F32, new double[] {0.5, 0.25, 2}, 3);
      Twin hits = twins.of(DType.I32, new double[] {21, samples}, 2);
      Twin tally = twins.of(DType.F32, new double[at.size()], at.size());
      add(twins, losses, samples, null, hits, tally);
      add(twins, losses, samples, distances, hits, tally);
      twins.assertRowsClose("two steps", tally, at.size());
      double[] broken = new double[2 * samples];
      for (double value : new double[] {Double.POSITIVE_INFINITY, Double.NaN}) {
        broken[5] = value;
        twins.set(losses, broken);
        add(twins, losses, samples, distances, hits, tally);
        twins.assertRowsClose("a broken step", tally, at.size());
      }
      double[] values = twins.values(tally);
      assertEquals(2 * samples, values[at.counted()]);
      assertEquals(4 * 21, values[at.hits()]);
      assertEquals(3, values[at.broken()]);
      assertEquals(Double.POSITIVE_INFINITY, values[at.brokenLoss()]);
    }
  }

  private static void add(
      Twins twins, Twin losses, int samples, Twin distances, Twin hits, Twin tally) {
    twins.run(
        s -> s.ops().tallyStep(s.at(losses), samples, s.at(distances), s.at(hits), s.at(tally)));
  }

  /** Averages over a batch count as often as it has samples; counts are exact beyond 2^24. */
  @EachDevice
  void ofAveragesAndManyPixels(Ops ops) {
    TallyLayout at = new TallyLayout(3);
    try (Twins twins = new Twins(ops)) {
      Twin losses = twins.of(DType.F32, new double[] {0.5, 0.25, 2}, 1, 3);
      Twin hits = twins.of(DType.I32, new double[] {2_000_000_001, 2_147_483_647}, 2);
      Twin tally = twins.of(DType.F32, new double[at.size()], at.size());
      for (int step = 0; step < 5; step++) {
        add(twins, losses, 16, null, hits, tally);
      }
      twins.assertExact("averages", tally);
      double[] values = twins.values(tally);
      float[] counts = new float[values.length];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = (float) values[i];
      }
      assertEquals(40, values[0]);
      assertEquals(80, values[at.counted()]);
      assertEquals(5 * 2_000_000_001L, TallyLayout.count(counts, at.hits()));
      assertEquals(5 * 2_147_483_647L, TallyLayout.count(counts, at.candidates()));
    }
  }
}
