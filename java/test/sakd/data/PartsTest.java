package sakd.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.set.MemoryDataset;

/** The parts of a batch against the batch of one process. */
class PartsTest {
  private static final int PIXELS = 4;

  /** What is left of a batch when its images are not valid any more. */
  private record Seen(Batch batch, byte[] pixels) {
    int label(int i) {
      return ((Targets.Classes) batch.targets()).labels()[i];
    }

    byte[] sample(int i) {
      return Arrays.copyOfRange(pixels, PIXELS * i, PIXELS * (i + 1));
    }

    int[] shift(int i) {
      return Arrays.copyOfRange(batch.shifts(), 3 * i, 3 * (i + 1));
    }
  }

  /** Random pixels, each sample of a class of its own. */
  private static Dataset set(int size) {
    byte[] pixels = new byte[PIXELS * size];
    new Random(size).nextBytes(pixels);
    List<String> names = IntStream.range(0, size).mapToObj(i -> "c" + i).toList();
    DatasetInfo info = new DatasetInfo("noise", names, new float[1], new float[] {1}, true);
    return new MemoryDataset(info, 2, 2, pixels, IntStream.range(0, size).toArray());
  }

  /** Where reading a sample is another matter. */
  private static class Noise extends ForwardingDataset {
    Noise(Dataset set) {
      super(set);
    }

    @Override
    protected Dataset around(Dataset other) {
      return new Noise(other);
    }
  }

  private static List<Seen> drain(Epoch epoch) {
    List<Seen> all = new ArrayList<>();
    try (epoch) {
      while (epoch.hasNext()) {
        Batch batch = epoch.next();
        byte[] pixels = new byte[batch.images().remaining()];
        batch.images().get(pixels);
        all.add(new Seen(batch, pixels));
      }
    }
    return all;
  }

  /** 47 samples end in a batch of 47 modulo the batch size: 7, 3, 1, 5, or none too small. */
  @ParameterizedTest
  @CsvSource({
    "10, 0, false",
    "10, 1, true",
    "11, 2, false",
    "11, 0, true",
    "23, 0, false",
    "23, 3, true",
    "14, 2, true",
    "2, 0, false",
    "2, 2, true",
    "47, 0, false",
    "47, 1, true"
  })
  void allPartsTogetherAreTheBatch(int batchSize, int workers, boolean mixes) {
    Augment augment = new Augment(2, false, true, mixes ? new Mixing(0.8, 1) : Mixing.NONE);
    Dataset set = set(47);
    int epoch = 3;
    int start = batchSize < 20 ? 1 : 0;
    for (boolean dropLast : new boolean[] {false, true}) {
      List<Seen> whole =
          drain(new DataLoader(set, batchSize, true, dropLast, augment, 5, 0).epoch(epoch, start));
      for (int ranks = 1; ranks <= 4; ranks++) {
        for (int microBatches : new int[] {1, 3}) {
          List<List<Seen>> parts = new ArrayList<>();
          for (int rank = 0; rank < ranks; rank++) {
            DataLoader loader =
                new DataLoader(
                    set,
                    batchSize,
                    true,
                    dropLast,
                    augment,
                    5,
                    workers,
                    new Parts(rank, ranks, microBatches));
            assertEquals(whole.size(), loader.batches() - start);
            parts.add(drain(loader.epoch(epoch, start)));
            assertEquals(whole.size() * microBatches, parts.get(rank).size());
          }
          for (int b = 0; b < whole.size(); b++) {
            List<Seen> ofBatch = new ArrayList<>();
            for (List<Seen> ofRank : parts) {
              ofBatch.addAll(ofRank.subList(b * microBatches, (b + 1) * microBatches));
            }
            same(whole.get(b), ofBatch, mixes);
          }
        }
      }
    }
  }

  private static void same(Seen whole, List<Seen> parts, boolean mixed) {
    int n = whole.batch.size();
    boolean cut = (mixed ? (n + 1) / 2 : n) >= parts.size();
    int[] times = new int[n];
    int counted = 0;
    double weight = 0;
    for (Seen part : parts) {
      Batch batch = part.batch;
      assertEquals(batch.size(), batch.places().length);
      assertEquals(n, batch.whole());
      assertEquals(whole.batch.mix(), batch.mix());
      assertEquals(whole.batch.draw(), batch.draw());
      assertEquals(cut ? (float) batch.size() / n : 1f / parts.size(), batch.weight());
      for (int i = 0; i < batch.size(); i++) {
        int place = batch.places()[i];
        times[place]++;
        assertEquals(whole.label(place), part.label(i));
        assertArrayEquals(whole.sample(place), part.sample(i));
        assertArrayEquals(whole.shift(place), part.shift(i));
        if (mixed) {
          assertEquals(n - 1 - place, batch.places()[batch.size() - 1 - i], "mixed with another");
        }
      }
      counted += batch.counted() ? batch.size() : 0;
      weight += batch.weight();
    }
    assertEquals(n, counted);
    assertEquals(1, weight, 1e-6);
    for (int t : times) {
      assertEquals(cut ? 1 : parts.size(), t);
    }
  }

