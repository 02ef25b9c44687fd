package sakd.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.set.MemoryDataset;

class DataLoaderTest {
  private static final Augment CROP_AND_FLIP = new Augment(2, true);

  /** Seed 42, epoch 1, 8 images, from an independent SplitMix64: the order and the placements. */
  private static final String GOLDEN =
      "[2, 3, 6, 7, 0, 4, 1, 5] "
          + "[-2, -2, 1, 1, -1, 0, -2, 1, 1, 1, -2, 0, -2, -1, 0, 1, -2, 0, 0, -1, 0, 0, 2, 0]";

  @AfterEach
  void noThreadIsLeft() throws InterruptedException {
    for (Thread thread : workers()) {
      thread.join(2000);
      assertFalse(thread.isAlive(), "a worker is left");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4})
  void everySampleOncePerEpoch(int workers) {
    DataLoader loader = new DataLoader(set(103), 10, true, false, CROP_AND_FLIP, 1, workers);
    assertEquals(11, loader.batches());
    List<Integer> ids = new ArrayList<>();
    try (Epoch epoch = loader.epoch(3)) {
      while (epoch.hasNext()) {
        Batch batch = epoch.next();
        assertEquals(ids.size() < 100 ? 10 : 3, batch.size());
        assertEquals(batch.size() * 4, batch.images().remaining());
        assertTrue(batch.images().isDirect());
        for (int i = 0; i < batch.size(); i++) {
          int id = batch.images().get(4 * i) & 0xff;
          assertEquals(id % 10, labels(batch)[i]);
          assertEquals((byte) (id + 3), batch.images().get(4 * i + 3));
          ids.add(id);
        }
      }
      assertThrows(NoSuchElementException.class, epoch::next);
    }
    assertNotEquals(ids.stream().sorted().toList(), ids);
    assertEquals(103, ids.stream().distinct().count());
  }

  @Test
  void batchesDependOnSeedAndEpochOnly() {
    List<String> one = epoch(7, 5, 0, 0);
    for (int workers : new int[] {1, 2, 5}) {
      assertEquals(one, epoch(7, 5, workers, 0));
    }
    assertEquals(one.subList(4, one.size()), epoch(7, 5, 3, 4));
    assertNotEquals(one, epoch(7, 6, 0, 0));
    assertNotEquals(one, epoch(8, 5, 0, 0));
  }

  @Test
  void anEpochDoesNotDependOnTheOneBefore() {
    DataLoader loader = new DataLoader(set(50), 8, true, true, CROP_AND_FLIP, 3, 2);
    List<String> fresh = drain(loader.epoch(1));
    drain(loader.epoch(0));
    assertEquals(fresh, drain(loader.epoch(1)));
    assertEquals(6, fresh.size());
  }

  @Test
  void thisIsTheOrderOfEveryVersion() {
    // A change here breaks the resuming of runs that users have.
    DataLoader loader = new DataLoader(set(8), 8, true, false, CROP_AND_FLIP, 42, 0);
    assertEquals(GOLDEN, drain(loader.epoch(1)).get(0));
  }

  @Test
  void withoutShuffleAndAugmentation() {
    DataLoader loader = new DataLoader(set(5), 2, false, false, Augment.NONE, 9, 1);
    try (Epoch epoch = loader.epoch(0)) {
      assertArrayEquals(new int[] {0, 1}, labels(epoch.next()));
      Batch second = epoch.next();
      assertArrayEquals(new int[] {2, 3}, labels(second));
      assertArrayEquals(new int[6], second.shifts());
    }
  }

  @Test
  void placementsCoverTheirRangeEvenly() {
    int[] shifts = new int[3];
    int[][] counts = new int[3][9];
    Augment augment = new Augment(4, true);
    for (int sample = 0; sample < 9000; sample++) {
      augment.shift(5, 2, sample, shifts, 0);
      counts[0][shifts[0] + 4]++;
      counts[1][shifts[1] + 4]++;
      counts[2][shifts[2]]++;
    }
    for (int i = 0; i < 9; i++) {
      assertEquals(1000, counts[0][i], 150);
      assertEquals(1000, counts[1][i], 150);
    }
    assertEquals(4500, counts[2][1], 250);
    new Augment(1, false).shift(5, 2, 0, shifts, 0);
    assertEquals(0, shifts[2]);
    assertThrows(IllegalArgumentException.class, () -> new Augment(-1, false));
    assertEquals(new Augment(0, true), Augment.standard(set(1)));
    Augment rolled = Augment.standard(new RolledDataset(set(1), 1));
    assertEquals(new Augment(1, true, true, Mixing.NONE), rolled);
    int[] of = new int[3];
    rolled.shift(5, 2, 0, of, 0);
    assertEquals(2, of[2] & 2, "what leaves comes in again");
  }

