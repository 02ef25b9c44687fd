package sakd.io;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.base.UserError;

/**
 * Reads Python's pickles, protocols 0 to 5, and can run nothing: a pickle is a program for a stack
 * machine that names functions to call. Here a name is a text; what a call of it stands for is told
 * by a {@link Pickled.Maker}, which knows a few names; any other makes a {@link Pickled.Inert}
 * value. So what nobody reads does not hinder, and whatever a pickle asks for, no code is looked up
 * by its name.
 *
 * <p>The values are those of {@link Pickled}.
 *
 * <p>A value takes some 60 bytes at most where the file has one, so their number is bounded.
 */
public final class Unpickler {
  static final int MAX_VALUES = 1 << 21;
  private static final int MAX_DIGITS = 1 << 12;

  private final Object file;
  private final PickleInput in;
  private final Pickled.Maker maker;
  private final String expected;
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private int values;

  /**
   * @param file named in errors
   * @param in stands at the start of a pickle, and after {@link #load} behind it
   * @param expected what the file should have been, for errors
   */
  Unpickler(Object file, PickleInput in, Pickled.Maker maker, String expected) {
    this.file = file;
    this.in = in;
    this.maker = maker;
    this.expected = expected;
  }

  /**
   * Reads one pickle that takes a whole file.
   *
   * @param file named in errors
   * @param expected what the file should have been, for errors
   * @throws UserError if it is damaged
   */
  public static Object load(Object file, byte[] content, Pickled.Maker maker, String expected) {
    PickleInput in = new PickleInput(new ByteArrayInputStream(content), content.length);
    Object value = new Unpickler(file, in, maker, expected).load();
    if (in.position() < content.length) {
      throw IoErrors.damaged(
          file, "it continues after its structure at byte " + in.position(), expected);
    }
    return value;
  }

  /** Whether a pickle of any protocol that names things early may start so. */
  static boolean canStartWith(byte first) {
    return first == (byte) 0x80 || first == 'c' || first == '(';
  }

  /**
   * Reads one pickle.
   *
   * @throws UserError if it is damaged
   */
  Object load() {
    try {
      for (int code = in.next(); code != '.'; code = in.next()) {
        step(code);
      }
      return pop();
    } catch (UserError e) {
      throw e;
    } catch (EOFException e) {
      throw damaged("it ends, or has a length that does not fit, at byte " + in.position());
    } catch (IOException e) {
      throw IoErrors.unreadable(file, expected, e);
    } catch (RuntimeException e) {
      // Operands that are missing, null, of another type or out of range, wherever they are used.
      UserError damaged = damaged("its structure makes no sense at byte " + in.position());
      damaged.initCause(e);
      throw damaged;
    }
  }

