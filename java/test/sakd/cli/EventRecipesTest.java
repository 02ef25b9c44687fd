package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.data.event.EventArrays;
import sakd.data.event.EventFiles;
import sakd.data.event.Events;
import sakd.data.set.DatasetKind;
import sakd.io.WeightFile;

/** The recipes for event cameras, from recordings in the layouts of the sets to what predicts. */
class EventRecipesTest {
  @TempDir Path folder;

  /** Recordings of a DVS128 whose events are most where the class has them. */
  private static Events recording(Random random, int label, int count) {
    Events events = new Events();
    for (int i = 0; i < count; i++) {
      int x = Math.min(127, label * 11 + random.nextInt(20));
      events.add(x, random.nextInt(128), random.nextBoolean(), 1000 + 20L * i);
    }
    return events;
  }

  private static String run(String line, Object... values) {
    CommandLines.Answer answer = CommandLines.run(String.format(line, values).split(" +"));
    assertEquals(0, answer.code(), answer.err());
    return answer.out() + answer.err();
  }

  /** Class folders of recordings as they are published, and of those that dat2mat converted. */
  private Path cifar10Dvs() throws IOException {
    Random random = new Random(1);
    Path root = folder.resolve("CIFAR10DVS");
    List<String> names = DatasetKind.CIFAR10_DVS.info.classNames();
    for (int label = 0; label < names.size(); label++) {
      String name = names.get(label);
      for (int i = 0; i < 2; i++) {
        Events events = recording(random, label, 600);
        String file = name + "/cifar10_" + name + "_" + i;
        if (label % 2 == 0) {
          EventFiles.aedat2(root.resolve(file + ".aedat"), events);
        } else {
          Files.createDirectories(root.resolve(name));
          EventArrays.dat2mat(root.resolve(file + ".mat"), events);
        }
      }
    }
    return root;
  }

  /** Of the whole network one step of an epoch, as it is large. */
  @Test
  void cifar10DvsByVgg9() throws IOException {
    Path data = cifar10Dvs();
    Path run = folder.resolve("vgg9");
    String common = "--data-path " + data + " --device cpu --amp off";
    String said =
        run(
            "train @cifar10-dvs-vgg9-direct %s --T 1 --epochs 1 --batch-size 10 --output-dir %s",
            common, run);
    assertTrue(said.contains("10 training and 10 test recordings in 1 frame of 2x48x48"), said);
    assertTrue(said.contains("the last tenth of each class"), said);
    Path weights = run.resolve("best.safetensors");
    WeightFile file = WeightFile.read(weights);
    assertEquals("128x128", file.metadata().get("sakd.sensor"));
    assertEquals(10 * 512 * 9, file.tensors().get("classifier.weight").toFloats().length);
    String config = Files.readString(run.resolve("config.yaml"));
    assertTrue(config.contains("\nimage-size: 48\n") && config.contains("\nroll: 5\n"), config);
    Path onnx = folder.resolve("vgg9.onnx");
    run("export --weights %s --output %s", weights, onnx);
    assertTrue(Files.size(onnx) > 4L * 9_000_000, "nine million weights");
  }

  @Test
  void sizesThatDoNotFitAreRefused() throws IOException {
    String common = " --device cpu --data-path " + cifar10Dvs();
    CommandLines.Answer whole =
        CommandLines.run(
            ("train --dataset cifar10-dvs --model spiking-vgg9 --method direct" + common)
                .split(" "));
    assertEquals(2, whole.code());
    assertTrue(
        whole.err().contains("cannot take images of 128x128; expected 48x48, give other images or"),
        whole.err());
    CommandLines.Answer large =
        CommandLines.run(("train @cifar10-dvs-vgg9-direct --image-size 256" + common).split(" "));
    assertEquals(2, large.code());
    assertTrue(large.err().contains("expected --image-size up to 128"), large.err());
  }

  /** The other methods, on a network that is quick. */
  @Test
  void cifar10DvsByOwnStepsAndUnderATeacher() throws IOException {
    Path data = cifar10Dvs();
    String common =
        "--data-path "
            + data
            + " --device cpu --amp off --model spiking-resnet8 --T 2 --epochs 1 --batch-size 10";
    Path s2w = folder.resolve("s2w");
    String said = run("train @cifar10-dvs-vgg9-s2w %s --output-dir %s", common, s2w);
    assertTrue(said.contains("in 2 frames of 2x48x48"), said);
    String table =
        run(
            "eval --dataset cifar10-dvs --data-path %s --device cpu --amp off --weights %s",
            data, s2w.resolve("best.safetensors"));
    assertTrue(table.contains("T = 2, on 10 images of cifar10-dvs"), table);
    Path run = folder.resolve("twsnn");
    said =
        run("train @cifar10-dvs-resnet18-twsnn %s --teacher-epochs 1 --output-dir %s", common, run);
    assertTrue(said.contains("teacher epoch 1/1") && said.contains("logits epoch 1/1"), said);
    Path teacher = run.resolve("teacher/best.safetensors");
    said =
        run(
            "train @cifar10-dvs-resnet18-sakd %s --teacher %s --output-dir %s",
            common, teacher, folder.resolve("sakd"));
    assertTrue(said.contains("\nSAKD "), said);
  }

  @Test
  void gesturesInSixteenFrames() throws IOException {
    Random random = new Random(2);
    Path data = Files.createDirectories(folder.resolve("DvsGesture"));
    for (String part : List.of("train", "test")) {
      String user = "user0" + part.length() + "_led";
      Events all = new Events();
      List<String> rows = new ArrayList<>(List.of("class,startTime_usec,endTime_usec"));
      for (int label = 0; label < 11; label++) {
        Events one = recording(random, label, 320);
        long start = 100_000L * label;
        for (int i = 0; i < one.size(); i++) {
          all.add(one.x(i), one.y(i), one.on(i), start + one.time(i));
        }
        rows.add((label + 1) + "," + start + "," + (start + 90_000));
      }
      EventFiles.aedat3(data.resolve(user + ".aedat"), all);
      Files.write(data.resolve(user + "_labels.csv"), rows);
      Files.writeString(data.resolve("trials_to_" + part + ".txt"), user + ".aedat\n");
    }
    Path run = folder.resolve("run");
    String quick =
        "--data-path " + data + " --device cpu --amp off --image-size 32 --stem cifar --model ";
    String said =
        run(
            "train @dvs-gesture-resnet18-direct %s spiking-resnet8 --epochs 1 --output-dir %s",
            quick, run);
    assertTrue(said.contains("11 training and 11 test recordings in 16 frames of 2x32x32"), said);
    Path weights = run.resolve("best.safetensors");
    assertEquals("16", WeightFile.read(weights).metadata().get("sakd.T"));
    assertNull(WeightFile.read(weights).metadata().get("sakd.encode"));
    String table = run("eval --data-path %s --device cpu --amp off --weights %s", data, weights);
    assertTrue(table.contains("T = 16, on 11 images of dvs-gesture"), table);

    // The recipe itself, at the size of the sensor: everything but the training.
    said =
        run("train @dvs-gesture-sew-resnet18-direct --data-path %s --device cpu --dry-run", data);
    assertTrue(said.contains("in 16 frames of 2x128x128"), said);
    assertTrue(said.contains("SGD, lr 0.001 step"), said);
  }
}
