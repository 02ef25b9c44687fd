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
        out.contains("mask-folder, training: 1 pictures with masks, seen in training as 3x32x32"),
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
