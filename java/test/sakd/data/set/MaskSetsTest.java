package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;
import sakd.data.Dataset;

class MaskSetsTest {
  private static final int[][] FIRST = {{0, 1, 2}, {2, 255, 0}};
  private static final int[][] SECOND = {{1, 1, 1}, {0, 0, 2}};

  @TempDir Path root;

  private final List<String> notes = new ArrayList<>();

  private Dataset open(boolean train, String classes) {
    return open(root, train, classes);
  }

  private Dataset open(Path folder, boolean train, String classes) {
    return Datasets.open(null, folder, train, MaskFiles.options(MaskFiles.classes(classes), notes));
  }

  private void pair(String picture, String mask, int[][] values) throws IOException {
    MaskFiles.picture(root.resolve(picture), new int[values.length][values[0].length]);
    MaskFiles.grey(root.resolve(mask), values, false);
  }

  private static List<Integer> flat(int[][] values) {
    return Arrays.stream(values).flatMapToInt(Arrays::stream).boxed().toList();
  }

  private void refused(String part, boolean train, String classes) {
    UserError e = assertThrows(UserError.class, () -> MaskFiles.masks(open(train, classes)));
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertTrue(e.getMessage().contains("expected"), e.getMessage());
  }

  @Test
  void listsNameThePicturesOfParts() throws IOException {
    pair("images/a.png", "labels/a.png", FIRST);
    pair("images/b.png", "labels/b.png", SECOND);
    pair("images/c.png", "labels/c.png", SECOND);
    Files.writeString(root.resolve("train.txt"), "b\n\na.png\n");
    Files.writeString(root.resolve("val.txt"), "images/c.png\n");
    Dataset train = open(true, null);
    assertEquals("mask-folder", train.name());
    assertEquals(List.of("0", "1", "2"), train.classNames());
    assertEquals(List.of(flat(SECOND), flat(FIRST)), MaskFiles.masks(train));
    assertEquals(List.of(flat(SECOND)), MaskFiles.masks(open(false, null)));
    Files.writeString(root.resolve("val.txt"), "d\n");
    refused("val.txt names d, which is not in", false, null);
  }

  @Test
  void partsAreFoldersAroundOrWithin() throws IOException {
    pair("train/images/a.png", "train/masks/a.png", FIRST);
    pair("val/images/b.png", "val/masks/b.png", SECOND);
    assertEquals(List.of(flat(FIRST)), MaskFiles.masks(open(true, null)));
    assertEquals(List.of(flat(SECOND)), MaskFiles.masks(open(false, null)));
    Path other = root.resolve("other");
    pair("other/images/train/a.png", "other/annotations/train/a.png", SECOND);
    pair("other/images/test/b.png", "other/annotations/test/b.png", FIRST);
    assertEquals(List.of(flat(SECOND)), MaskFiles.masks(open(other, true, null)));
    assertEquals(List.of(flat(FIRST)), MaskFiles.masks(open(other, false, null)));
  }

  @Test
  void theLastTenthIsHeldOutAndSaid() throws IOException {
    for (int i = 0; i < 12; i++) {
      pair("images/" + i + ".png", "masks/" + i + ".png", i > 10 ? SECOND : FIRST);
    }
    MaskFiles.grey(root.resolve("masks/99.png"), SECOND, false);
    assertEquals(11, open(true, null).size());
    assertTrue(notes.get(0).contains("1 masks without a picture (99)"), notes.toString());
    assertEquals(List.of(flat(SECOND)), MaskFiles.masks(open(false, null)));
    assertTrue(notes.stream().anyMatch(n -> n.contains("held out")), notes.toString());
  }

