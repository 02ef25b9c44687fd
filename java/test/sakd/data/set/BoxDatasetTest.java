package sakd.data.set;

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
import sakd.data.ObjectBox;
import sakd.data.Placement;
import sakd.data.RenumberedDataset;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.image.Distortion;
import sakd.data.set.BoxFiles.Thing;

class BoxDatasetTest {
  /** The objects of the eighth picture of box-shapes. */
  private static final List<ObjectBox> GOLDEN =
      List.of(
          new ObjectBox(1, 29, 2, 48, 19, 192, false, false),
          new ObjectBox(3, 7, 58, 22, 64, 68, false, false),
          new ObjectBox(1, 34, 11, 57, 35, 423, false, false));

  @TempDir Path root;

  /** One object in each picture; the last picture is of the test part. */
  private Dataset set(BoxOptions options) throws IOException {
    int[][] sizes = {{37, 52}, {61, 33}, {20, 40}, {48, 48}, {33, 35}};
    for (int i = 0; i < sizes.length; i++) {
      Thing thing = new Thing(i % 2 == 0 ? "a" : "b", 6, 5, 17, 18);
      BoxFiles.voc(root, "p" + i, sizes[i][0], sizes[i][1], thing);
    }
    return Datasets.open(null, root, true, BoxFiles.options(options, new ArrayList<>()));
  }

  /** Where the white of the picture lies is where the box says. */
  @Test
  void aBoxFollowsItsPicture() throws IOException {
    Dataset set = set(new BoxOptions(64, 0.5, 2));
    assertEquals(4, set.size(), "of five, one is held out");
    int compared = 0;
    int flips = 0;
    int padded = 0;
    for (int draw = 0; draw < 200; draw++) {
      BoxFiles.Read read = BoxFiles.read(set, draw % 4, new SplitMix64(draw));
      assertEquals(set.shape(), read.shape());
      int width = read.shape().width();
      Placement place = read.placement();
      flips += place.flipped() ? 1 : 0;
      for (int y = 0; y < read.shape().height(); y++) {
        for (int x = 0; x < width; x++) {
          if (y >= place.outHeight() || x >= place.outWidth()) {
            padded++;
            assertEquals(Math.round(255 * 0.485f), read.pixels()[y * width + x] & 0xff);
          }
        }
      }
      int[] labels = new int[read.targets().most()];
      float[] box = read.targets().inBatch(labels);
      if (labels[0] > 0) {
        compared++;
        double[] white = white(read);
        for (int k = 0; k < 4; k++) {
          assertEquals(white[k], box[k], 1.01, "draw " + draw + ", edge " + k);
        }
      }
    }
    assertTrue(compared > 150, compared + " boxes are seen");
    assertTrue(padded > 10_000, padded + " padded pixels");
    assertEquals(100, flips, 30);
  }

  /** Left, top, right and bottom of what is more white than black. */
  private static double[] white(BoxFiles.Read read) {
    int width = read.shape().width();
    double[] edges = {1e9, 1e9, 0, 0};
    for (int y = 0; y < read.placement().outHeight(); y++) {
      for (int x = 0; x < read.placement().outWidth(); x++) {
        if ((read.pixels()[y * width + x] & 0xff) > 127) {
          edges[0] = Math.min(edges[0], x);
          edges[1] = Math.min(edges[1], y);
          edges[2] = Math.max(edges[2], x + 1);
          edges[3] = Math.max(edges[3], y + 1);
        }
      }
    }
    return edges;
  }

  /** Sizes as torchvision's transform gives them: 480x640 is 800x1066, and the longest is 1333. */
  @Test
  void evaluationScalesAsTorchvision() {
    ScaleToFit how = new ScaleToFit(800, 1, 1, true, 1, 1);
    assertEquals(new Placement(0, 0, 640, 480, 1066, 800, false), how.evaluation(640, 480));
    assertEquals(new Placement(0, 0, 500, 1500, 444, 1333, false), how.evaluation(500, 1500));
    assertEquals(new Placement(0, 0, 1, 5000, 1, 1333, false), how.evaluation(1, 5000));
    ScaleToFit small = new ScaleToFit(128, 1, 1, true, 1, 1);
    assertEquals(213, small.evaluation(1000, 100).outWidth(), "128 * 1333 / 800 is 213.28");
  }

  @Test
  void theCanvasHoldsEveryPictureAtScaleOne() throws IOException {
    Dataset set = set(new BoxOptions(64, 1, 1));
    // 37x52 is 64x89, 61x33 is 107x58 for the longer side, 20x40 is 53x107.
    assertEquals(new SampleShape(1, 3, 128, 128), set.shape());
    assertEquals(new SampleShape(1, 3, 89, 64), set.shape(0));
    Dataset other = set.sized(999, 32);
    assertEquals(new SampleShape(1, 3, 64, 64), other.shape(), "the side does not count");
    assertEquals(32, other.resized());
    assertEquals(0, other.cropPadding());
    assertNotEquals(set.fingerprint(), other.fingerprint());
    BoxFiles.Read plain = BoxFiles.read(set, 0, new SplitMix64(1));
    assertEquals(89, plain.placement().outHeight(), "a jitter of 1 to 1 is none");
  }

