package sakd.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import sakd.io.IoErrors;
import sakd.io.UserError;

/**
 * CIFAR's Python batches: a pickled dictionary of {@code data}, a NumPy array {@code [n, 3072]} of
 * bytes, and {@code labels} or {@code fine_labels}, a list.
 *
 * <p>A pickle is a program for a stack machine that names functions to call. Here nothing is ever
 * called: the names that make up an array are let in and everything else is refused by name. Byte
 * strings become texts in Latin-1, in which every byte is a character.
 */
final class CifarPickle {
  private static final String RECONSTRUCT = ".multiarray._reconstruct";
  private static final String DTYPE = "numpy.dtype";
  private static final String ENCODE = "_codecs.encode";
  private static final Set<String> NAMES =
      Set.of(
          "numpy.core" + RECONSTRUCT, "numpy._core" + RECONSTRUCT, "numpy.ndarray", DTYPE, ENCODE);

  /** What a pickle may name. */
  private record Global(String name) {}

  /** An array, of which the state comes after it was made: (version, shape, dtype, order, data). */
  private static final class Array {
    List<?> state = List.of();
  }

  private static final Object MARK = new Object();

  private final Object file;
  private final ByteBuffer in;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();

  private CifarPickle(Object file, byte[] content) {
    this.file = file;
    this.in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Reads a batch. */
  static CifarReader.Batch read(CifarPlace place, String name, byte[] content) {
    CifarPickle pickle = new CifarPickle(place.name(name), content);
    Map<?, ?> batch = pickle.dictionary();
    String key = place.layout().labelKey;
    if (!(batch.get("data") instanceof Array array)
        || array.state.size() != 5
        || !(array.state.get(1) instanceof List<?> shape)
        || !(array.state.get(4) instanceof String data)
        || !(batch.get(key) instanceof List<?> classes)) {
      throw pickle.damaged("it has no array 'data' and list '" + key + "'");
    }
    int count = classes.size();
    if (!shape.equals(List.of((long) count, 3072L))
        || data.length() != count * 3072L
        || !Boolean.FALSE.equals(array.state.get(3))) {
      throw pickle.damaged("its array is not of " + count + " x 3072 bytes, as there are labels");
    }
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] =
          classes.get(i) instanceof Long label ? (int) Math.max(-1, Math.min(label, 1000)) : -1;
    }
    return new CifarReader.Batch(data.getBytes(StandardCharsets.ISO_8859_1), labels);
  }

  /** The class names of the file beside the batches. */
  static List<String> classNames(CifarPlace place, byte[] content) {
    CifarPickle pickle = new CifarPickle(place.name(place.layout().namesFile), content);
    Map<?, ?> meta = pickle.dictionary();
    String key = place.layout().kind == DatasetKind.CIFAR10 ? "label_names" : "fine_label_names";
    if (!(meta.get(key) instanceof List<?> names)
        || !names.stream().allMatch(String.class::isInstance)) {
      throw pickle.damaged("it has no list of texts '" + key + "'");
    }
    return names.stream().map(String.class::cast).toList();
  }

  private Map<?, ?> dictionary() {
    try {
      for (int code = in.get() & 0xff; code != '.'; code = in.get() & 0xff) {
        step(code);
      }
      if (pop() instanceof Map<?, ?> map && !in.hasRemaining()) {
        return map;
      }
    } catch (RuntimeException e) {
      if (e instanceof UserError) {
        throw e;
      }
      // Operands that are missing, of another type or out of range: checked where they are used.
    }
    throw damaged("its structure makes no sense at byte " + in.position());
  }

  private void step(int code) {
    switch (code) {
      case 0x80 -> in.get(); // The protocol.
      case 0x95 -> in.getLong(); // A length that only helps readers of streams.
      case '(' -> stack.add(MARK);
      case 'N' -> stack.add(null);
      case 0x88 -> stack.add(true);
      case 0x89 -> stack.add(false);
      case 'I' -> stack.add(number(line()));
      case 'K' -> stack.add((long) (in.get() & 0xff));
      case 'M' -> stack.add((long) (in.getShort() & 0xffff));
      case 'J' -> stack.add((long) in.getInt());
      case 'S' -> stack.add(line().replaceAll("^'|'$", ""));
      case 'U', 'C' -> stack.add(text(in.get() & 0xff, StandardCharsets.ISO_8859_1));
      case 'T', 'B' -> stack.add(text(in.getInt(), StandardCharsets.ISO_8859_1));
      case 0x8c -> stack.add(text(in.get() & 0xff, StandardCharsets.UTF_8));
      case 'X' -> stack.add(text(in.getInt(), StandardCharsets.UTF_8));
      case 0x8e -> stack.add(text(Math.toIntExact(in.getLong()), StandardCharsets.ISO_8859_1));
      case ')', ']' -> stack.add(new ArrayList<>());
      case '}' -> stack.add(new HashMap<>());
      case 't', 'l' -> stack.add(sinceMark());
      case 'd' -> {
        List<Object> items = sinceMark();
        stack.add(new HashMap<>());
        setItems(items);
      }
      case 0x85, 0x86, 0x87 -> stack.add(last(code - 0x84));
      case 'a' -> append(last(1));
      case 'e' -> append(sinceMark());
      case 's' -> setItems(last(2));
      case 'u' -> setItems(sinceMark());
      case 'p' -> memo.put(Long.valueOf(line()), top());
      case 'q' -> memo.put((long) (in.get() & 0xff), top());
      case 'r' -> memo.put((long) in.getInt(), top());
      case 0x94 -> memo.put((long) memo.size(), top());
      case 'g' -> stack.add(remembered(Long.parseLong(line())));
      case 'h' -> stack.add(remembered(in.get() & 0xff));
      case 'j' -> stack.add(remembered(in.getInt()));
      case 'c' -> stack.add(global(line() + "." + line()));
      case 0x93 -> {
        List<Object> names = last(2);
        stack.add(global((String) names.get(0) + "." + (String) names.get(1)));
      }
      case 'R' -> {
        List<?> arguments = (List<?>) pop();
        stack.add(made((Global) pop(), arguments));
      }
      case 'b' -> {
        Object state = pop();
        if (top() instanceof Array array) {
          array.state = (List<?>) state;
        }
      }
      default -> throw new IllegalArgumentException("no step");
    }
  }

  private Object made(Global function, List<?> arguments) {
    if (function.name.endsWith(RECONSTRUCT)) {
      return new Array();
    }
    if (function.name.equals(ENCODE)) {
      return (String) arguments.get(0); // Of Latin-1 text: the bytes that it stands for.
    }
    if (function.name.equals(DTYPE) && !"u1".equals(arguments.get(0))) {
      throw damaged("its array is not of bytes");
    }
    return function;
  }

  /** The one place where a name is let in. */
  private Global global(String name) {
    if (!NAMES.contains(name)) {
      throw new UserError(
          file
              + " asks for "
              + name
              + ", which could run a program; expected only an array and labels, download it"
              + " again");
    }
    return new Global(name);
  }

  private static Object number(String text) {
    return switch (text) {
      case "00" -> false;
      case "01" -> true;
      default -> Long.valueOf(text);
    };
  }

  private String text(int length, Charset charset) {
    if (length < 0 || length > in.remaining()) {
      throw new IndexOutOfBoundsException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, charset);
  }

  private String line() {
    int from = in.position();
    while (in.get() != '\n') {
      // Goes on to the end of the line.
    }
    return new String(in.array(), from, in.position() - 1 - from, StandardCharsets.ISO_8859_1);
  }

  private Object pop() {
    return stack.remove(stack.size() - 1);
  }

  private Object top() {
    return stack.get(stack.size() - 1);
  }

  private List<Object> last(int count) {
    List<Object> tail = stack.subList(stack.size() - count, stack.size());
    List<Object> values = new ArrayList<>(tail);
    tail.clear();
    return values;
  }

  private List<Object> sinceMark() {
    int mark = stack.lastIndexOf(MARK);
    List<Object> values = last(stack.size() - mark - 1);
    pop();
    return values;
  }

  private Object remembered(long index) {
    if (!memo.containsKey(index)) {
      throw new IndexOutOfBoundsException();
    }
    return memo.get(index);
  }

  @SuppressWarnings("unchecked") // Only this class makes lists and maps.
  private void append(List<Object> values) {
    ((List<Object>) top()).addAll(values);
  }

  @SuppressWarnings("unchecked")
  private void setItems(List<Object> items) {
    for (int i = 0; i < items.size(); i += 2) {
      ((Map<String, Object>) top()).put((String) items.get(i), items.get(i + 1));
    }
  }

  private UserError damaged(String found) {
    return IoErrors.damaged(file, found, "a batch of CIFAR as published");
  }
}
