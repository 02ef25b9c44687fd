package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.ObjectBox;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.set.BoxFiles.Thing;
import sakd.io.Mutants;

class VocFolderTest {
  private static final Thing CAT = new Thing("cat", 2, 3, 20, 25);
  private static final Thing DOG = new Thing("dog", 5.5, 4, 30, 28);

  @TempDir Path root;

  private final List<String> notes = new ArrayList<>();

  private Dataset open(boolean train) {
    return open(root, train);
  }

  private Dataset open(Path folder, boolean train) {
    notes.clear();
    return Datasets.open(null, folder, train, BoxFiles.options(new BoxOptions(32, 1, 1), notes));
  }

  private void refused(boolean train, String part) {
    UserError e = assertThrows(UserError.class, () -> open(train));
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertTrue(e.getMessage().contains("expected"), e.getMessage());
  }

  private static List<Integer> widths(Dataset set) {
    return IntStream.range(0, set.size()).map(i -> set.shape(i).width()).boxed().toList();
  }

  /** Five pictures that are told apart by their width, at a height of 32. */
  private void five(Path folder) throws IOException {
    for (int i = 0; i < 5; i++) {
      BoxFiles.voc(folder, "p" + i, 40 + i, 32, i % 2 == 0 ? CAT : DOG);
    }
  }

  @Test
  void objectsAreAsTheFilesSay() throws IOException {
    BoxFiles.voc(root, "a", 40, 32, DOG, CAT, new Thing("cat", 1, 1, 9, 9, 1));
    BoxFiles.voc(root, "b", 30, 50, CAT);
    BoxFiles.list(root, "train", "a");
    BoxFiles.list(root, "val", "b");
    Dataset train = open(true);
    assertEquals("voc", train.name());
    assertEquals(List.of("background", "cat", "dog"), train.classNames());
    assertEquals(
        List.of(
            new ObjectBox(2, 5.5f, 4, 30, 28, 24.5 * 24, false, false),
            new ObjectBox(1, 2, 3, 20, 25, 18 * 22, false, false),
            new ObjectBox(1, 1, 1, 9, 9, 64, false, true)),
        BoxFiles.objects(train, 0));
    Targets.Boxes targets = BoxFiles.read(train, 0, null).targets();
    assertEquals(2, targets.most(), "difficult ones are not learnt");
    assertEquals(new SampleShape(1, 3, 53, 31), open(false).shape(0));
    assertEquals(List.of(), notes);
  }

  @Test
  void listsSayWhichPicturesArePartOfWhat() throws IOException {
    five(root);
    BoxFiles.list(root, "trainval", "p0", "p1", "p2");
    BoxFiles.list(root, "val", "p2.png", "");
    assertEquals(List.of(40, 41), widths(open(true)), "trainval without val");
    assertEquals(List.of(42), widths(open(false)));
    BoxFiles.list(root, "test", "q0", "q1");
    assertEquals(List.of(42), widths(open(false)), "a test list without annotations");
    BoxFiles.list(root, "train", "p1 1");
    BoxFiles.list(root, "test", "p4", "p3");
    assertEquals(List.of(44, 43), widths(open(false)));
    assertEquals(List.of(41), widths(open(true)));
    assertTrue(notes.get(0).contains("val.txt: 1 pictures are of neither part"), notes.toString());
    BoxFiles.list(root, "train", "p1", "p9");
    refused(true, "train.txt names 1 pictures without an annotation (p9)");
    BoxFiles.list(root, "train");
    refused(true, "train.txt names no picture");
  }

  @Test
  void withoutListsTheLastAreHeldOut() throws IOException {
    Path inner = root.resolve("VOCdevkit/VOC2012");
    five(inner);
    assertEquals(List.of(40, 41, 42, 43), widths(open(true)));
    assertEquals(List.of(44), widths(open(false)));
    assertTrue(notes.get(0).contains("held out"), notes.toString());
    five(root.resolve("VOCdevkit/VOC2007"));
    refused(true, "more than one set");
  }

  @Test
  void boxesThatCannotBeAreNamed() throws IOException {
    BoxFiles.voc(
        root,
        "a",
        40,
        32,
        CAT,
        new Thing("dog", 504, 7, 504, 9),
        new Thing("dog", 9, 9, 3, 20),
        new Thing("dog", 40, 3, 50, 20),
        new Thing("dog", -10, 3, 8, 99),
        new Thing("dog", 0, 0, 40.5, 5));
    BoxFiles.voc(root, "b", 40, 32, new Thing("dog", 1, 1, 1, 1));
    BoxFiles.voc(root, "c", 40, 32, new Thing("emu", 1, 1, 5, 5));
    BoxFiles.list(root, "train", "a", "b");
    BoxFiles.list(root, "val", "b", "c");
    // Of both lists, b tests alone.
    Dataset train = open(true);
    assertEquals(1, train.size());
    assertEquals(
        List.of(
            new ObjectBox(1, 2, 3, 20, 25, 18 * 22, false, false),
            new ObjectBox(2, 0, 3, 8, 32, 8 * 29, false, false),
            new ObjectBox(2, 0, 0, 40, 5, 200, false, false)),
        BoxFiles.objects(train, 0));
    String said = String.join("\n", notes);
    assertTrue(said.contains("passed over 2 boxes of no area (a.xml)"), said);
    assertTrue(said.contains("passed over 1 box outside their pictures (a.xml)"), said);
    assertTrue(said.contains("cut to their pictures 1 box that went beyond"), said);
    assertTrue(said.contains("of the class emu, which is therefore not learnt"), said);
    Dataset test = open(false);
    assertEquals(List.of(), BoxFiles.objects(test, 0), "kept where a result is measured");
    assertEquals(3, BoxFiles.objects(test, 1).get(0).label());
  }