  @Test
  void theyDifferByOneSampleOrPair() {
    assertArrayEquals(new int[] {3, 4, 5}, new Parts(1, 3, 1).places(0, 10, false));
    assertArrayEquals(new int[] {6, 7, 8, 9}, new Parts(2, 3, 1).places(0, 10, false));
    // Pairs 0 to 4 of 9, the last of them the middle.
    assertArrayEquals(new int[] {0, 1, 7, 8}, new Parts(0, 2, 1).places(0, 9, true));
    assertArrayEquals(new int[] {2, 3, 4, 5, 6}, new Parts(1, 2, 1).places(0, 9, true));
    assertArrayEquals(new int[] {2, 3}, new Parts(0, 2, 2).places(1, 9, false));
    assertArrayEquals(new int[] {0, 1}, new Parts(1, 3, 1).places(0, 2, false));
    assertThrows(IllegalArgumentException.class, () -> new Parts(2, 2, 1));
    assertThrows(IllegalArgumentException.class, () -> new Parts(0, 1, 0));
  }

  @Test
  void oneProcessHasTheBatchAsItIs() {
    for (Seen seen : drain(new DataLoader(set(5), 3, true, false, Augment.NONE, 0, 0).epoch(0))) {
      assertArrayEquals(IntStream.range(0, seen.batch.size()).toArray(), seen.batch.places());
      assertEquals(1f, seen.batch.weight());
      assertTrue(seen.batch.counted());
    }
  }

  /** Decoding is what takes time: of that each rank has its share. */
  @Test
  void othersSamplesAreNotRead() {
    List<Set<Integer>> read = new ArrayList<>();
    for (int rank = 0; rank < 3; rank++) {
      Set<Integer> own = new ConcurrentSkipListSet<>();
      Dataset watched =
          new Noise(set(30)) {
            @Override
            public Placement read(
                int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
              assertTrue(own.add(index));
              return super.read(index, random, shape, target);
            }
          };
      drain(
          new DataLoader(watched, 15, true, false, Augment.NONE, 1, 2, new Parts(rank, 3, 1))
              .epoch(0));
      assertEquals(10, own.size());
      read.add(own);
    }
    Set<Integer> all = new TreeSet<>();
    read.forEach(all::addAll);
    assertEquals(30, all.size());
  }

  /** A damaged sample is replaced by the same one, whoever reads it. */
  @Test
  void replacementsAreThoseOfOneProcess() {
    Dataset damaged =
        new Noise(set(2000)) {
          @Override
          public Placement read(
              int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
            if (index == 9 || index == 10) {
              throw new UserError("image " + index + " is damaged");
            }
            return super.read(index, random, shape, target);
          }
        };
    List<Seen> whole =
        drain(new DataLoader(damaged, 500, true, false, Augment.NONE, 1, 0).epoch(0));
    for (int rank = 0; rank < 3; rank++) {
      Parts parts = new Parts(rank, 3, 1);
      List<Seen> own =
          drain(new DataLoader(damaged, 500, true, false, Augment.NONE, 1, 2, parts).epoch(0));
      for (int b = 0; b < own.size(); b++) {
        Seen part = own.get(b);
        for (int i = 0; i < part.batch.size(); i++) {
          assertArrayEquals(whole.get(b).sample(part.batch.places()[i]), part.sample(i));
        }
      }
    }
  }

  @Test
  void aPictureHasTheSameMarginInEveryPart() {
    int[] sides = {20, 40, 10, 70};
    Dataset sized =
        new Noise(set(4)) {
          @Override
          public Targets.Kind targetKind() {
            return Targets.Kind.MASKS;
          }

          @Override
          public SampleShape shape(int index) {
            return new SampleShape(1, 1, sides[index], 10);
          }

          @Override
          public Placement read(
              int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
            target.position(target.position() + shape.bytes());
            return null;
          }

          @Override
          public Targets targets(int index, Placement placement, SampleShape shape) {
            return new Targets.Masks(
                new byte[shape.height() * shape.width()], 1, shape.height(), shape.width());
          }
        };
    for (int rank = 0; rank < 2; rank++) {
      Parts parts = new Parts(rank, 2, 1);
      List<Seen> own =
          drain(new DataLoader(sized, 2, false, false, Augment.NONE, 0, 0, parts).epoch(0));
      assertEquals(64, own.get(0).batch.shape().height());
      assertEquals(96, own.get(1).batch.shape().height());
      assertArrayEquals(new int[] {rank}, own.get(0).batch.places());
    }
  }
}
