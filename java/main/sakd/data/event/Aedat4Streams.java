package sakd.data.event;

import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import sakd.io.IoErrors;

/**
 * The streams of an AEDAT 4 file as its XML describes them: a {@code node} named outInfo with a
 * node for each, named by its number, with an {@code attr} typeIdentifier such as EVTS.
 */
final class Aedat4Streams {
  private static final String EXPECTED = "a complete AEDAT 4.0 file";

  private Aedat4Streams() {}

  /** The type of each stream, by its number. */
  static Map<Integer, String> read(Path file, String xml) {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    try {
      return streams(file, factory.createXMLStreamReader(new StringReader(xml)));
    } catch (XMLStreamException e) {
      String reason = e.getMessage().replaceAll("(?s).*\nMessage: ", "").replace('\n', ' ');
      throw IoErrors.damaged(
          file, "its description of the streams is not XML (" + reason + ")", EXPECTED);
    }
  }

  private static Map<Integer, String> streams(Path file, XMLStreamReader in)
      throws XMLStreamException {
    Map<Integer, String> streams = new TreeMap<>();
    Deque<String> open = new ArrayDeque<>();
    while (in.hasNext()) {
      int event = in.next();
      if (event == XMLStreamConstants.START_ELEMENT) {
        String stream = open.peek();
        String parent = open.stream().skip(1).findFirst().orElse("");
        open.push(String.valueOf(in.getAttributeValue(null, "name")));
        boolean isType = "typeIdentifier".equals(in.getAttributeValue(null, "key"));
        if (isType && parent.equals("outInfo") && stream.matches("\\d{1,9}")) {
          streams.put(Integer.valueOf(stream), text(file, in));
          open.pop();
        }
      } else if (event == XMLStreamConstants.END_ELEMENT) {
        open.pop();
      }
    }
    return streams;
  }

  /** The text of an element, up to its end. */
  private static String text(Path file, XMLStreamReader in) throws XMLStreamException {
    String text = in.getElementText().strip();
    if (text.isEmpty() || text.length() > 64) {
      throw IoErrors.damaged(file, "a stream has no type", EXPECTED);
    }
    return text;
  }
}