  @Test
  void picturesWithoutObjectsAreNotTrainedOn() throws IOException {
    five(root);
    BoxFiles.voc(root, "p5", 47, 32);
    BoxFiles.list(root, "train", "p0", "p5", "p1");
    BoxFiles.list(root, "val", "p5", "p2");
    BoxFiles.list(root, "val", "p2");
    assertEquals(List.of(40, 41), widths(open(true)));
    assertTrue(notes.get(0).contains("left 1 pictures without any object out"), notes.toString());
    BoxFiles.list(root, "train", "p5");
    refused(true, "no object to learn in its 1 pictures");
    BoxFiles.voc(root, "p5", 47, 32, new Thing("cat", 1, 1, 5, 5, 1));
    refused(true, "no object to learn in its 1 pictures");
  }

  @Test
  void missingPicturesAreNamed() throws IOException {
    five(root);
    Files.delete(root.resolve("JPEGImages/p1.png"));
    refused(true, "1 annotations in " + root.resolve("Annotations") + " have no picture (p1)");
    assertEquals(1, open(false).size(), "the test part has its own");
  }

  /** Its boxes would lie elsewhere; where the annotation says nothing, the picture does. */
  @Test
  void aPictureOfAnotherSizeIsRefused() throws IOException {
    BoxFiles.voc(root, "a", 40, 32, CAT);
    BoxFiles.voc(root, "b", 41, 32, CAT);
    BoxFiles.annotation(root, "a", 0, 0, CAT);
    assertEquals(List.of(40), widths(open(true)));
    BoxFiles.annotation(root, "a", 32, 40, CAT);
    Dataset turned = open(true);
    UserError e = assertThrows(UserError.class, () -> BoxFiles.read(turned, 0, null));
    assertTrue(
        e.getMessage()
            .contains("a.png is 40 pixels wide and 32 high, but its annotation says 32 and 40"),
        e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<annotation><object></object></annotation>|object 1 has no name",
        "<annotation><object><name>a</name></object></annotation>|has nothing for its xmin",
        "<annotation><object><name>a</name><bndbox><xmin>1e999</xmin></bndbox></object></annotation>|has 1e999 for its xmin",
        "<annotation><object><name>a</name><bndbox><xmin>x</xmin></bndbox></object></annotation>|has x for its xmin",
        "<annotation><size><width>-4</width></size></annotation>|the width of its picture is -4",
        "<html/>|it begins with <html>",
        "<annotation>|it is not XML from line 1 on",
        "{}|it is not XML from line 1 on",
      })
  void damageIsNamed(String xml, String found) throws IOException {
    Path file = root.resolve("a.xml");
    Files.writeString(file, xml);
    UserError e = assertThrows(UserError.class, () -> VocAnnotation.read(file));
    assertTrue(e.getMessage().contains("a.xml: "), e.getMessage());
    assertTrue(e.getMessage().contains(found), e.getMessage());
  }

  @Test
  void namesAreInTheEncodingThatIsDeclared() throws IOException {
    Path file = root.resolve("a.xml");
    for (String encoding : List.of("UTF-8", "ISO-8859-1", "UTF-16", "utf-8")) {
      String xml =
          "<?xml version='1.0' encoding='%s'?><annotation><object><name>caf\u00e9</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>";
      Files.write(file, xml.formatted(encoding).getBytes(encoding));
      assertEquals("caf\u00e9", VocAnnotation.read(file).objects().get(0).name(), encoding);
    }
    Files.write(file, "<annotation>caf\u00e9</annotation>".getBytes(StandardCharsets.ISO_8859_1));
    UserError e = assertThrows(UserError.class, () -> VocAnnotation.read(file));
    assertTrue(e.getMessage().contains("it is no text in UTF-8"), e.getMessage());
  }

  @Test
  void nothingIsFetchedOrBlownUp() throws IOException {
    Files.writeString(root.resolve("secret"), "12");
    StringBuilder bomb =
        new StringBuilder("<!DOCTYPE annotation [<!ENTITY s SYSTEM \"secret\"><!ENTITY a0 \"9\">");
    for (int i = 1; i < 40; i++) {
      bomb.append("<!ENTITY a%d \"&a%d;&a%d;\">".formatted(i, i - 1, i - 1));
    }
    for (String entity : List.of("s", "a39")) {
      Path file = root.resolve("a.xml");
      Files.writeString(
          file,
          bomb
              + "]><annotation><size><width>&"
              + entity
              + ";</width><height>2</height></size></annotation>");
      try {
        assertEquals(0, VocAnnotation.read(file).width());
      } catch (UserError e) {
        assertTrue(e.getMessage().contains("a.xml"), e.getMessage());
      }
    }
  }

  /** Read, or refused by name: nothing else comes of damage. */
  @Test
  void survivesDamage() throws IOException {
    BoxFiles.annotation(root, "a", 40, 32, CAT, DOG);
    Path file = root.resolve("Annotations/a.xml");
    Mutants.check(file, (int) Files.size(file), 300, () -> VocAnnotation.read(file));
  }
}
