package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.Augment;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.Mixing;
import sakd.data.RenumberedDataset;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.image.Distortion;

class MaskDatasetTest {
  private static final int VALUES = 6;

  /** The hash of the pixels of the eighth picture of shapes. */
  private static final int GOLDEN = -621123286;

  @TempDir Path root;

  /** Pictures of several sizes that show their masks. */
  private Dataset set(MaskOptions options) throws IOException {
    int[][] sizes = {{37, 52}, {61, 33}, {20, 90}, {48, 48}, {33, 70}};
    for (int i = 0; i < sizes.length; i++) {
      int[][] values = MaskFiles.blocks(sizes[i][0], sizes[i][1], VALUES);
      MaskFiles.picture(root.resolve("images/" + i + ".png"), values);
      MaskFiles.palette(root.resolve("masks/" + i + ".png"), values);
    }
    return Datasets.open(null, root, true, MaskFiles.options(options, new ArrayList<>()));
  }

  /** Where all pixels around are of one class, picture and mask must show the same. */
  @Test
  void aMaskFollowsItsPicture() throws IOException {
    Dataset set = set(new MaskOptions(null, null, 40, 0));
    assertEquals(4, set.size(), "of five, one is held out");
    long compared = 0;
    int flips = 0;
    int padded = 0;
    for (int draw = 0; draw < 200; draw++) {
      MaskFiles.Read read = MaskFiles.read(set, draw % 4, new SplitMix64(draw));
      assertEquals(new SampleShape(1, 3, 40, 40), read.shape());
      flips += read.placement().flipped() ? 1 : 0;
      int columns = read.placement().outWidth();
      int rows = read.placement().outHeight();
      for (int y = 0; y < 40; y++) {
        for (int x = 0; x < 40; x++) {
          int label = read.mask()[40 * y + x] & 0xff;
          int red = read.pixels()[40 * y + x] & 0xff;
          if (y >= rows || x >= columns) {
            padded++;
            assertEquals(Targets.IGNORED, label);
            assertEquals(Math.round(255 * 0.485f), red);
            assertEquals(Math.round(255 * 0.406f), read.pixels()[3200 + 40 * y + x] & 0xff);
          } else if (interior(read.mask(), x, y, columns, rows)) {
            compared++;
            assertEquals(40 * label + 10, red, 2, "draw " + draw + " at " + x + ", " + y);
          }
        }
      }
    }
    assertTrue(compared > 20_000, compared + " pixels within blocks");
    assertTrue(padded > 1000, padded + " padded pixels");
    assertEquals(100, flips, 30);
  }

  /** A crop's edge shows a little of what is beyond it. */
  private static boolean interior(byte[] mask, int x, int y, int columns, int rows) {
    if (x < 2 || y < 2 || x + 2 >= columns || y + 2 >= rows) {
      return false;
    }
    for (int v = y - 2; v <= y + 2; v++) {
      for (int u = x - 2; u <= x + 2; u++) {
        if (mask[40 * v + u] != mask[40 * y + x]) {
          return false;
        }
      }
    }
    return true;
  }

  @Test
  void evaluationTakesWholePicturesInTheirSize() throws IOException {
    Dataset set = set(MaskOptions.DEFAULT);
    assertEquals(new SampleShape(1, 3, 96, 96), set.shape(), "what holds all pictures");
    assertEquals(new SampleShape(1, 3, 61, 33), set.shape(1));
    MaskFiles.Read read = MaskFiles.read(set, 1, null);
    int[][] values = MaskFiles.blocks(61, 33, VALUES);
    for (int i = 0; i < 61 * 33; i++) {
      assertEquals(values[i / 33][i % 33], read.mask()[i]);
      assertEquals(40 * values[i / 33][i % 33] + 10, read.pixels()[i] & 0xff);
    }
    Dataset scaled = set.sized(64, 66);
    assertEquals(new SampleShape(1, 3, 122, 66), scaled.shape(1));
    assertEquals(66, scaled.resized());
    MaskFiles.Read twice = MaskFiles.read(scaled, 1, null);
    assertEquals(values[30][16], twice.mask()[61 * 66 + 33]);
    assertNotEquals(set.fingerprint(), scaled.fingerprint());
  }

  @Test
  void batchesOfWholePicturesHoldTheLargestOfThem() throws IOException {
    Dataset set = set(MaskOptions.DEFAULT);
    DataLoader loader = new DataLoader(set, 2, false, false, Augment.NONE, 0, 2);
    try (Epoch epoch = loader.epoch(0)) {
      Batch first = epoch.next();
      assertEquals(new SampleShape(1, 3, 64, 64), first.shape());
      assertEquals(2 * 3 * 64 * 64, first.images().remaining());
      Targets.Masks masks = (Targets.Masks) first.targets();
      assertEquals(2, masks.size());
      assertEquals(64, masks.width());
      byte[] own = MaskFiles.read(set, 1, null).mask();
      for (int y = 0; y < 64; y++) {
        for (int x = 0; x < 64; x++) {
          int expected = y < 61 && x < 33 ? own[33 * y + x] : Targets.IGNORED;
          assertEquals(expected, masks.labels()[64 * 64 + 64 * y + x] & 0xff);
        }
      }
      assertArrayEquals(new int[6], first.shifts());
      assertEquals(new SampleShape(1, 3, 64, 96), epoch.next().shape());
    }
  }

