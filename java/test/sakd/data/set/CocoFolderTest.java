package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.ObjectBox;
import sakd.data.RenumberedDataset;
import sakd.data.set.BoxFiles.Coco;
import sakd.data.set.BoxFiles.Thing;
import sakd.io.Mutants;

class CocoFolderTest {
  private static final List<String> NAMES = List.of("cat", "dog");
  private static final List<Integer> IDS = List.of(1, 4);
  private static final Thing CAT = new Thing("cat", 2, 3, 20, 25);
  private static final Thing DOG = new Thing("dog", 5.5, 4, 30, 28);

  @TempDir Path root;

  private final List<String> notes = new ArrayList<>();

  private Dataset open(boolean train) {
    return Datasets.open(null, root, train, BoxFiles.options(new BoxOptions(32, 1, 1), notes));
  }

  private void refused(boolean train, String part) {
    UserError e = assertThrows(UserError.class, () -> open(train));
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertTrue(e.getMessage().contains("expected"), e.getMessage());
  }

  private void picture(String name, int width) throws IOException {
    BoxFiles.picture(root.resolve(name), width, 32);
  }

  private Path json(String part) {
    return root.resolve("annotations/instances_" + part + ".json");
  }

  /** COCO as its archives unpack. */
  private void published() throws IOException {
    picture("train2017/a.png", 40);
    picture("train2017/b.png", 41);
    picture("train2017/c.png", 42);
    picture("val2017/d.png", 43);
    picture("val2017/e.png", 44);
    new Coco(NAMES, IDS)
        .picture(7, "a.png", 40, 32, DOG, CAT, new Thing("cat", 0, 0, 40, 30, 1))
        .picture(3, "b.png", 41, 32)
        .picture(5, "c.png", 42, 32, new Thing("dog", 4, 4, 4, 9), new Thing("dog", 4, 4, 9, 9))
        .write(json("train2017"));
    new Coco(NAMES, IDS)
        .picture(1, "d.png", 43, 32, CAT)
        .picture(2, "e.png", 44, 32)
        .write(json("val2017"));
  }

  @Test
  void objectsAreAsTheFilesSay() throws IOException {
    published();
    Dataset train = open(true);
    assertEquals("coco", train.name());
    assertEquals(List.of("background", "cat", "N/A", "N/A", "dog"), train.classNames());
    assertEquals(
        List.of(
            new ObjectBox(4, 5.5f, 4, 30, 28, 7.5, false, false),
            new ObjectBox(1, 2, 3, 20, 25, 7.5, false, false),
            new ObjectBox(1, 0, 0, 40, 30, 7.5, true, false)),
        BoxFiles.objects(train, 0));
    assertEquals(2, train.size(), "b has nothing to learn");
    assertEquals(2, BoxFiles.read(train, 0, null).targets().most());
    String said = String.join("\n", notes);
    assertTrue(said.contains("passed over 1 box of no area (c.png)"), said);
    assertTrue(said.contains("left 1 pictures without any object out of training"), said);
    assertEquals(2, notes.size(), said);
    Dataset test = open(false);
    assertEquals(2, test.size(), "pictures without objects count");
    assertEquals(train.classNames(), test.classNames());
    assertEquals(43, test.shape(0).width());
    Dataset numbered = RenumberedDataset.of(test, List.of("background", "dog", "cat"));
    assertEquals(2, BoxFiles.objects(numbered, 0).get(0).label());
  }

  /** COCO's 80 categories have ids up to 90. */
  @Test
  void idsAreClassNumbersWhereTheyAreDense() {
    Map<Long, String> sparse = new LinkedHashMap<>();
    IntStream.rangeClosed(1, 90)
        .filter(i -> i % 9 != 5)
        .forEach(i -> sparse.put((long) i, "c" + i));
    assertEquals(80, sparse.size());
    CocoClasses coco = CocoClasses.of(new TreeMap<>(sparse));
    assertEquals(91, coco.names().size());
    assertEquals("c90", coco.names().get(90));
    assertEquals(10, Collections.frequency(coco.names(), "N/A"));
    assertEquals(90, coco.numbers().get(90L));
    CocoClasses zero = CocoClasses.of(new TreeMap<>(Map.of(0L, "a", 1L, "b")));
    assertEquals(List.of("background", "a", "b"), zero.names());
    CocoClasses far = CocoClasses.of(new TreeMap<>(Map.of(7L, "a", 900L, "b")));
    assertEquals(List.of("background", "a", "b"), far.names());
    assertEquals(2, far.numbers().get(900L));
  }

  @Test
  void roboflowsFoldersAreRead() throws IOException {
    picture("train/a.png", 40);
    picture("valid/b.png", 41);
    picture("test/c.png", 42);
    List<String> names = List.of("pets", "cat", "dog");
    List<Integer> ids = List.of(0, 1, 2);
    for (String part : List.of("train/a", "valid/b", "test/c")) {
      String name = part.substring(part.length() - 1) + ".png";
      new Coco(names, ids)
          .picture(0, name, 40 + name.charAt(0) - 'a', 32, CAT, DOG)
          .write(root.resolve(part).resolveSibling("_annotations.coco.json"));
    }
    assertEquals(List.of("background", "pets", "cat", "dog"), open(true).classNames());
    assertEquals(42, open(false).shape(0).width(), "the test part before the one for validation");
    Files.delete(root.resolve("test/_annotations.coco.json"));
    assertEquals(41, open(false).shape(0).width());
    assertTrue(notes.get(0).contains("of the class pets"), notes.toString());
  }

