package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.data.Dataset;
import sakd.data.SampleShape;
import sakd.data.event.EventArrays;
import sakd.data.event.EventFiles;
import sakd.data.event.Events;
import sakd.data.event.FrameSplit;
import sakd.io.Mutants;

class EventFolderTest {
  @TempDir Path folder;

  @Test
  void listsOfRecordingsAndTheirFrames() throws IOException {
    Events events = EventFiles.random(1, 100, 34, 34);
    EventFiles.nmnist(folder.resolve("7.bs2"), events);
    EventFiles.nmnist(folder.resolve("60001.bs2"), EventFiles.random(2, 50, 34, 34));
    Path list = folder.resolve("train1K.txt");
    Files.writeString(list, "#sample #class\r\n7\t3\r\n");
    Files.writeString(folder.resolve("test100.txt"), "60001\t9\n");
    Dataset train = Datasets.open(null, folder, true);
    assertEquals("nmnist", train.name());
    assertEquals(1, train.size());
    assertEquals(3, train.label(0));
    assertEquals(new SampleShape(1, 2, 34, 34), train.shape());
    assertEquals(9, Datasets.open(null, folder, false).label(0));
    Dataset four = train.inSteps(4);
    assertEquals(new SampleShape(4, 2, 34, 34), four.shape());
    assertSame(four, four.inSteps(4));
    byte[] frames = events.frames(4, 34, 34, FrameSplit.COUNT);
    assertArrayEquals(frames, read(four, 0));
    Files.delete(folder.resolve("7.bs2"));
    assertArrayEquals(frames, read(four, 0), "frames are kept");
    assertRefused(() -> Datasets.open(null, folder, true), list.toString(), "7.bs2");
    Files.writeString(list, "60001\t10\n");
    assertRefused(() -> Datasets.open(null, folder, true), list.toString(), "class is 10");
    EventFiles.nmnist(folder.resolve("60001.bs2"), EventFiles.random(3, 50, 40, 34));
    Dataset wide = Datasets.open(null, folder, false);
    assertRefused(() -> read(wide, 0), "60001.bs2", "expected the 34x34 pixels", "--sensor HxW");
  }

  @Test
  void gesturesAreStretchesOfAFile() throws IOException {
    Events events = EventFiles.random(1, 400, 128, 128);
    EventFiles.aedat3(folder.resolve("user01_led.aedat"), events);
    long middle = events.time(200);
    Files.writeString(
        folder.resolve("user01_led_labels.csv"),
        "class,startTime_usec,endTime_usec\n1,0," + middle + "\n11," + middle + ",9999999\n");
    Files.writeString(folder.resolve("trials_to_train.txt"), "user01_led.aedat\n\n");
    ReadOptions byTime = new ReadOptions(FrameSplit.TIME, 224, note -> {});
    Dataset train = Datasets.open(null, folder, true, byTime).inSteps(3);
    assertEquals("dvs-gesture", train.name());
    assertEquals(2, train.size());
    assertEquals("other gestures", train.classNames().get(train.label(1)));
    Events second = events.between(middle, 9999999);
    assertArrayEquals(second.frames(3, 128, 128, FrameSplit.TIME), read(train, 1));
    assertArrayEquals(
        events.between(0, middle).frames(3, 128, 128, FrameSplit.TIME), read(train, 0));
    assertRefused(() -> Datasets.open(null, folder, false), "trials_to_test.txt");

    Files.writeString(folder.resolve("user01_led_labels.csv"), "1,0," + middle + "\n2,1,2\n");
    Dataset empty = Datasets.open(null, folder, true);
    assertRefused(() -> read(empty, 1), "user01_led.aedat", "no event is of 1 to 2 microseconds");
  }

  @Test
  void classFoldersAreSplitWhereTheSetIsNot() throws IOException {
    for (String name : List.of("airplane", "bird")) {
      for (int i = 0; i < 11; i++) {
        EventFiles.nmnist(
            folder.resolve(name + "/cifar10_" + name + "_" + i + ".bin"),
            EventFiles.random(i, 30, 20, 10));
      }
    }
    Dataset train = Datasets.open("event-folder", folder, true);
    Dataset test = Datasets.open("event-folder", folder, false);
    assertEquals(20, train.size());
    assertEquals(2, test.size());
    assertEquals(List.of("airplane", "bird"), test.classNames());
    assertEquals(1, test.label(1));
    // 10 comes after 9, not after 1; the size is what the events cover.
    byte[] last = EventFiles.random(10, 30, 20, 10).frames(2, 10, 20, FrameSplit.COUNT);
    assertEquals(20, train.width());
    assertEquals(10, train.height());
    assertArrayEquals(last, read(test.inSteps(2), 0));
    assertRefused(() -> Datasets.open("cifar10-dvs", folder, true), "2 class folders", "10");
    assertRefused(
        () -> new DistortedDataset(train, sakd.data.image.Distortion.NONE), "holds recordings");
    int total = IntStream.range(0, 20).map(train::label).sum();
    assertEquals(10, total);
  }

