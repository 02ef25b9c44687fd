package sakd.data.set;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import sakd.base.UserError;
import sakd.io.IoErrors;

/**
 * A file of COCO's form, {@code {"images": [...], "annotations": [...], "categories": [...]}}, read
 * as a stream: outlines and whatever else it holds are skipped, so that memory is for boxes alone.
 */
final class CocoJson {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final String EXPECTED =
      "COCO's form, an object with images, annotations and categories";

  /** A picture; the size is 0 where the file does not say. */
  record Image(long id, String file, int width, int height) {}

  /**
   * An object.
   *
   * @param width of the box, or NaN if there is none
   * @param area NaN if the file does not say
   */
  record Annotation(
      long image,
      long category,
      double left,
      double top,
      double width,
      double height,
      double area,
      boolean crowd) {}

  final List<Image> images = new ArrayList<>();
  final List<Annotation> annotations = new ArrayList<>();

  /** Names by category id. */
  final SortedMap<Long, String> categories = new TreeMap<>();

  private final Path file;
  private final JsonParser json;

  private CocoJson(Path file, JsonParser json) {
    this.file = file;
    this.json = json;
  }

  /**
   * Reads a file.
   *
   * @throws UserError if it is damaged
   */
  static CocoJson read(Path file) {
    return read(file, true);
  }

  /** Reads what classes a file has. */
  static SortedMap<Long, String> categories(Path file) {
    return read(file, false).categories;
  }

  private static CocoJson read(Path file, boolean all) {
    try (InputStream in = Files.newInputStream(file);
        JsonParser parser = FACTORY.createParser(in)) {
      CocoJson coco = new CocoJson(file, parser);
      try {
        coco.top(all);
        return coco;
      } catch (JsonProcessingException e) {
        throw coco.damaged("it is not JSON, " + IoErrors.excerpt(e.getOriginalMessage()));
      }
    } catch (IOException e) {
      throw IoErrors.unreadable(file, EXPECTED, e);
    }
  }

  private void top(boolean all) throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw damaged("it does not begin with an object");
    }
    int found = 0;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      json.nextToken();
      switch (name) {
        case "images" -> found |= all ? list(name, this::image) : skipped(1);
        case "annotations" -> found |= all ? list(name, this::annotation) << 1 : skipped(2);
        case "categories" -> found |= list(name, this::category) << 2;
        default -> json.skipChildren();
      }
    }
    if (found != 7) {
      throw damaged(
          "it has no "
              + ((found & 1) == 0 ? "images" : (found & 2) == 0 ? "annotations" : "categories"));
    }
    if (json.nextToken() != null) {
      throw damaged("text follows its end");
    }
  }

  private int skipped(int bit) throws IOException {
    json.skipChildren();
    return bit;
  }

  /** Reads the fields of one object of a list; the parser stands at its first token. */
  private interface Item {
    void read() throws IOException;
  }

  private int list(String name, Item item) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw damaged("its " + name + " are no list");
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw damaged("its " + name + " are not all objects");
      }
      item.read();
    }
    return 1;
  }

  private void image() throws IOException {
    Long id = null;
    String name = null;
    double width = 0;
    double height = 0;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "id" -> id = whole("id of a picture");
        case "file_name" -> name = json.getText();
        case "width" -> width = number("width of a picture", 0);
        case "height" -> height = number("height of a picture", 0);
        default -> json.skipChildren();
      }
    }
    if (id == null || name == null || name.isEmpty() || name.indexOf('\0') >= 0) {
      throw damaged("a picture has no id or no file_name");
    }
    if (!(width >= 0 && width == (int) width && height >= 0 && height == (int) height)) {
      throw damaged(
          IoErrors.excerpt(name) + " is " + width + " pixels wide and " + height + " high");
    }
    images.add(new Image(id, name, (int) width, (int) height));
  }

  private void annotation() throws IOException {
    Long image = null;
    Long category = null;
    double[] box = {Double.NaN, Double.NaN, Double.NaN, Double.NaN};
    double area = Double.NaN;
    boolean crowd = false;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "image_id" -> image = whole(field);
        case "category_id" -> category = whole(field);
        case "bbox" -> box(box);
        case "area" -> area = number(field, Double.NaN);
        case "iscrowd" ->
            crowd = json.currentToken() == JsonToken.VALUE_TRUE || number(field, 0) != 0;
        default -> json.skipChildren();
      }
    }
    if (image == null || category == null) {
      throw damaged("an annotation has no image_id or no category_id");
    }
    annotations.add(new Annotation(image, category, box[0], box[1], box[2], box[3], area, crowd));
  }

  /** Four numbers; those who have none write nothing, null or an empty list. */
  private void box(double[] box) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    int count = 0;
    boolean list = json.currentToken() == JsonToken.START_ARRAY;
    while (list && json.nextToken() != JsonToken.END_ARRAY) {
      double value = number("bbox", Double.NaN);
      if (count < box.length) {
        box[count] = value;
      }
      count++;
    }
    if (!list || (count != 0 && count != box.length)) {
      throw damaged("a bbox is not left, top, width and height");
    }
  }

  private void category() throws IOException {
    Long id = null;
    String name = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "id" -> id = whole("id of a category");
        case "name" -> name = json.getText();
        default -> json.skipChildren();
      }
    }
    if (id == null || name == null || name.isEmpty()) {
      throw damaged("a category has no id or no name");
    }
    if (categories.put(id, name) != null) {
      throw damaged("two categories have the id " + id);
    }
  }

  private long whole(String what) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      throw damaged("the " + what + " is no whole number");
    }
    return json.getLongValue();
  }

  private double number(String what, double none) throws IOException {
    JsonToken token = json.currentToken();
    if (token == JsonToken.VALUE_NULL || token == JsonToken.VALUE_FALSE) {
      return none;
    }
    if (token == null || !token.isNumeric()) {
      throw damaged("the " + what + " is no number");
    }
    double value = json.getDoubleValue();
    if (Double.isInfinite(value)) {
      throw damaged("the " + what + " is too large");
    }
    return value;
  }

  private UserError damaged(String found) {
    var at = json.currentLocation();
    return IoErrors.damaged(
        file, found + " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")", EXPECTED);
  }
}
