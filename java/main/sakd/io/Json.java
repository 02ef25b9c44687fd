package sakd.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * JSON (RFC 8259), strictly: no comments, no trailing commas, no duplicate keys, no lone
 * surrogates, at most {@value #MAX_DEPTH} levels and 2^21 values.
 *
 * <p>Values are {@code Map<String, Object>} in the order of the text, {@code List<Object>}, {@code
 * String}, {@code Long} for an integer that fits one, {@code Double} for any other number, {@code
 * Boolean} and {@code null}.
 */
public final class Json {
  /** Deeper text would need a deeper stack; nothing we read comes near. */
  private static final int MAX_DEPTH = 64;

  /** A value takes some 60 bytes at most, where the text can have one in two characters. */
  private static final int MAX_VALUES = 1 << 21;

  private static final Pattern NUMBER =
      Pattern.compile("-?(?:0|[1-9][0-9]*+)(\\.[0-9]++)?([eE][+-]?[0-9]++)?");

  private final String text;
  private final Matcher number;
  private int at;
  private int values;

  private Json(String text) {
    this.text = text;
    this.number = NUMBER.matcher(text);
  }

  /** Text that is not JSON; the message says what was wrong at which character. */
  public static final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1L;

    SyntaxException(String message) {
      super(message);
    }
  }

  /** Parses one value with nothing but white space around it. */
  public static Object parse(String text) throws SyntaxException {
    Json json = new Json(text);
    Object value = json.value(0);
    if (json.peek() != '\0' || json.at < text.length()) {
      throw json.error("text after the end");
    }
    return value;
  }

  /**
   * Formats a value without white space.
   *
   * @throws IllegalArgumentException for a number that is not finite or a type that is not JSON's
   */
  public static String format(Object value) {
    StringBuilder out = new StringBuilder();
    append(out, value);
    return out.toString();
  }

  private Object value(int depth) throws SyntaxException {
    if (depth > MAX_DEPTH) {
      throw error("more than " + MAX_DEPTH + " levels");
    }
    if (++values > MAX_VALUES) {
      throw error("more than " + MAX_VALUES + " values");
    }
    return switch (peek()) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> string();
      case 't' -> literal("true", true);
      case 'f' -> literal("false", false);
      case 'n' -> literal("null", null);
      default -> number();
    };
  }

  private Map<String, Object> object(int depth) throws SyntaxException {
    Map<String, Object> map = new LinkedHashMap<>();
    at++;
    if (peek() == '}') {
      at++;
      return map;
    }
    while (true) {
      if (peek() != '"') {
        throw error("no key in quotes");
      }
      String key = string();
      if (peek() != ':') {
        throw error("no colon");
      }
      at++;
      Object value = value(depth + 1);
      if (map.containsKey(key)) {
        throw error("the key \"" + abbreviate(key) + "\" again");
      }
      map.put(key, value);
      if (endOrComma('}')) {
        return map;
      }
    }
  }

  private List<Object> array(int depth) throws SyntaxException {
    List<Object> list = new ArrayList<>();
    at++;
    if (peek() == ']') {
      at++;
      return list;
    }
    while (true) {
      list.add(value(depth + 1));
      if (endOrComma(']')) {
        return list;
      }
    }
  }

  private boolean endOrComma(char end) throws SyntaxException {
    char c = peek();
    if (c != end && c != ',') {
      throw error("no comma and no " + end);
    }
    at++;
    return c == end;
  }

  private String string() throws SyntaxException {
    StringBuilder out = new StringBuilder();
    at++;
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') {
        return out.toString();
      } else if (c == '\\') {
        escape(out);
      } else if (c < ' ') {
        throw error("a control character in a string");
      } else {
        out.append(c);
      }
    }
    throw error("a string without end");
  }

  private void escape(StringBuilder out) throws SyntaxException {
    char c = at < text.length() ? text.charAt(at++) : '\0';
    switch (c) {
      case '"', '\\', '/' -> out.append(c);
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'n' -> out.append('\n');
      case 'r' -> out.append('\r');
      case 't' -> out.append('\t');
      case 'u' -> {
        char high = hex();
        out.append(high);
        if (Character.isLowSurrogate(high)) {
          throw error("half a surrogate pair");
        }
        if (Character.isHighSurrogate(high)) {
          char low = text.startsWith("\\u", at) ? hexAfterEscape() : '\0';
          if (!Character.isLowSurrogate(low)) {
            throw error("half a surrogate pair");
          }
          out.append(low);
        }
      }
      default -> throw error("an unknown escape");
    }
  }

  private char hexAfterEscape() throws SyntaxException {
    at += 2;
    return hex();
  }

  private char hex() throws SyntaxException {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      char c = at < text.length() ? text.charAt(at++) : '\0';
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw error("not four hexadecimal digits");
      }
      code = code << 4 | digit;
    }
    return (char) code;
  }

  private Object literal(String word, Object value) throws SyntaxException {
    if (!text.startsWith(word, at)) {
      throw error("an unknown word");
    }
    at += word.length();
    return value;
  }

  private Object number() throws SyntaxException {
    number.region(at, text.length());
    if (!number.lookingAt()) {
      throw error(at < text.length() ? "no value" : "an early end");
    }
    at = number.end();
    String digits = number.group();
    if (number.group(1) == null && number.group(2) == null && digits.length() <= 20) {
      try {
        return Long.valueOf(digits);
      } catch (NumberFormatException e) {
        return Double.valueOf(digits);
      }
    }
    double value = Double.parseDouble(digits);
    if (Double.isInfinite(value)) {
      throw error("a number too large");
    }
    return value;
  }

  /** The next character that is not white space, '\0' at the end. */
  private char peek() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return c;
      }
      at++;
    }
    return '\0';
  }

  private SyntaxException error(String what) {
    return new SyntaxException(what + " at character " + at);
  }

  private static String abbreviate(String s) {
    return s.length() <= 40 ? s : s.substring(0, 40) + "...";
  }

  private static void append(StringBuilder out, Object value) {
    if (value instanceof Map<?, ?> map) {
      String separator = "{";
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(separator);
        quote(out, (String) entry.getKey());
        out.append(':');
        append(out, entry.getValue());
        separator = ",";
      }
      out.append(map.isEmpty() ? "{}" : "}");
    } else if (value instanceof Iterable<?> items) {
      out.append('[');
      String separator = "";
      for (Object item : items) {
        out.append(separator);
        append(out, item);
        separator = ",";
      }
      out.append(']');
    } else if (value instanceof String s) {
      quote(out, s);
    } else if (value == null
        || value instanceof Boolean
        || value instanceof Integer
        || value instanceof Long
        || (value instanceof Float f && Float.isFinite(f))
        || (value instanceof Double d && Double.isFinite(d))) {
      out.append(value);
    } else {
      throw new IllegalArgumentException("JSON has no " + value);
    }
  }

  private static void quote(StringBuilder out, String s) {
    out.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append("\\u00").append(Character.forDigit(c >> 4, 16));
        out.append(Character.forDigit(c & 15, 16));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