  @Test
  void framesOfFewerPixels() throws IOException {
    parts(64, 64);
    Dataset train = Datasets.open("event-folder", folder, true).inSteps(3);
    Dataset small = train.sized(48, 48);
    assertEquals(new SampleShape(3, 2, 48, 48), small.shape());
    assertEquals(new SampleShape(3, 2, 64, 64), small.recorded());
    Events events = EventFiles.random(0, 400, 64, 64);
    assertArrayEquals(events.frames(3, 64, 64, FrameSplit.COUNT, 48, 48), read(small, 0));
    assertArrayEquals(read(train, 0), read(small.sized(64, 64), 0), "the sensor is not forgotten");
    assertNotEquals(train.fingerprint(), small.fingerprint());
    assertRefused(
        () -> small.sized(65, 65), "65x65", "the sensor of event-folder, 64x64", "up to 64");
  }

  @Test
  void bothPartsHaveOneSensorOrTheOneThatIsSaid() throws IOException {
    parts(32, 40);
    for (boolean train : new boolean[] {true, false}) {
      assertEquals(
          new SampleShape(1, 2, 40, 40), Datasets.open("event-folder", folder, train).shape());
    }
    List<String> notes = new ArrayList<>();
    parts(32, 41);
    ReadOptions found = new ReadOptions(FrameSplit.COUNT, 224, notes::add);
    assertEquals(41, Datasets.open("event-folder", folder, true, found).width());
    assertEquals(41, Datasets.open("event-folder", folder, false, found).width());
    assertEquals(1, notes.size());
    assertTrue(notes.get(0).contains("training recordings cover 32x32"), notes.get(0));
    assertTrue(notes.get(0).contains("41x41"), notes.get(0));
    notes.clear();
    parts(32, 40);
    ReadOptions said =
        new ReadOptions(FrameSplit.COUNT, 224, notes::add).withSensor(new Sensor(32, 36));
    Dataset train = Datasets.open("event-folder", folder, true, said);
    assertEquals(List.of(), notes);
    Dataset test = Datasets.open("event-folder", folder, false, said);
    assertEquals(train.shape(), test.shape());
    Events events = EventFiles.random(3, 400, 40, 40);
    Events kept = events.within(32, 36);
    assertEquals(1, notes.size());
    String dropped =
        2 * (400 - kept.size()) + " events of 2 recordings lie outside the sensor of 32x36";
    assertTrue(notes.get(0).startsWith(dropped), notes.get(0));
    assertArrayEquals(kept.frames(3, 32, 36, FrameSplit.COUNT), read(test.inSteps(3), 0));

    ReadOptions tiny = ReadOptions.DEFAULT.withSensor(new Sensor(1, 1));
    Events corner = new Events();
    corner.add(9, 9, true, 1);
    EventArrays.npz(folder.resolve("test/a/0.npz"), corner);
    Dataset none = Datasets.open("event-folder", folder, false, tiny);
    assertRefused(() -> read(none, 0), "0.npz", "no event lies within the sensor of 1x1");
    assertRefused(
        () -> Datasets.open("fashion-mnist-small", null, true, said), "--sensor", "pictures");
  }