  @Test
  void memoryIsUsedAgain() {
    DataLoader loader = new DataLoader(set(200), 4, true, false, CROP_AND_FLIP, 1, 2);
    Set<ByteBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < 3; i++) {
      try (Epoch epoch = loader.epoch(i)) {
        epoch.forEachRemaining(batch -> buffers.add(batch.images()));
      }
    }
    assertTrue(buffers.size() <= 6, buffers.size() + " buffers");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void anErrorReachesTheConsumer(int workers) {
    UserError failure = new UserError("image 17 is damaged");
    Dataset broken =
        new Pixels(40) {
          @Override
          public Placement read(
              int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
            if (index == 17) {
              throw failure;
            }
            return super.read(index, random, shape, target);
          }
        };
    Epoch epoch = new DataLoader(broken, 5, false, false, Augment.NONE, 0, workers).epoch(0);
    for (int i = 0; i < 3; i++) {
      epoch.next();
    }
    assertSame(failure, assertThrows(UserError.class, epoch::next));
    assertFalse(epoch.hasNext());
  }

  /** Not only what is the data's fault: the consumer would wait for ever. */
  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void anErrorOfTheMachineReachesTheConsumer(int workers) {
    OutOfMemoryError failure = new OutOfMemoryError("Java heap space");
    Dataset large =
        new Pixels(10) {
          @Override
          public Placement read(
              int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
            throw failure;
          }
        };
    Epoch epoch = new DataLoader(large, 5, false, false, Augment.NONE, 0, workers).epoch(0);
    assertSame(failure, assertThrows(OutOfMemoryError.class, epoch::next));
    assertFalse(epoch.hasNext());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void aFewUnreadableSamplesAreReplaced(int workers) {
    Dataset broken = broken(2500, 17, 18);
    DataLoader loader = new DataLoader(broken, 100, true, false, CROP_AND_FLIP, 0, workers);
    int[] counts = new int[2500 % 256 + 256];
    int seen = 0;
    try (Epoch epoch = loader.epoch(0)) {
      while (epoch.hasNext()) {
        Batch batch = epoch.next();
        seen += batch.size();
        for (int i = 0; i < batch.size(); i++) {
          counts[batch.images().get(4 * i) & 0xff]++;
          assertEquals((byte) (batch.images().get(4 * i) + 1), batch.images().get(4 * i + 1));
        }
      }
      assertEquals(Map.of(17, "image 17 is damaged", 18, "image 18 is damaged"), epoch.failures());
    }
    assertEquals(2500, seen);
    assertEquals(9, counts[17]);
    assertEquals(9, counts[18]);
    assertEquals(12, counts[19], "the next one that can be read takes their places");
  }

  @Test
  void moreThanOneInAThousandStopAnEpoch() {
    DataLoader loader =
        new DataLoader(broken(2500, 5, 700, 2000), 100, true, false, Augment.NONE, 0, 2);
    try (Epoch epoch = loader.epoch(0)) {
      UserError e = assertThrows(UserError.class, () -> epoch.forEachRemaining(b -> {}));
      assertTrue(e.getMessage().startsWith("3 of the 2500 samples of pixels"), e.getMessage());
      assertTrue(e.getMessage().contains("image 5 is damaged; image 700"), e.getMessage());
    }
    // An evaluation is of every sample or of none.
    DataLoader all = new DataLoader(broken(2500, 5), 100, false, false, Augment.NONE, 0, 0);
    assertEquals(
        "image 5 is damaged",
        assertThrows(UserError.class, () -> all.epoch(0).next()).getMessage());
  }

  private static Dataset broken(int size, Integer... damaged) {
    return new Pixels(size) {
      @Override
      public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
        target.put((byte) 1); // A damaged sample may have written something.
        if (List.of(damaged).contains(index)) {
          throw new UserError("image " + index + " is damaged");
        }
        target.position(target.position() - 1);
        return super.read(index, random, shape, target);
      }
    };
  }

