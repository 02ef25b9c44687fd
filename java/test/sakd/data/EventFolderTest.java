package sakd.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static sakd.data.TestFiles.assertRefused;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.data.event.EventFiles;
import sakd.data.event.Events;
import sakd.data.event.FrameSplit;

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
    assertRefused(() -> read(wide, 0), "60001.bs2", "34 x 34 pixels");
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

  private static byte[] read(Dataset set, int index) {
    ByteBuffer out = ByteBuffer.allocate(set.shape().bytes());
    set.read(index, null, out);
    assertEquals(0, out.remaining());
    return out.array();
  }
}