  @Test
  void strayEventsAreNamedAndNoPartOfTheSensor() throws IOException {
    parts(32, 32);
    Events stray = EventFiles.random(3, 400, 32, 32);
    stray.add(700, 12, true, stray.time(200));
    EventArrays.npz(folder.resolve("test/a/0.npz"), stray);
    for (boolean train : new boolean[] {true, false}) {
      assertRefused(
          () -> Datasets.open("event-folder", folder, train),
          folder.resolve("test/a/0.npz").toString(),
          "event 201 lies at column 700, row 12",
          "32x32 pixels",
          "--sensor HxW");
    }
    for (int i = 0; i < 3; i++) {
      stray.add(40 + 20 * i, 12, true, stray.time(200));
    }
    EventArrays.npz(folder.resolve("test/a/0.npz"), stray);
    assertRefused(() -> Datasets.open("event-folder", folder, true), "column 700", "32x32 pixels");
    ReadOptions said = ReadOptions.DEFAULT.withSensor(new Sensor(32, 32));
    assertEquals(32, Datasets.open("event-folder", folder, true, said).width());

    // More than a few are the sensor's, as long as a camera can have it.
    EventArrays.npz(folder.resolve("test/a/0.npz"), EventFiles.random(3, 400, 700, 32));
    assertEquals(700, Datasets.open("event-folder", folder, true).width(), 5);
    EventArrays.npz(folder.resolve("test/a/0.npz"), EventFiles.random(3, 400, 32, 5000));
    assertRefused(
        () -> Datasets.open("event-folder", folder, true), "0.npz", "no camera has a pixel");
    Events dark = new Events();
    EventArrays.npz(folder.resolve("test/a/0.npz"), dark);
    assertRefused(() -> Datasets.open("event-folder", folder, true), "0.npz", "holds no event");
  }

  @Test
  void damagedListsAreNamed() throws IOException {
    EventFiles.nmnist(folder.resolve("7.bs2"), EventFiles.random(1, 10, 34, 34));
    EventFiles.aedat3(folder.resolve("user.aedat"), EventFiles.random(1, 10, 34, 34));
    Path list = Files.writeString(folder.resolve("train.txt"), "7 3\n7 4\n");
    Mutants.check(list, 8, 300, () -> Datasets.open("nmnist", folder, true));
    Path table = Files.writeString(folder.resolve("user_labels.csv"), "1,0,9\n3,9,20\n");
    Path trials = Files.writeString(folder.resolve("trials_to_train.txt"), "user.aedat\n");
    Mutants.check(table, 13, 300, () -> Datasets.open("dvs-gesture", folder, true));
    Mutants.check(trials, 11, 400, () -> Datasets.open("dvs-gesture", folder, true));
    Files.writeString(trials, "user\0.aedat\n");
    assertRefused(() -> Datasets.open("dvs-gesture", folder, true), "trials_to_train.txt");
    Files.writeString(trials, "<".repeat(1000));
    assertRefused(() -> Datasets.open("dvs-gesture", folder, true), "<".repeat(60) + "...");
  }

  @Test
  void aFewOfManyRecordingsMayBeUnreadable() throws IOException {
    Path good = EventArrays.npz(folder.resolve("good.npz"), EventFiles.random(1, 10, 4, 4));
    List<Path> files = new ArrayList<>(Collections.nCopies(999, good));
    files.add(folder.resolve("missing.npz"));
    List<String> notes = new ArrayList<>();
    assertEquals(999, EventScan.each(files, (file, events) -> 1, notes::add).size());
    assertEquals(1, notes.size());
    assertTrue(notes.get(0).contains("missing.npz"), notes.get(0));
    files.add(folder.resolve("lost.npz"));
    assertRefused(
        () -> EventScan.each(files, (file, events) -> 1, notes::add), "2 of 1001", "lost.npz");
  }

  @Test
  void recordingsInClassFoldersAreRecognisedUnlessThereArePictures() throws IOException {
    parts(20, 20);
    assertEquals("event-folder", Datasets.open(null, folder, true).name());
    assertEquals("event-folder", Datasets.open(null, folder.resolve("train"), true).name());
    assertRefused(() -> Datasets.open(null, folder.resolve("train/a"), true), "no data set in");
    // A list of pictures is none of N-MNIST's recordings.
    Files.writeString(folder.resolve("train.txt"), "a/0.png 0\n");
    assertEquals("event-folder", Datasets.open(null, folder, true).name());
    Files.createFile(folder.resolve("train/a/picture.png"));
    assertEquals("image-folder", Datasets.open(null, folder, true).name());
  }

  /** Two classes of two recordings for training and one for testing. */
  private void parts(int trainSide, int testSide) throws IOException {
    for (String name : List.of("a", "b")) {
      for (int i = 0; i < 2; i++) {
        Events events = EventFiles.random(i, 400, trainSide, trainSide);
        EventArrays.npz(folder.resolve("train/" + name + "/" + i + ".npz"), events);
      }
      Events events = EventFiles.random(3, 400, testSide, testSide);
      EventArrays.npz(folder.resolve("test/" + name + "/0.npz"), events);
    }
  }

  private static byte[] read(Dataset set, int index) {
    ByteBuffer out = ByteBuffer.allocate(set.shape().bytes());
    set.read(index, null, set.shape(), out);
    assertEquals(0, out.remaining());
    return out.array();
  }
}