  @Test
  void valuesMeanWhatMaskClassesSays() throws IOException {
    int[][] ids = {{0, 1, 300}, {0, 255, 40_000}};
    MaskFiles.picture(root.resolve("images/a.png"), ids.clone());
    MaskFiles.grey(root.resolve("masks/a.png"), ids, true);
    Files.writeString(root.resolve("train.txt"), "a");
    Files.writeString(root.resolve("test.txt"), "a");
    Dataset nuclei = open(true, "background,nucleus");
    assertEquals(List.of("background", "nucleus"), nuclei.classNames());
    assertEquals(List.of(List.of(0, 1, 1, 0, 1, 1)), MaskFiles.masks(nuclei));
    assertEquals(List.of("background", "object"), open(true, "instances").classNames());
    refused("values up to 40000 of 16 bits", true, null);
    refused("values up to 40000", true, "ids");
    refused("has the value 300 at row 0, column 2", true, "a,b,c");
    refused("--mask-classes has the classes alone", true, "alone");
    refused("--mask-classes has the classes a, a", true, "a,a");
    MaskOptions learnt = new MaskOptions(null, List.of("background", "nucleus"), null, 0);
    Dataset seen = Datasets.open(null, root, false, MaskFiles.options(learnt, notes));
    assertEquals(MaskFiles.masks(nuclei), MaskFiles.masks(seen));
  }

  @Test
  void classesMayBeNamedInAText() throws IOException {
    pair("images/a.png", "masks/a.png", FIRST);
    pair("images/b.png", "masks/b.png", SECOND);
    Files.writeString(root.resolve("classes.txt"), "sky\nroad\ncar\n");
    assertEquals(List.of("sky", "road", "car"), open(true, null).classNames());
    Files.writeString(root.resolve("classes.txt"), "sky\nroad\n");
    refused("has the value 2 at row 0, column 2, which is none of its 2 classes", true, null);
    Files.writeString(root.resolve("classes.txt"), "sky\n");
    refused("classes.txt has the classes sky", true, null);
    Files.delete(root.resolve("classes.txt"));
    int[][] binary = {{0, 255, 255}, {0, 0, 0}};
    MaskFiles.grey(root.resolve("masks/a.png"), binary, false);
    refused("no values but 0 and 255", true, null);
  }

  @Test
  void whatIsWrongWithAMaskIsSaid() throws IOException {
    pair("images/a.png", "masks/a.png", FIRST);
    pair("images/b.png", "masks/b.png", FIRST);
    Path mask = root.resolve("masks/a.png");
    MaskFiles.grey(mask, new int[3][2], false);
    refused("a.png is 2 pixels wide and 3 high, but its picture", true, "a,b,c");
    byte[] whole = Files.readAllBytes(root.resolve("masks/b.png"));
    Files.write(mask, Arrays.copyOf(whole, whole.length - 20));
    refused("a.png: it ends too early", true, "a,b,c");
    byte[] changed = whole.clone();
    changed[changed.length - 20] ^= 1;
    Files.write(mask, changed);
    refused("a.png: its data do not have their checksum", true, "a,b,c");
    Files.write(mask, new byte[0]);
    refused("a.png: it is", true, "a,b,c");
    BufferedImage colours = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    colours.setRGB(1, 1, 0x804020);
    ImageIO.write(colours, "png", mask.toFile());
    refused("has the colour #804020 at row 1, column 1", true, "a,b,c");
    colours.setRGB(1, 1, 0x020202);
    ImageIO.write(colours, "png", mask.toFile());
    assertEquals(
        List.of(0, 0, 0, 0, 2, 0), MaskFiles.masks(open(true, "a,b,c")).get(0), "grey in colours");
    ImageIO.write(colours, "jpg", mask.toFile());
    refused("is a JPEG", true, "a,b,c");
    Files.delete(mask);
    refused("a.png has no mask", true, "a,b,c");
  }

  @Test
  void aMaskMayBeEmptyOrAllIgnored() throws IOException {
    pair("images/a.png", "masks/a.png", new int[][] {{255, 255}});
    pair("images/b.png", "masks/b.png", new int[][] {{0, 0}});
    pair("images/c.png", "masks/c.png", FIRST);
    assertEquals(List.of(List.of(255, 255), List.of(0, 0)), MaskFiles.masks(open(true, "a,b,c")));
  }

