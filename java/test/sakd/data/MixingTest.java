package sakd.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.SplitMix64;
import sakd.data.set.DatasetKind;
import sakd.data.set.MemoryDataset;

class MixingTest {
  private static final int DRAWS = 20_000;

  /** Beta(a, a) has variance 1 / (4 (2a + 1)) and fourth moment 3 / (16 (2a + 1) (2a + 3)). */
  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.2, 0.5, 0.8, 1, 5})
  void sharesAreOfTheBetaDistribution(double alpha) {
    SplitMix64 random = new SplitMix64(7);
    double mean = 0;
    double variance = 0;
    double fourth = 0;
    for (int i = 0; i < DRAWS; i++) {
      double lambda = Mixing.beta(alpha, random);
      assertTrue(lambda >= 0 && lambda <= 1, () -> "lambda " + lambda);
      double square = (lambda - 0.5) * (lambda - 0.5);
      mean += lambda / DRAWS;
      variance += square / DRAWS;
      fourth += square * square / DRAWS;
    }
    assertEquals(0.5, mean, 0.015);
    assertEquals(1 / (4 * (2 * alpha + 1)), variance, 0.004);
    assertEquals(3 / (16 * (2 * alpha + 1) * (2 * alpha + 3)), fourth, 0.001);
  }

  @Test
  void mixupIsOfTheWholeImage() {
    Mixing.Mix mix = new Mixing(0.2, 0).draw(new SplitMix64(1), 8, 12);
    float lambda = mix.labelShare();
    assertArrayEquals(new float[] {lambda, lambda, 0, 8, 0, 12}, mix.values());
    assertNull(Mixing.NONE.draw(new SplitMix64(1), 8, 12));
  }

  @Test
  void theLabelsShareOfCutmixIsTheAreaThatIsLeft() {
    double removed = 0;
    for (int i = 0; i < 1000; i++) {
      Mixing.Mix mix = new Mixing(0, 1).draw(new SplitMix64(i), 20, 10);
      assertTrue(0 <= mix.top() && mix.top() <= mix.bottom() && mix.bottom() <= 20);
      assertTrue(0 <= mix.left() && mix.left() <= mix.right() && mix.right() <= 10);
      int area = (mix.bottom() - mix.top()) * (mix.right() - mix.left());
      assertEquals(1 - area / 200.0, mix.labelShare(), 1e-6);
      assertEquals(0, mix.pixelShare());
      removed += area / 200.0 / 1000;
    }
    // Half of the area on average, less what falls outside of the image or off a whole number.
    assertTrue(removed > 0.2 && removed < 0.45, "removed " + removed);
  }

  @Test
  void withBothHalfOfTheBatchesGetEach() {
    int cut = 0;
    for (int i = 0; i < 1000; i++) {
      cut += new Mixing(1, 1).draw(new SplitMix64(i), 20, 20).pixelShare() == 0 ? 1 : 0;
    }
    assertEquals(500, cut, 60);
  }

  /** A resumed run must see the draws of the uninterrupted one, with any number of workers. */
  @Test
  void drawsDependOnSeedEpochAndBatchAlone() {
    List<Mixing.Mix> first = draws(1, 0, 0);
    assertEquals(first, draws(1, 0, 3));
    assertEquals(first.size(), first.stream().distinct().count());
    assertFalse(first.equals(draws(2, 0, 0)));
    assertFalse(first.equals(draws(1, 1, 0)));
  }

  private static List<Mixing.Mix> draws(long seed, int epoch, int workers) {
    Dataset set = new MemoryDataset(DatasetKind.MNIST.info, 2, 2, new byte[4 * 50], new int[50]);
    Augment augment = Augment.NONE.mixing(new Mixing(0.8, 1));
    DataLoader loader = new DataLoader(set, 10, true, false, augment, seed, workers);
    List<Mixing.Mix> out = new ArrayList<>();
    try (Epoch batches = loader.epoch(epoch)) {
      batches.forEachRemaining(batch -> out.add(batch.mix()));
    }
    return out;
  }
}
