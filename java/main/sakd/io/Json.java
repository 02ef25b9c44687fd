package sakd.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON (RFC 8259) by Jackson, strictly: no comments, no trailing commas, no duplicate keys, no lone
 * surrogates, at most {@value #MAX_DEPTH} levels and 2^21 values.
 *
 * <p>Values are {@code Map<String, Object>} in the order of the text, {@code List<Object>}, {@code
 * String}, {@code Long} for an integer that fits one, {@code Double} for any other number, {@code
 * Boolean} and {@code null}.
 */
public final class Json {
  /** Nothing we read comes near. */
  private static final int MAX_DEPTH = 64;

  /** A value takes some 60 bytes at most, where the text can have one in two characters. */
  private static final int MAX_VALUES = 1 << 21;

  /** Keeps no names beyond a text: those of a file need not come again. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH + 1)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final JsonParser parser;
  private int values;
  private int depth;

  private Json(JsonParser parser) {
    this.parser = parser;
  }

  /** Text that is not JSON; the message says what was wrong at which character. */
  public static final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1L;

    SyntaxException(String what, JsonParser parser) {
      super(what + " at character " + parser.currentLocation().getCharOffset());
    }
  }

  /** Parses one value with nothing but white space around it. */
  public static Object parse(String text) throws SyntaxException {
    try (JsonParser parser = FACTORY.createParser(text)) {
      Json json = new Json(parser);
      try {
        parser.nextToken();
        Object value = json.value();
        if (parser.nextToken() != null) {
          throw json.error("text after the end");
        }
        return value;
      } catch (JsonProcessingException e) {
        throw json.error(IoErrors.excerpt(e.getOriginalMessage()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The value that begins with the current token; its last token is the current one after it. */
  private Object value() throws IOException, SyntaxException {
    if (++values > MAX_VALUES) {
      throw error("more than " + MAX_VALUES + " values");
    }
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw error("an early end");
    }
    if (token.isStructStart() && ++depth > MAX_DEPTH) {
      throw error("more than " + MAX_DEPTH + " levels");
    }
    return switch (token) {
      case START_OBJECT -> object();
      case START_ARRAY -> array();
      case VALUE_STRING -> string(parser.getText());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> number();
    };
  }

  private Map<String, Object> object() throws IOException, SyntaxException {
    Map<String, Object> map = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = string(parser.currentName());
      if (map.containsKey(key)) {
        throw error("the key \"" + IoErrors.excerpt(key) + "\" again");
      }
      parser.nextToken();
      map.put(key, value());
    }
    depth--;
    return map;
  }

  private List<Object> array() throws IOException, SyntaxException {
    List<Object> list = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      list.add(value());
    }
    depth--;
    return list;
  }

  private String string(String text) throws SyntaxException {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
          throw error("half a surrogate pair");
        }
        i++;
      }
    }
    return text;
  }

  private Object number() throws IOException, SyntaxException {
    if (parser.getNumberType() == JsonParser.NumberType.INT
        || parser.getNumberType() == JsonParser.NumberType.LONG) {
      return parser.getLongValue();
    }
    double value = parser.getDoubleValue();
    if (Double.isInfinite(value)) {
      throw error("a number too large");
    }
    return value;
  }

  private SyntaxException error(String what) {
    return new SyntaxException(what, parser);
  }

  /**
   * Formats a value without white space.
   *
   * @throws IllegalArgumentException for a number that is not finite or a type that is not JSON's
   */
  public static String format(Object value) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(out)) {
      write(generator, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString();
  }

  private static void write(JsonGenerator out, Object value) throws IOException {
    if (value instanceof Map<?, ?> map) {
      out.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.writeFieldName((String) entry.getKey());
        write(out, entry.getValue());
      }
      out.writeEndObject();
    } else if (value instanceof Iterable<?> items) {
      out.writeStartArray();
      for (Object item : items) {
        write(out, item);
      }
      out.writeEndArray();
    } else if (value instanceof String s) {
      out.writeString(s);
    } else if (value == null) {
      out.writeNull();
    } else if (value instanceof Boolean b) {
      out.writeBoolean(b);
    } else if (value instanceof Integer || value instanceof Long) {
      out.writeNumber(((Number) value).longValue());
    } else if (value instanceof Float f && Float.isFinite(f)) {
      out.writeNumber(f);
    } else if (value instanceof Double d && Double.isFinite(d)) {
      out.writeNumber(d);
    } else {
      throw new IllegalArgumentException("JSON has no " + value);
    }
  }
}
