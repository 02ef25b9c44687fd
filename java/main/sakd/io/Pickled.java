package sakd.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What pickles are read as: {@code Map<String, Object>} for dictionaries (entries under other keys
 * are dropped), {@code List<Object>} for lists, tuples and sets, {@code String} for text and, in
 * Latin-1, for bytes, {@code Long}, {@code Double}, {@code Boolean}, {@code null}, {@code
 * BigInteger} for integers beyond 64 bits, {@link Name}, {@link Inert} and what a {@link Maker}
 * made.
 */
public final class Pickled {
  private Pickled() {}

  /** A function or class that a pickle names. */
  public record Name(String text) {}

  /** What a call made that nobody here reads, or an unknown step's result. */
  public static final class Inert {
    private final String name;
    private Map<String, Object> items = Map.of();

    /** An object that was made by a function or class of that name. */
    public Inert(String name) {
      this.name = name;
    }

    /** The function or class. */
    public String name() {
      return name;
    }

    /** What was put into it by key: its class may be a dictionary. */
    public Map<String, Object> items() {
      return items;
    }

    /** Where to put them. */
    Map<String, Object> ownItems() {
      if (items.isEmpty()) {
        items = new LinkedHashMap<>();
      }
      return items;
    }
  }

  /**
   * What the calls of one kind of pickle stand for. Arguments of other types than expected may be
   * cast or unboxed as they are: what that throws is told as damage.
   */
  public interface Maker {
    /** The value of a call, or null if the function is of no use here. */
    Object call(String function, List<?> arguments);

    /** What the file holds outside of the pickle under an identifier. */
    default Object outside(Object id) {
      return new Inert("persistent_load");
    }

    /** Gives an object its state, after it was made. */
    default void setState(Object object, Object state) {}
  }

  /** The entries of a dictionary or of an object that may be one, or null if a value is neither. */
  @SuppressWarnings("unchecked") // Only an unpickler makes maps.
  static Map<String, Object> entries(Object value) {
    if (value instanceof Inert inert) {
      return inert.items;
    }
    return value instanceof Map<?, ?> map ? (Map<String, Object>) map : null;
  }

  /** For messages: what a value is. */
  public static String kind(Object value) {
    if (value instanceof Inert inert) {
      return "an object of " + IoErrors.excerpt(inert.name);
    }
    if (value instanceof Name name) {
      return "the name " + IoErrors.excerpt(name.text);
    }
    if (value instanceof Map) {
      return "a dictionary";
    }
    if (value instanceof List) {
      return "a list";
    }
    if (value instanceof String) {
      return "text";
    }
    return value == null ? "None" : value instanceof Boolean ? "a truth value" : "a number";
  }
}