  private void step(int code) throws IOException {
    switch (code) {
      case 0x80 -> in.next(); // protocol
      case 0x95 -> in.skip(8); // frame: a length that only helps readers of streams
      case '(' -> marks.add(count(stack.size()));
      case '0' -> discard();
      case '1' -> sinceMark();
      case '2' -> push(top());
      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'I' -> push(integer(in.line()));
      case 'L' -> push(integer(in.line().replaceAll("L$", "")));
      case 'F' -> push(Double.valueOf(in.line()));
      case 'K' -> push(in.unsigned(1));
      case 'M' -> push(in.unsigned(2));
      case 'J' -> push((long) (int) in.unsigned(4));
      case 0x8a -> push(whole(in.signed(in.unsigned(1))));
      case 0x8b -> push(whole(in.signed(in.unsigned(4))));
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.unsigned(8))));
      case 'S' -> push(in.line().replaceAll("^['\"]|['\"]$", ""));
      case 'V' -> push(in.line());
      case 'U', 'C' -> push(bytes(in.unsigned(1)));
      case 'T', 'B' -> push(bytes(in.unsigned(4)));
      case 0x8e, 0x96 -> push(bytes(in.unsigned(8)));
      case 0x8c -> push(in.text(in.unsigned(1), StandardCharsets.UTF_8));
      case 'X' -> push(in.text(in.unsigned(4), StandardCharsets.UTF_8));
      case 0x8d -> push(in.text(in.unsigned(8), StandardCharsets.UTF_8));
      case ')', ']', 0x8f -> push(new ArrayList<>());
      case '}' -> push(new LinkedHashMap<>());
      case 't', 'l', 0x91 -> push(sinceMark());
      case 'd' -> {
        List<Object> items = sinceMark();
        push(new LinkedHashMap<>());
        setItems(items);
      }
      case 0x85, 0x86, 0x87 -> push(last(code - 0x84));
      case 'a' -> append(last(1));
      case 'e', 0x90 -> append(sinceMark());
      case 's' -> setItems(last(2));
      case 'u' -> setItems(sinceMark());
      case 'p' -> remember(Long.parseLong(in.line()));
      case 'q' -> remember(in.unsigned(1));
      case 'r' -> remember(in.unsigned(4));
      case 0x94 -> remember(memo.size());
      case 'g' -> push(remembered(Long.parseLong(in.line())));
      case 'h' -> push(remembered(in.unsigned(1)));
      case 'j' -> push(remembered(in.unsigned(4)));
      case 'c' -> push(new Pickled.Name(in.line() + "." + in.line()));
      case 0x93 -> {
        List<Object> names = last(2);
        push(new Pickled.Name((String) names.get(0) + "." + (String) names.get(1)));
      }
      case 'i' -> {
        Pickled.Name name = new Pickled.Name(in.line() + "." + in.line());
        push(call(name, sinceMark()));
      }
      case 'o' -> {
        List<Object> all = sinceMark();
        push(call(all.get(0), all.subList(1, all.size())));
      }
      case 'R', 0x81 -> {
        List<Object> all = last(2);
        push(call(all.get(0), (List<?>) all.get(1)));
      }
      case 0x92 -> { // with arguments by name, which nothing read here has
        List<Object> all = last(3);
        push(call(all.get(0), (List<?>) all.get(1)));
      }
      case 'b' -> {
        List<Object> all = last(1);
        maker.setState(top(), all.get(0));
      }
      case 'P' -> push(maker.outside(in.line()));
      case 'Q' -> push(maker.outside(pop()));
      case 0x98 -> top(); // "read only" of the value on top
      default ->
          throw damaged(
              String.format(
                  "it has 0x%02x at byte %d, which is not an instruction",
                  code, in.position() - 1));
    }
  }

  private Object call(Object function, List<?> arguments) {
    if (arguments == null) {
      throw new IllegalArgumentException("no arguments");
    }
    if (function instanceof Pickled.Inert inert) {
      return new Pickled.Inert(inert.name());
    }
    Pickled.Name name = (Pickled.Name) function;
    Object made = maker.call(name.text(), arguments);
    return made == null ? new Pickled.Inert(name.text()) : made;
  }

  // ---- stack ----

  /** Counts a value that a byte of the file asked for. */
  private <T> T count(T value) {
    if (++values > MAX_VALUES) {
      throw damaged("its structure has more than " + MAX_VALUES + " values");
    }
    return value;
  }

  private void push(Object value) {
    stack.add(count(value));
  }

  private Object pop() {
    return stack.remove(stack.size() - 1);
  }

  private Object top() {
    return stack.get(stack.size() - 1);
  }

  /** Takes the value on top off, or the mark where that is on top. */
  private void discard() {
    if (!marks.isEmpty() && marks.get(marks.size() - 1) == stack.size()) {
      marks.remove(marks.size() - 1);
    } else {
      pop();
    }
  }

  /** Takes the last values off the stack. */
  private List<Object> last(int count) {
    List<Object> tail = stack.subList(stack.size() - count, stack.size());
    List<Object> values = new ArrayList<>(tail);
    tail.clear();
    return values;
  }

  private List<Object> sinceMark() {
    return last(stack.size() - marks.remove(marks.size() - 1));
  }

  private void remember(long index) {
    memo.put(count(index), top());
  }

  private Object remembered(long index) {
    if (!memo.containsKey(index)) {
      throw new IllegalArgumentException("nothing is remembered as " + index);
    }
    return memo.get(index);
  }

  @SuppressWarnings("unchecked") // Only this class makes lists.
  private void append(List<Object> values) {
    if (!(top() instanceof Pickled.Inert)) {
      ((List<Object>) top()).addAll(values);
    }
  }

  @SuppressWarnings("unchecked") // Only this class makes maps.
  private void setItems(List<Object> items) {
    Map<String, Object> map =
        top() instanceof Pickled.Inert inert ? inert.ownItems() : (Map<String, Object>) top();
    for (int i = 0; i < items.size(); i += 2) {
      Object value = items.get(i + 1);
      if (items.get(i) instanceof String key) {
        map.put(key, value);
      }
    }
  }

  // ---- scalars ----

  /** Of protocol 0, which writes truth as 00 and 01. */
  private static Object integer(String digits) {
    if (digits.length() > MAX_DIGITS) {
      throw new NumberFormatException("a number with too many digits");
    }
    return switch (digits) {
      case "00" -> false;
      case "01" -> true;
      default -> whole(new BigInteger(digits));
    };
  }

  private static Object whole(BigInteger value) {
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  /** Every byte is a character. */
  private String bytes(long count) throws IOException {
    return in.text(count, StandardCharsets.ISO_8859_1);
  }

  private UserError damaged(String found) {
    return IoErrors.damaged(file, found, expected);
  }
}
