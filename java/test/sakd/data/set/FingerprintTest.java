package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.image.Distortion;
import sakd.io.ImageFiles;

class FingerprintTest {
  @TempDir Path folder;

  private static Dataset memory(String name, List<String> classes, byte pixel, int label) {
    DatasetInfo info =
        new DatasetInfo(name, classes, new float[] {0.5f}, new float[] {0.5f}, false);
    return new MemoryDataset(info, 2, 2, new byte[] {1, 2, 3, pixel}, new int[] {label});
  }

  @Test
  void everyPartOfASetInMemoryCounts() {
    List<String> classes = List.of("a", "b");
    Dataset set = memory("x", classes, (byte) 4, 0);
    String print = set.fingerprint();
    assertEquals(print, memory("x", classes, (byte) 4, 0).fingerprint());
    assertEquals(64, print.length());
    Set<String> all = new HashSet<>(Set.of(print));
    all.add(memory("y", classes, (byte) 4, 0).fingerprint());
    all.add(memory("x", List.of("a", "c"), (byte) 4, 0).fingerprint());
    all.add(memory("x", List.of("a", "b", "c"), (byte) 4, 0).fingerprint());
    all.add(memory("x", classes, (byte) 5, 0).fingerprint());
    all.add(memory("x", classes, (byte) 4, 1).fingerprint());
    assertEquals(6, all.size());
    // How samples are seen is not what they are.
    assertEquals(print, set.normalised(new float[] {0}, new float[] {1}).fingerprint());
    assertEquals(print, new DistortedDataset(set, Distortion.NONE).fingerprint());
  }

  /** A set of a program's own, of which no more is known than its labels. */
  private record Labelled(int... labels) implements Dataset {
    @Override
    public DatasetInfo info() {
      return new DatasetInfo("own", List.of("a", "b"), new float[1], new float[1], false);
    }

    @Override
    public SampleShape shape() {
      return new SampleShape(1, 1, 1, 1);
    }

    @Override
    public int size() {
      return labels.length;
    }

    @Override
    public int label(int index) {
      return labels[index];
    }

    @Override
    public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
      target.put((byte) 0);
      return Placement.whole(shape);
    }
  }

  @Test
  void ofOtherSetsTheLabelsCount() {
    assertEquals(new Labelled(0, 1).fingerprint(), new Labelled(0, 1).fingerprint());
    assertNotEquals(new Labelled(0, 1).fingerprint(), new Labelled(1, 0).fingerprint());
    assertNotEquals(new Labelled(0, 1).fingerprint(), new Labelled(0, 1, 1).fingerprint());
  }

  private static String pictures(Path root) {
    return Datasets.open("image-folder", root, true).fingerprint();
  }

  @Test
  void picturesCountByNameAndContentWhereverTheyLie() throws IOException {
    Path root = folder.resolve("first");
    for (String name :
        List.of("train/a/1.png", "train/a/2.png", "train/b/1.png", "val/a/1.png", "val/b/1.png")) {
      Path file = root.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, ImageFiles.png(new byte[3 * 4 * 4], 3, 4, 4));
    }
    String print = pictures(root);
    Path moved = Files.move(root, folder.resolve("moved"));
    assertEquals(print, pictures(moved));
    Path file = moved.resolve("train/a/2.png");
    Files.write(file, new byte[] {0}, java.nio.file.StandardOpenOption.APPEND);
    assertNotEquals(print, pictures(moved));
    byte[] picture = ImageFiles.png(new byte[3 * 4 * 4], 3, 4, 4);
    byte[] other = picture.clone();
    other[other.length - 20]++;
    Files.write(file, other);
    assertNotEquals(print, pictures(moved), "of the same size");
    Files.write(file, picture);
    assertEquals(print, pictures(moved));
    Files.move(file, file.resolveSibling("3.png"));
    assertNotEquals(print, pictures(moved));
  }

  @Test
  void recordingsCountByNameAndContentAndCut() throws IOException {
    Path file = Files.write(folder.resolve("1.bin"), new byte[10]);
    Set<String> all = new HashSet<>();
    all.add(recordings(Recording.whole(file, 0)));
    all.add(recordings(Recording.whole(file, 0)));
    assertEquals(1, all.size());
    all.add(recordings(new Recording(file, 0, 7, 0)));
    all.add(recordings(new Recording(file, 0, 8, 0)));
    Files.write(file, new byte[11]);
    all.add(recordings(Recording.whole(file, 0)));
    assertEquals(4, all.size());
  }

  private static String recordings(Recording recording) {
    Dataset set =
        new EventDataset(
            new DatasetInfo("events", List.of("a"), new float[2], new float[2], false),
            new SampleShape(1, 2, 4, 4),
            new Sensor(4, 4),
            List.of(recording),
            sakd.data.event.FrameSplit.COUNT,
            false);
    assertEquals(set.inSteps(3).fingerprint(), set.inSteps(3).fingerprint());
    assertNotEquals(set.fingerprint(), set.inSteps(3).fingerprint(), "frames are another input");
    return set.fingerprint();
  }
}
