package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataCommandTest {
  @TempDir Path folder;

  @Test
  void namesWithoutAnAddressGetASuggestion() {
    CommandLines.Answer answer =
        CommandLines.run("data", "download", "cifar-10", "--data-path", folder.toString());
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("did you mean cifar10?"), answer.err());
    assertTrue(Files.notExists(folder.resolve("cifar-10")));
  }

  @Test
  void setsThatMustBeFetchedByHandSayWhere() {
    CommandLines.Answer answer =
        CommandLines.run("data", "download", "cityscapes", "--data-path", folder.toString());
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("gtFine_trainvaltest.zip"), answer.err());
    assertTrue(answer.err().contains("cityscapes-dataset.com"), answer.err());
  }

  @Test
  void infoCountsTheClasses() {
    String out = CommandLines.run("data", "info").ok().out();
    assertTrue(
        out.contains("fashion-mnist-small, training: 6000 samples of 1x28x28, 10 classes"), out);
    assertTrue(out.contains("     100  Ankle boot"), out);
  }

  @Test
  void infoCountsThePixelsOfMasks() throws IOException {
    for (String name : List.of("a", "b")) {
      picture("images/" + name + ".png", 4, 4);
      picture("masks/" + name + ".png", 4, 4);
    }
    Files.writeString(folder.resolve("train.txt"), "a");
    Files.writeString(folder.resolve("val.txt"), "b");
    String at = folder.toString();
    String classes = "sky,road,car";
    String out =
        CommandLines.run("data", "info", "--data-path", at, "--mask-classes", classes).ok().out();
    assertTrue(
        out.contains("mask-folder, training: 1 picture with masks, seen in training as 3x32x32"),
        out);
    assertTrue(out.contains(" 62.50 %  sky"), out);
    assertTrue(out.contains(" 37.50 %  road"), out);
    assertTrue(out.contains("  0.00 %  car"), out);
    assertTrue(out.contains("  0.00 %  of the pixels are ignored"), out);
    CommandLines.Answer sized =
        CommandLines.run("data", "info", "--dataset", "shapes", "--image-size", "64");
    assertEquals(2, sized.code());
    assertTrue(sized.err().contains("--crop-size"), sized.err());
    picture("masks/b.png", 4, 5);
    CommandLines.Answer wrong =
        CommandLines.run("data", "info", "--data-path", at, "--mask-classes", classes);
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("b.png is 5 pixels wide and 4 high"), wrong.err());
  }

  @Test
  void infoCountsTheObjects() throws IOException {
    picture("JPEGImages/a.png", 4, 6);
    picture("JPEGImages/b.png", 4, 6);
    annotation("a", "cat", 0, 1, 4);
    annotation("b", "dog", 1, 2, 2);
    String[] command = {"data", "info", "--data-path", folder.toString()};
    CommandLines.Answer answer = CommandLines.run(command);
    assertEquals(0, answer.code());
    String out = answer.out();
    assertTrue(
        out.contains(
            "voc, training: 1 picture with objects, seen in training as 3x800x1216, 3 classes"),
        out);
    assertTrue(out.contains("        1  cat\n        0  dog"), out);
    assertTrue(out.contains("0  crowds or difficult objects among them; 1 picture has no"), out);
    assertTrue(answer.err().contains("passed over 1 box of no area (b.xml)"), answer.err());
    picture("JPEGImages/b.png", 5, 6);
    CommandLines.Answer wrong = CommandLines.run(command);
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("b.png is 6 pixels wide and 5 high, but its"), wrong.err());
  }

  private void annotation(String name, String label, int difficult, int left, int right)
      throws IOException {
    Path file = folder.resolve("Annotations/" + name + ".xml");
    Files.createDirectories(file.getParent());
    Files.writeString(
        file,
        ("<annotation><size><width>6</width><height>4</height></size><object><name>%s</name>"
                + "<difficult>%d</difficult><bndbox><xmin>%d</xmin><ymin>0</ymin><xmax>%d</xmax>"
                + "<ymax>3</ymax></bndbox></object></annotation>")
            .formatted(label, difficult, left, right));
  }

  /** What would change nothing is refused. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "box-shapes; --scale-jitter; 0.5;     --scale-jitter is 0.5; expected a least",
        "box-shapes; --scale-jitter; 2,1;     --scale-jitter is 2.0,1.0; expected a least",
        "box-shapes; --scale-jitter; 0,1;     0.1 to 10",
        "box-shapes; --image-size;   64;      have objects in boxes; expected --base-size",
        "box-shapes; --crop-size;    64;      box-shapes has objects in boxes; expected a set for",
        "box-shapes; --base-size;    9;       --base-size is 9",
        "shapes;     --scale-jitter; 1,1;     which shapes does not have; expected a set for detection",
        "fashion-mnist-small; --scale-jitter; 0.8,1.25; which fashion-mnist-small does not have",
        "fashion-mnist-small; --base-size; 64; --base-size is for pictures with masks or objects",
      })
  void optionsOfOtherSets(String set, String option, String value, String expected) {
    CommandLines.Answer answer = CommandLines.run("data", "info", "--dataset", set, option, value);
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains(expected), answer.err());
  }

  /** The first six pixels are 1, the others 0. */
  private void picture(String name, int height, int width) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 6; i++) {
      image.getRaster().setSample(i % width, i / width, 0, 1);
    }
    Files.createDirectories(folder.resolve(name).getParent());
    ImageIO.write(image, "png", folder.resolve(name).toFile());
  }
}