  @Test
  void readingAheadIsBounded() throws InterruptedException {
    AtomicInteger read = new AtomicInteger();
    Dataset counting =
        new Pixels(200) {
          @Override
          public Placement read(
              int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
            read.incrementAndGet();
            return super.read(index, random, shape, target);
          }
        };
    try (Epoch epoch = new DataLoader(counting, 1, true, false, Augment.NONE, 0, 2).epoch(0)) {
      epoch.next();
      Thread.sleep(100);
      assertEquals(5, read.get());
    }
  }

  @Test
  void closeStopsWorkersAtOnce() {
    Dataset slow =
        new Pixels(200) {
          @Override
          public Placement read(
              int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
            try {
              Thread.sleep(20);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return super.read(index, random, shape, target);
          }
        };
    DataLoader loader = new DataLoader(slow, 100, true, false, Augment.NONE, 0, 2);
    assertTimeoutPreemptively(
        Duration.ofSeconds(1),
        () -> {
          Epoch epoch = loader.epoch(0);
          Thread.sleep(30);
          epoch.close();
          epoch.close();
          assertFalse(epoch.hasNext());
          // A thread whose pool has ended may still be on its way out.
          while (!workers().isEmpty()) {
            Thread.sleep(1);
          }
        });
  }

  @Test
  void anInterruptedConsumerStops() {
    for (int workers : new int[] {0, 2}) {
      Epoch epoch = new DataLoader(set(100), 50, true, false, Augment.NONE, 0, workers).epoch(0);
      Thread.currentThread().interrupt();
      assertThrows(CancellationException.class, epoch::next);
      assertTrue(Thread.interrupted());
      assertFalse(epoch.hasNext());
    }
  }

  @Test
  void refusesSettingsThatGiveNoBatch() {
    for (int size : new int[] {0, -1, 6, Integer.MAX_VALUE}) {
      UserError e =
          assertThrows(
              UserError.class, () -> new DataLoader(set(5), size, true, true, Augment.NONE, 0, 0));
      assertTrue(e.getMessage().contains("--batch-size is " + size), e.getMessage());
    }
    assertThrows(UserError.class, () -> new DataLoader(set(5), 5, true, true, Augment.NONE, 0, -1));
  }

  private static List<String> epoch(long seed, int epoch, int workers, int startBatch) {
    DataLoader loader = new DataLoader(set(103), 10, true, false, CROP_AND_FLIP, seed, workers);
    return drain(loader.epoch(epoch, startBatch));
  }

  /** What each batch holds, as text, since the images are only valid for a while. */
  private static List<String> drain(Epoch epoch) {
    List<String> out = new ArrayList<>();
    try (epoch) {
      while (epoch.hasNext()) {
        Batch batch = epoch.next();
        byte[] pixels = new byte[batch.images().remaining()];
        batch.images().get(pixels);
        int[] ids = new int[batch.size()];
        Arrays.setAll(ids, i -> pixels[4 * i] & 0xff);
        out.add(Arrays.toString(ids) + " " + Arrays.toString(batch.shifts()));
      }
    }
    return out;
  }

  private static int[] labels(Batch batch) {
    return ((Targets.Classes) batch.targets()).labels();
  }

  private static List<Thread> workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().equals("data-loader"))
        .toList();
  }

  @Test
  void picturesWithMasksAreNotMixed() {
    Dataset masks =
        new Pixels(8) {
          @Override
          public Targets.Kind targetKind() {
            return Targets.Kind.MASKS;
          }
        };
    Augment mixed = Augment.NONE.mixing(new Mixing(0, 1));
    assertRefused(
        () -> new DataLoader(masks, 4, true, false, mixed, 1, 0), "--cutmix", "pixels", "leave");
    assertEquals(2, new DataLoader(masks, 4, true, false, Augment.NONE, 1, 0).batches());
    assertEquals(2, new DataLoader(set(8), 4, true, false, mixed, 1, 0).batches());
  }

  private static Dataset set(int size) {
    return new Pixels(size);
  }

  /** Images [1, 2, 2] of the values id, id + 1, id + 2, id + 3, labelled id modulo 10. */
  private static class Pixels extends MemoryDataset {
    Pixels(int size) {
      super(
          new DatasetInfo("pixels", Collections.nCopies(10, "c"), new float[1], new float[1], true),
          2,
          2,
          numbered(size),
          labels(size));
    }

    private static byte[] numbered(int size) {
      byte[] pixels = new byte[4 * size];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (byte) (i / 4 + i % 4);
      }
      return pixels;
    }

    private static int[] labels(int size) {
      int[] labels = new int[size];
      Arrays.setAll(labels, i -> i % 10);
      return labels;
    }
  }
}