  /** Neither scaled by another factor nor mirrored. */
  @Test
  void withoutAugmentationPicturesAreAsInEvaluation() throws IOException {
    Dataset set = set(BoxOptions.DEFAULT).sized(0, 64);
    DataLoader loader = new DataLoader(set, 2, true, true, Augment.NONE, 5, 0);
    try (Epoch epoch = loader.epoch(0)) {
      while (epoch.hasNext()) {
        Batch batch = epoch.next();
        assertEquals(0, batch.shape().height() % 32);
        ((Targets.Boxes) batch.targets())
            .samples()
            .forEach(
                s -> {
                  Placement place = s.placement();
                  assertEquals(0, place.left() + place.top());
                  assertEquals(
                      place,
                      new ScaleToFit(64, 1, 1, true, 1, 1)
                          .evaluation((int) place.width(), (int) place.height()));
                });
      }
    }
  }

  @Test
  void picturesAreMirroredOnce() throws IOException {
    Augment standard = Augment.standard(set(BoxOptions.DEFAULT));
    assertEquals(new Augment(0, false), standard);
  }

  /** A resumed run sees the batches that the uninterrupted one would have seen. */
  @Test
  void batchesDoNotDependOnWorkersOrOnWhatWasReadBefore() throws IOException {
    Dataset set = set(new BoxOptions(64, 0.5, 1.5));
    List<String> one = drain(set, 0, 0, 3);
    assertEquals(one, drain(set, 3, 0, 3));
    assertEquals(one.subList(2, 4), drain(set, 2, 2, 3));
    assertNotEquals(one, drain(set, 0, 0, 4));
  }

  private static List<String> drain(Dataset set, int workers, int start, int number) {
    DataLoader loader = new DataLoader(set, 1, true, true, Augment.standard(set), 7, workers);
    List<String> all = new ArrayList<>();
    try (Epoch epoch = loader.epoch(number, start)) {
      while (epoch.hasNext()) {
        Batch batch = epoch.next();
        assertEquals(set.shape(), batch.shape());
        byte[] pixels = new byte[batch.images().remaining()];
        batch.images().get(pixels);
        all.add(Arrays.hashCode(pixels) + " " + batch.targets());
      }
    }
    return all;
  }

  @Test
  void objectsAreNotMixedOrMoved() throws IOException {
    Dataset set = set(new BoxOptions(64, 1, 1));
    Augment mixing = Augment.NONE.mixing(new Mixing(0, 1));
    UserError e =
        assertThrows(UserError.class, () -> new DataLoader(set, 2, true, true, mixing, 0, 0));
    assertTrue(e.getMessage().contains("voc has objects in boxes; expected"), e.getMessage());
    e =
        assertThrows(
            UserError.class, () -> new DistortedDataset(set, new Distortion(null, 0, 0.5)));
    assertTrue(e.getMessage().contains("has objects in boxes"), e.getMessage());
    Dataset jittered = new DistortedDataset(set, new Distortion(null, 0.5, 0));
    BoxFiles.Read plain = BoxFiles.read(set, 0, new SplitMix64(3));
    BoxFiles.Read changed = BoxFiles.read(jittered, 0, new SplitMix64(3));
    assertEquals(plain.targets(), changed.targets());
    assertNotEquals(ByteBuffer.wrap(plain.pixels()), ByteBuffer.wrap(changed.pixels()));
  }

  @Test
  void classesOfObjectsFollowTheirNames() throws IOException {
    Dataset set = set(new BoxOptions(64, 1, 1));
    assertEquals(List.of("background", "a", "b"), set.classNames());
    Dataset other = RenumberedDataset.of(set, List.of("background", "N/A", "b", "A"));
    assertEquals(3, BoxFiles.objects(other, 0).get(0).label());
    assertEquals(2, BoxFiles.objects(other, 1).get(0).label());
    assertEquals(Targets.Kind.BOXES, other.targetKind());
    UserError e =
        assertThrows(
            UserError.class, () -> RenumberedDataset.of(set, List.of("background", "a", "c")));
    assertTrue(e.getMessage().contains("not trained on (b)"), e.getMessage());
    assertThrows(IllegalStateException.class, () -> set.label(0));
  }

  /** Its boxes lie around what the masks of the same pictures show. */
  @Test
  void shapesHaveBoxesAroundThem() {
    Dataset train = Datasets.open("box-shapes", null, true);
    assertEquals(List.of("background", "circle", "square", "triangle"), train.classNames());
    assertEquals(new SampleShape(1, 3, 128, 128), train.shape());
    assertEquals(128, train.resized());
    Dataset masks = Datasets.open("shapes", null, true);
    int fits = 0;
    for (int i = 0; i < 50; i++) {
      byte[] mask = MaskFiles.read(masks, i, null).mask();
      boolean[] covered = new boolean[64 * 64];
      for (ObjectBox o : BoxFiles.objects(train, i)) {
        boolean seen = false;
        for (int y = (int) o.top(); y < o.bottom(); y++) {
          for (int x = (int) o.left(); x < o.right(); x++) {
            covered[64 * y + x] = true;
            seen |= mask[64 * y + x] == o.label();
          }
        }
        assertTrue(seen, "picture " + i + " has no " + o);
        fits += Math.max(o.right() - o.left(), o.bottom() - o.top()) >= 14 ? 1 : 0;
      }
      for (int p = 0; p < covered.length; p++) {
        assertTrue(covered[p] || mask[p] == 0, "picture " + i + " has a shape without a box");
      }
    }
    assertTrue(fits > 90, fits + " boxes of 50 pictures are of 28 pixels and more at base 128");
    // A change here would make results of others hard to compare.
    assertEquals(GOLDEN, BoxFiles.objects(train, 7));
    assertNotEquals(train.fingerprint(), Datasets.open("box-shapes", null, false).fingerprint());
    UserError e = assertThrows(UserError.class, () -> Datasets.open("box-shapes", root, true));
    assertTrue(e.getMessage().contains("reads no folder"), e.getMessage());
  }
}
