package sakd.data.set;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.ObjectBox;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.event.FrameSplit;
import sakd.io.Json;

/** Writes small pictures with annotations, and reads sets of them. */
final class BoxFiles {
  private BoxFiles() {}

  /** An object to be written. */
  record Thing(String name, double left, double top, double right, double bottom, int flag) {
    Thing(String name, double left, double top, double right, double bottom) {
      this(name, left, top, right, bottom, 0);
    }
  }

  /** A black picture with its objects in white. */
  static void picture(Path file, int width, int height, Thing... things) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = image.createGraphics();
    pen.setColor(Color.WHITE);
    for (Thing t : things) {
      pen.fillRect((int) t.left, (int) t.top, (int) (t.right - t.left), (int) (t.bottom - t.top));
    }
    pen.dispose();
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  /** A picture with its annotation, whose flags say that an object is difficult. */
  static void voc(Path root, String name, int width, int height, Thing... things)
      throws IOException {
    picture(root.resolve("JPEGImages/" + name + ".png"), width, height, things);
    annotation(root, name, width, height, things);
  }

  static void annotation(Path root, String name, int width, int height, Thing... things)
      throws IOException {
    StringBuilder xml =
        new StringBuilder(
            "<?xml version=\"1.0\"?>\n<annotation>\n<filename>%s.png</filename>\n<size><width>%d</width><height>%d</height><depth>3</depth></size>\n"
                .formatted(name, width, height));
    for (Thing t : things) {
      xml.append(
          "<object><name>%s</name><difficult>%d</difficult><bndbox><xmin>%s</xmin><ymin>%s</ymin><xmax>%s</xmax><ymax>%s</ymax></bndbox><part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>\n"
              .formatted(t.name, t.flag, t.left, t.top, t.right, t.bottom));
    }
    Path file = root.resolve("Annotations/" + name + ".xml");
    Files.createDirectories(file.getParent());
    Files.writeString(file, xml + "</annotation>\n");
  }

  static void list(Path root, String name, String... lines) throws IOException {
    Path file = root.resolve("ImageSets/Main/" + name + ".txt");
    Files.createDirectories(file.getParent());
    Files.write(file, List.of(lines));
  }

  /** A file of COCO's form in the making; flags of objects say that they are crowds. */
  static final class Coco {
    private final Map<String, Object> json = new LinkedHashMap<>();
    final List<Object> images = new ArrayList<>();
    final List<Object> annotations = new ArrayList<>();
    private final List<String> categories;
    private final List<Integer> ids;

    /** The ids of the categories by their order. */
    Coco(List<String> categories, List<Integer> ids) {
      this.categories = categories;
      this.ids = ids;
      json.put("info", Map.of("year", 2017, "images", List.of(Map.of("id", 3))));
      json.put("annotations", annotations);
      json.put("images", images);
      List<Object> all = new ArrayList<>();
      for (int i = 0; i < ids.size(); i++) {
        all.add(Map.of("name", categories.get(i), "id", ids.get(i), "supercategory", "thing"));
      }
      json.put("categories", all);
    }

    Coco picture(int id, String name, int width, int height, Thing... things) {
      images.add(Map.of("id", id, "file_name", name, "width", width, "height", height));
      for (Thing t : things) {
        Map<String, Object> a = new LinkedHashMap<>();
        a.put("segmentation", List.of(List.of(1.5, 2, 3), Map.of("bbox", List.of(1))));
        a.put("id", annotations.size());
        a.put("image_id", id);
        a.put("category_id", ids.get(categories.indexOf(t.name)));
        a.put("bbox", List.of(t.left, t.top, t.right - t.left, t.bottom - t.top));
        a.put("iscrowd", t.flag);
        a.put("area", 7.5);
        annotations.add(a);
      }
      return this;
    }

    void write(Path file) throws IOException {
      Files.createDirectories(file.getParent());
      Files.writeString(file, Json.format(json));
    }
  }

  static ReadOptions options(BoxOptions boxes, List<String> notes) {
    return new ReadOptions(FrameSplit.COUNT, 224, notes::add).withBoxes(boxes);
  }

  /** A sample as it was read: its pixels and its objects. */
  record Read(byte[] pixels, Targets.Boxes targets, SampleShape shape) {
    Placement placement() {
      return targets.samples().get(0).placement();
    }
  }

  /** Reads a sample as training does, or evaluation. */
  static Read read(Dataset set, int index, SplitMix64 random) {
    SampleShape shape = random == null ? set.shape(index) : set.shape();
    ByteBuffer pixels = ByteBuffer.allocate(shape.bytes());
    Placement placement = set.read(index, random, shape, pixels);
    return new Read(pixels.array(), (Targets.Boxes) set.targets(index, placement, shape), shape);
  }

  static List<ObjectBox> objects(Dataset set, int index) {
    return ((Targets.Boxes) set.targets(index, Placement.whole(set.shape()), set.shape()))
        .samples()
        .get(0)
        .objects();
  }
}
