package sakd.data.set;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import sakd.base.UserError;
import sakd.io.IoErrors;

/**
 * An annotation of Pascal VOC's form: the element annotation with a size and for each object a
 * name, a bndbox and maybe difficult. Parts of objects, such as heads, are left out.
 *
 * @param width of the picture in pixels, or 0 if it does not say
 * @param height likewise
 */
record VocAnnotation(int width, int height, List<Item> objects) {
  private static final String EXPECTED = "an annotation of Pascal VOC's form";
  private static final int MOST_LEVELS = 64;
  private static final ThreadLocal<XMLInputFactory> FACTORY =
      ThreadLocal.withInitial(VocAnnotation::factory);

  /** The encoding that the first bytes of a file declare. */
  private static final Pattern ENCODING =
      Pattern.compile("\\A<\\?xml[^>]*?encoding\\s*=\\s*[\"']([\\w.:-]+)[\"']");

  private static final int DECLARATION = 256;

  /** What is of one object: its edges are pixels as they stand there, as torchvision has them. */
  record Item(
      String name, double left, double top, double right, double bottom, boolean difficult) {}

  /**
   * Reads a file; what a document type or an entity would bring in is not looked at.
   *
   * @throws UserError if it is damaged
   */
  static VocAnnotation read(Path file) {
    try {
      XMLStreamReader xml =
          FACTORY
              .get()
              .createXMLStreamReader(new StringReader(text(file, Files.readAllBytes(file))));
      try {
        return new Reading(file, xml).annotation();
      } finally {
        xml.close();
      }
    } catch (XMLStreamException e) {
      throw IoErrors.damaged(
          file, "it is not XML from line " + e.getLocation().getLineNumber() + " on", EXPECTED);
    } catch (IOException e) {
      throw IoErrors.unreadable(file, EXPECTED, e);
    }
  }

  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    return factory;
  }

  /** Decoded here, as the reader of XML would print of bytes that do not fit. */
  private static String text(Path file, byte[] bytes) {
    Matcher declared =
        ENCODING.matcher(
            new String(bytes, 0, Math.min(bytes.length, DECLARATION), StandardCharsets.ISO_8859_1));
    String encoding = declared.find() ? declared.group(1) : "UTF-8";
    boolean wide = bytes.length > 1 && (bytes[0] & 0xff) + (bytes[1] & 0xff) == 0xff + 0xfe;
    try {
      String text =
          (wide ? StandardCharsets.UTF_16 : Charset.forName(encoding))
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes))
              .toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException | IllegalArgumentException e) {
      throw IoErrors.damaged(file, "it is no text in " + (wide ? "UTF-16" : encoding), EXPECTED);
    }
  }

  /** One pass over a file. */
  private static final class Reading {
    private final Path file;
    private final XMLStreamReader xml;
    private final Map<String, String> size = new HashMap<>();
    private final List<Item> items = new ArrayList<>();

    /** Texts within the current object by their path, such as {@code bndbox/xmin}. */
    private final Map<String, String> object = new HashMap<>();

    Reading(Path file, XMLStreamReader xml) {
      this.file = file;
      this.xml = xml;
    }

    VocAnnotation annotation() throws XMLStreamException {
      List<String> path = new ArrayList<>();
      String text = "";
      while (xml.hasNext()) {
        switch (xml.next()) {
          case XMLStreamConstants.START_ELEMENT -> {
            path.add(xml.getLocalName());
            text = "";
            if (path.size() > MOST_LEVELS || !path.get(0).equals("annotation")) {
              throw damaged("it begins with <" + IoErrors.excerpt(path.get(0)) + ">");
            }
          }
          case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> text += xml.getText();
          case XMLStreamConstants.END_ELEMENT -> {
            end(path, text.strip());
            path.remove(path.size() - 1);
            text = "";
          }
          default -> {}
        }
      }
      return new VocAnnotation(side("width"), side("height"), List.copyOf(items));
    }

    private void end(List<String> path, String text) {
      String outer = path.size() < 2 ? "" : path.get(1);
      if (outer.equals("object") && path.size() == 2) {
        items.add(item());
        object.clear();
      } else if (outer.equals("object")) {
        object.put(String.join("/", path.subList(2, path.size())), text);
      } else if (outer.equals("size") && path.size() == 3) {
        size.put(path.get(2), text);
      }
    }

    private Item item() {
      String name = object.getOrDefault("name", "");
      if (name.isEmpty()) {
        throw damaged("object " + (items.size() + 1) + " has no name");
      }
      return new Item(
          name,
          edge("xmin"),
          edge("ymin"),
          edge("xmax"),
          edge("ymax"),
          object.getOrDefault("difficult", "0").equals("1"));
    }

    private double edge(String which) {
      String text = object.getOrDefault("bndbox/" + which, "nothing");
      try {
        double value = Double.parseDouble(text);
        if (Double.isFinite(value)) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw damaged(
          "object " + (items.size() + 1) + " has " + IoErrors.excerpt(text) + " for its " + which);
    }

    private int side(String which) {
      String text = size.getOrDefault(which, "0");
      try {
        double side = Double.parseDouble(text);
        if (side >= 0 && side == (int) side) {
          return (int) side;
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw damaged("the " + which + " of its picture is " + IoErrors.excerpt(text));
    }

    private UserError damaged(String found) {
      return IoErrors.damaged(file, found, EXPECTED);
    }
  }
}