  @Test
  void paletteMasksOfVoc() throws IOException {
    Path voc = root.resolve("VOCdevkit/VOC2012");
    int[][] values = {{0, 20}, {255, 15}};
    for (String name : List.of("2007_1", "2007_2")) {
      MaskFiles.picture(voc.resolve("JPEGImages/" + name + ".png"), new int[2][2]);
      MaskFiles.palette(voc.resolve("SegmentationClass/" + name + ".png"), values);
    }
    Path lists = voc.resolve("ImageSets/Segmentation");
    Files.createDirectories(lists);
    Files.writeString(lists.resolve("train.txt"), "2007_1\n");
    Files.writeString(lists.resolve("val.txt"), "2007_2\n");
    Dataset train = open(true, null);
    assertEquals("voc-seg", train.name());
    assertEquals(21, train.classes());
    assertEquals(List.of(List.of(0, 20, 255, 15)), MaskFiles.masks(train));
    assertEquals(1, open(false, null).size());
    int[][] more = {{1, 2}, {3, 4}};
    MaskFiles.grey(voc.resolve("SegmentationClassAug/2007_1.png"), more, false);
    Files.writeString(
        lists.resolve("train_aug.txt"),
        "/JPEGImages/2007_1.jpg /SegmentationClassAug/2007_1.png\n");
    assertEquals(List.of(List.of(1, 2, 3, 4)), MaskFiles.masks(open(true, null)));
    refused("the classes of voc-seg are known", true, "ids");
  }

  @Test
  void ade20kCountsFromOne() throws IOException {
    pair("images/training/a.png", "annotations/training/a.png", new int[][] {{0, 1, 150}});
    pair("images/validation/b.png", "annotations/validation/b.png", new int[][] {{2, 151, 0}});
    Dataset train = open(true, null);
    assertEquals("ade20k", train.name());
    assertEquals("flag", train.classNames().get(149));
    assertEquals(List.of(List.of(255, 0, 149)), MaskFiles.masks(train));
    refused("has the value 151 at row 0, column 1", false, null);
    StringBuilder table = new StringBuilder("Idx\tRatio\tTrain\tVal\tName\n");
    for (int i = 1; i <= 150; i++) {
      table.append(i + "\t0.1\t1\t1\tname " + i + ", other\n");
    }
    Files.writeString(root.resolve("objectInfo150.txt"), table);
    assertEquals("name 150", open(true, null).classNames().get(149));
  }

  @Test
  void cityscapesHasTwoKindsOfIds() throws IOException {
    int[][] ids = {{7, 33, 0, 255}};
    pair(
        "leftImg8bit/train/ulm/ulm_0_leftImg8bit.png",
        "gtFine/train/ulm/ulm_0_gtFine_labelIds.png",
        ids);
    pair(
        "leftImg8bit/val/bonn/bonn_0_leftImg8bit.png",
        "gtFine/val/bonn/bonn_0_gtFine_labelIds.png",
        new int[][] {{34, 0, 0, 0}});
    MaskFiles.grey(root.resolve("gtFine/train/ulm/ulm_0_gtFine_color.png"), ids, false);
    Dataset train = open(true, null);
    assertEquals("cityscapes", train.name());
    assertEquals(List.of(List.of(0, 18, 255, 255)), MaskFiles.masks(train));
    refused("has the value 34", false, null);
    MaskFiles.grey(
        root.resolve("gtFine/train/ulm/ulm_0_gtFine_labelTrainIds.png"),
        new int[][] {{18, 0, 255, 3}},
        false);
    assertEquals(List.of(List.of(18, 0, 255, 3)), MaskFiles.masks(open(true, null)));
  }

  @Test
  void camvidIgnoresItsTwelfth() throws IOException {
    pair("train/a.png", "trainannot/a.png", new int[][] {{0, 10, 11}});
    pair("val/b.png", "valannot/b.png", new int[][] {{1, 1, 1}});
    pair("test/c.png", "testannot/c.png", new int[][] {{2, 12, 1}});
    Dataset train = open(true, null);
    assertEquals("camvid", train.name());
    assertEquals(List.of(List.of(0, 10, 255)), MaskFiles.masks(train));
    refused("has the value 12", false, null);
  }

  @Test
  void settingsOfMasksAreRefusedElsewhere() {
    MaskOptions crop = new MaskOptions(null, null, 64, 0);
    ReadOptions how = MaskFiles.options(crop, notes);
    UserError e =
        assertThrows(UserError.class, () -> Datasets.open("fashion-mnist-small", null, true, how));
    assertTrue(e.getMessage().contains("--crop-size"), e.getMessage());
    UserError missing = assertThrows(UserError.class, () -> Datasets.open("voc-seg", root, true));
    assertTrue(missing.getMessage().contains("ImageSets/Segmentation"), missing.getMessage());
  }
}