  /** A resumed run sees the batches that the uninterrupted one would have seen. */
  @Test
  void batchesDoNotDependOnWorkersOrOnWhatWasReadBefore() throws IOException {
    Dataset set = set(new MaskOptions(null, null, 32, 40));
    List<String> one = drain(set, 0, 0, 3);
    assertEquals(one, drain(set, 3, 0, 3));
    assertEquals(one.subList(2, 4), drain(set, 2, 2, 3));
    assertNotEquals(one, drain(set, 0, 0, 4));
    assertEquals(4, one.stream().distinct().count());
  }

  private static List<String> drain(Dataset set, int workers, int start, int number) {
    DataLoader loader = new DataLoader(set, 1, true, true, Augment.standard(set), 7, workers);
    List<String> all = new ArrayList<>();
    try (Epoch epoch = loader.epoch(number, start)) {
      while (epoch.hasNext()) {
        Batch batch = epoch.next();
        byte[] pixels = new byte[batch.images().remaining()];
        batch.images().get(pixels);
        all.add(
            Arrays.hashCode(pixels)
                + " "
                + Arrays.hashCode(((Targets.Masks) batch.targets()).labels())
                + " "
                + batch.draw());
      }
    }
    return all;
  }

  @Test
  void jitterChangesColoursAndNeitherMasksNorPadding() throws IOException {
    Dataset set = set(new MaskOptions(null, null, 96, 0));
    Dataset jittered = new DistortedDataset(set, new Distortion(null, 0.5, 0));
    MaskFiles.Read plain = MaskFiles.read(set, 0, new SplitMix64(3));
    MaskFiles.Read changed = MaskFiles.read(jittered, 0, new SplitMix64(3));
    assertArrayEquals(plain.mask(), changed.mask());
    assertNotEquals(ByteBuffer.wrap(plain.pixels()), ByteBuffer.wrap(changed.pixels()));
    assertTrue(plain.placement().outHeight() < 96, "there is padding");
    assertEquals(Math.round(255 * 0.485f), changed.pixels()[96 * 96 - 1] & 0xff);
    UserError e =
        assertThrows(
            UserError.class, () -> new DistortedDataset(set, new Distortion(null, 0, 0.5)));
    assertTrue(e.getMessage().contains("a class for each of them"), e.getMessage());
  }

  @Test
  void masksAreNotMixed() {
    Augment mixing = Augment.NONE.mixing(new Mixing(0.2, 0));
    Dataset shapes = Datasets.open("shapes", null, true);
    UserError e =
        assertThrows(UserError.class, () -> new DataLoader(shapes, 2, true, true, mixing, 0, 0));
    assertTrue(e.getMessage().contains("a class for each pixel"), e.getMessage());
  }

  @Test
  void classesOfMasksFollowTheirNames() throws IOException {
    Dataset set = set(new MaskOptions("a,b,c,d,e,f", null, 32, 0));
    Dataset other = RenumberedDataset.of(set, List.of("f", "e", "d", "c", "b", "a"));
    assertEquals(Targets.Kind.MASKS, other.targetKind());
    byte[] own = MaskFiles.read(set, 0, new SplitMix64(1)).mask();
    byte[] renumbered = MaskFiles.read(other, 0, new SplitMix64(1)).mask();
    for (int i = 0; i < own.length; i++) {
      assertEquals(own[i] == -1 ? -1 : 5 - own[i], renumbered[i]);
    }
    assertThrows(IllegalStateException.class, () -> set.label(0));
    assertEquals(
        set.fingerprint(), set.normalised(new float[3], new float[] {1, 1, 1}).fingerprint());
  }

  @Test
  void shapesAreTheSameEverywhere() {
    Dataset train = Datasets.open("shapes", null, true);
    Dataset test = Datasets.open("shapes", null, false);
    assertEquals(List.of(400, 100), List.of(train.size(), test.size()));
    assertEquals(new SampleShape(1, 3, 64, 64), train.shape());
    int[] counts = new int[4];
    MaskFiles.masks(test).forEach(mask -> mask.forEach(label -> counts[label]++));
    assertTrue(Arrays.stream(counts).allMatch(n -> n > 5000), Arrays.toString(counts));
    // A change here would make results of others hard to compare.
    assertEquals(GOLDEN, Arrays.hashCode(MaskFiles.read(train, 7, null).pixels()));
    assertNotEquals(train.fingerprint(), test.fingerprint());
    UserError e = assertThrows(UserError.class, () -> Datasets.open("shapes", root, true));
    assertTrue(e.getMessage().contains("reads no folder"), e.getMessage());
  }
}