  @Test
  void oneFileIsDivided() throws IOException {
    Coco coco = new Coco(NAMES, IDS);
    for (int i = 0; i < 10; i++) {
      picture("images/p" + i + ".png", 40 + i);
      coco.picture(i, "p" + i + ".png", 40 + i, 32, CAT);
    }
    coco.write(json("default"));
    assertEquals(9, open(true).size());
    assertEquals(49, open(false).shape(0).width());
    assertTrue(String.join("\n", notes).contains("held out"), notes.toString());
  }

  @Test
  void classesOfThePartsAreTheSameByName() throws IOException {
    published();
    new Coco(List.of("dog", "emu", "cat"), List.of(1, 2, 3))
        .picture(1, "d.png", 43, 32, CAT, DOG)
        .write(json("val2017"));
    Dataset test = open(false);
    assertEquals(1, BoxFiles.objects(test, 0).get(0).label());
    assertEquals(4, BoxFiles.objects(test, 0).get(1).label());
    new Coco(List.of("dog", "emu", "cat"), List.of(1, 2, 3))
        .picture(1, "d.png", 43, 32, new Thing("emu", 1, 1, 5, 5))
        .write(json("val2017"));
    refused(false, "objects of the class emu, which training lacks");
  }

  @Test
  void missingPicturesAreNamed() throws IOException {
    published();
    Files.delete(root.resolve("train2017/b.png"));
    refused(true, "1 of the 3 pictures of " + json("train2017") + " are missing (b.png)");
    Files.delete(json("train2017"));
    refused(true, "no pictures with objects for training");
    assertEquals(2, open(false).size());
    new Coco(NAMES, IDS).picture(1, "d.png", 43, 32, CAT).write(json("val2014"));
    refused(false, "more than one part of that kind (val2014, val2017)");
  }

  @Test
  void whatBelongsToNoPictureIsCounted() throws IOException {
    published();
    Coco coco = new Coco(NAMES, IDS).picture(7, "a.png", 40, 32, CAT, CAT);
    coco.images.clear();
    coco.picture(8, "b.png", 41, 32, DOG).write(json("train2017"));
    assertEquals(1, open(true).size());
    assertTrue(notes.get(0).contains("passed over 2 annotations of pictures"), notes.toString());
    coco.images.clear();
    coco.write(json("train2017"));
    refused(true, "no object to learn in its 0 pictures");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|it does not begin with an object",
        "{}|it has no images",
        "{\"images\":[],\"annotations\":[]}|it has no categories",
        "{\"images\":{},\"annotations\":[]}|its images are no list",
        "{\"images\":[3]}|its images are not all objects",
        "{\"images\":[{\"id\":1}]}|a picture has no id or no file_name",
        "{\"images\":[{\"id\":\"1\"}]}|the id of a picture is no whole number",
        "{\"images\":[{\"id\":1,\"file_name\":\"a\",\"width\":-1}]}|a is -1.0 pixels wide",
        "{\"images\":[{\"id\":99999999999999999999}]}|it is not JSON",
        "{\"annotations\":[{\"image_id\":1}]}|an annotation has no image_id or no category_id",
        "{\"annotations\":[{\"bbox\":[1,2,3]}]}|a bbox is not left, top, width and height",
        "{\"annotations\":[{\"bbox\":[1,2,3,\"4\"]}]}|the bbox is no number",
        "{\"annotations\":[{\"bbox\":[1,2,3,1e999]}]}|the bbox is too large",
        "{\"categories\":[{\"id\":1}]}|a category has no id or no name",
        "{\"categories\":[{\"id\":1,\"name\":\"a\"},{\"id\":1,\"name\":\"b\"}]}|two categories have the id 1",
        "{\"images\":[|it is not JSON",
        "{\"images\":[],\"annotations\":[],\"categories\":[]} x|it is not JSON",
        "{\"images\":[],\"annotations\":[],\"categories\":[]} {}|text follows its end",
        "x|it is not JSON",
      })
  void damageIsNamed(String json, String found) throws IOException {
    Path file = root.resolve("a.json");
    Files.writeString(file, json);
    UserError e = assertThrows(UserError.class, () -> CocoJson.read(file));
    assertTrue(e.getMessage().contains("a.json: "), e.getMessage());
    assertTrue(e.getMessage().contains(found), e.getMessage());
    assertTrue(e.getMessage().contains("(line 1, column "), e.getMessage());
  }

  /** What others leave out or write otherwise. */
  @Test
  void formsOfOthersAreRead() throws IOException {
    Path file = root.resolve("a.json");
    Files.writeString(
        file,
        "{\"images\":[{\"id\":1,\"file_name\":\"a\"}],\"categories\":[{\"id\":1,\"name\":\"a\"}],"
            + "\"annotations\":[{\"image_id\":1,\"category_id\":1,\"bbox\":[],\"area\":null},"
            + "{\"image_id\":1,\"category_id\":1,\"bbox\":[1,2,3,4.5],\"iscrowd\":true}]}");
    CocoJson read = CocoJson.read(file);
    assertEquals(new CocoJson.Image(1, "a", 0, 0), read.images.get(0));
    double none = Double.NaN;
    assertEquals(
        List.of(
            new CocoJson.Annotation(1, 1, none, none, none, none, none, false),
            new CocoJson.Annotation(1, 1, 1, 2, 3, 4.5, none, true)),
        read.annotations);
  }

  /** Read, or refused by name: nothing else comes of damage. */
  @Test
  void survivesDamage() throws IOException {
    published();
    Path file = json("train2017");
    Mutants.check(file, (int) Files.size(file), 300, () -> CocoJson.read(file));
  }
}
