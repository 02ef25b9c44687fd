package sakd.io;

import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the part of Python's pickle format that {@code torch.save} writes for weights, and can run
 * nothing: a pickle is a program for a stack machine that names functions to call, and here such a
 * name is either one of the few below, each a case of a switch, or an error. A general library
 * would look names up in a table of constructors and make a map of the rest, so that what is
 * refused would depend on what else is registered.
 *
 * <p>Values are {@code Map<Object, Object>} for dictionaries, {@code List<Object>} for lists and
 * tuples, {@code String}, {@code Long}, {@code Double}, {@code Boolean}, {@code null}, {@code
 * BigInteger} for integers beyond 64 bits, {@link PthTensor}, and {@link #INERT} for what a
 * checkpoint may hold besides and nobody here reads.
 */
final class Unpickler {
  /** What is known to be harmless and of no use. */
  static final Object INERT = new Object();

  /** A pickle holds names and shapes; the weights themselves are outside. */
  private static final int MAX_BYTES = 16 << 20;

  private static final int MAX_ITEMS = 1 << 20;
  private static final int MAX_RANK = 16;

  private static final String EXPECTED = "a state dict written by torch.save";
  private static final String ORDERED_DICT = "collections.OrderedDict";
  private static final String REBUILD = "torch._utils._rebuild_tensor";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final String STORAGE_PREFIX = "torch.";

  /** What training scripts store beside weights: arguments, and numpy's numbers. */
  private static final Set<String> IGNORED =
      Set.of(
          "argparse.Namespace",
          "torch.Size",
          "torch.device",
          "numpy.dtype",
          "numpy.core.multiarray.scalar",
          "numpy._core.multiarray.scalar",
          "_codecs.encode");

  /** A function or class that the pickle may name. */
  private record Global(String name) {}

  private final Path file;
  private final PickleInput in;
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private final Map<String, PthTensor.Storage> storages = new LinkedHashMap<>();
  private int itemsCopied;

  /**
   * @param file named in errors
   * @param in stands at the start of a pickle, and after {@link #load} behind it
   */
  Unpickler(Path file, PickleInput in) {
    this.file = file;
    this.in = in;
  }

  /** Whether a pickle of any protocol that names things early may start so. */
  static boolean canStartWith(byte first) {
    return first == (byte) 0x80 || first == 'c' || first == '(';
  }

  /** Every storage that was named, by key. */
  Map<String, PthTensor.Storage> storages() {
    return storages;
  }

  /**
   * Reads one pickle.
   *
   * @throws UserError if it is damaged, or asks for anything that is not part of a state dict
   */
  Object load() {
    long limit = in.position() + MAX_BYTES;
    try {
      for (int code = in.next(); code != '.'; code = in.next()) {
        step(code);
        if (in.position() > limit) {
          throw damaged("its structure alone takes more than " + MAX_BYTES + " bytes");
        }
      }
      return pop();
    } catch (EOFException e) {
      throw damaged("it ends within the list of its tensors");
    } catch (IOException e) {
      throw IoErrors.unreadable(file, EXPECTED, e);
    } catch (ClassCastException
        | IndexOutOfBoundsException
        | ArithmeticException
        | IllegalArgumentException e) {
      // Operands that are missing, of another type or out of range: checked where they are used.
      throw damaged("the list of its tensors makes no sense at byte " + in.position());
    }
  }

  private void step(int code) throws IOException {
    switch (code) {
      case 0x80 -> in.next(); // protocol
      case 0x95 -> in.skip(8); // frame: a length that only helps readers of streams
      case '(' -> marks.add(stack.size());
      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push(in.unsigned(1));
      case 'M' -> push(in.unsigned(2));
      case 'J' -> push((long) (int) in.unsigned(4));
      case 0x8a -> push(whole(in.signed(in.next())));
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(longBits())));
      case 'X', 'T' -> push(in.text(in.unsigned(4)));
      case 0x8c, 'U' -> push(in.text(in.unsigned(1)));
      case 'B' -> skipBytes(in.unsigned(4));
      case 'C' -> skipBytes(in.unsigned(1));
      case ')' -> push(new ArrayList<>());
      case ']' -> push(new ArrayList<>());
      case '}' -> push(new LinkedHashMap<>());
      case 't' -> push(sinceMark());
      case 0x85, 0x86, 0x87 -> push(last(code - 0x84));
      case 'a' -> append(last(1));
      case 'e' -> append(sinceMark());
      case 's' -> setItems(last(2));
      case 'u' -> setItems(sinceMark());
      case 'q' -> memo.put(in.unsigned(1), top());
      case 'r' -> memo.put(in.unsigned(4), top());
      case 0x94 -> memo.put((long) memo.size(), top());
      case 'h' -> push(remembered(in.unsigned(1)));
      case 'j' -> push(remembered(in.unsigned(4)));
      case 'c', 'i' -> push(global(in.line() + "." + in.line())); // i is of protocol 0
      case 0x93 -> {
        List<Object> names = last(2);
        push(global((String) names.get(0) + "." + (String) names.get(1)));
      }
      case 'R', 0x81 -> {
        List<?> arguments = (List<?>) pop();
        push(call((Global) pop(), arguments));
      }
      case 'b' -> pop(); // the state of an object: _metadata of an OrderedDict, or of no use
      case 'Q' -> push(storage((List<?>) pop()));
      default ->
          throw damaged(
              String.format("it has 0x%02x at byte %d, which is no step", code, in.position() - 1));
    }
  }

  // ---- stack ----

  private void push(Object value) {
    stack.add(value);
  }

  private Object pop() {
    return stack.remove(stack.size() - 1);
  }

  private Object top() {
    return stack.get(stack.size() - 1);
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
  private void setItems(List<Object> keysAndValues) {
    if (top() == INERT) {
      return;
    }
    Map<Object, Object> map = (Map<Object, Object>) top();
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      put(map, keysAndValues.get(i), keysAndValues.get(i + 1));
    }
  }

  /** A container as a key could hold itself, whose hash would have no end. */
  private static void put(Map<Object, Object> map, Object key, Object value) {
    if (key instanceof Map || key instanceof List) {
      throw new ClassCastException();
    }
    map.put(key, value);
  }

  // ---- scalars ----

  private long longBits() throws IOException {
    return in.unsigned(4) | in.unsigned(4) << 32;
  }

  private static Object whole(BigInteger value) {
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private void skipBytes(long count) throws IOException {
    in.skip(count);
    push(INERT);
  }

  // ---- names ----

  /** The one place where a name is let in. */
  private Global global(String name) {
    boolean known =
        name.equals(ORDERED_DICT)
            || name.equals(REBUILD)
            || name.equals(REBUILD + "_v2")
            || name.equals(PARAMETER)
            || storageType(name) != null
            || IGNORED.contains(name);
    if (!known) {
      throw new UserError(
          file
              + " asks for "
              + name
              + ", which could run a program; expected only tensors, save them in Python with"
              + " torch.save(model.state_dict(), file)");
    }
    return new Global(name);
  }

  private static String storageType(String name) {
    return name.startsWith(STORAGE_PREFIX)
        ? PthTensor.dtypeOf(name.substring(STORAGE_PREFIX.length()))
        : null;
  }

  private Object call(Global function, List<?> arguments) {
    return switch (function.name) {
      case ORDERED_DICT -> orderedDict(arguments);
      case REBUILD, REBUILD + "_v2" -> tensor(arguments);
      case PARAMETER -> arguments.get(0);
      default -> INERT;
    };
  }

  /** Python 2 pickled the items as an argument, which could be repeated at will. */
  private Map<Object, Object> orderedDict(List<?> arguments) {
    Map<Object, Object> map = new LinkedHashMap<>();
    if (!arguments.isEmpty()) {
      List<?> items = (List<?>) arguments.get(0);
      itemsCopied += items.size();
      if (itemsCopied > MAX_ITEMS) {
        throw new IllegalArgumentException();
      }
      for (Object item : items) {
        List<?> pair = (List<?>) item;
        put(map, pair.get(0), pair.get(1));
      }
    }
    return map;
  }

  /** ('storage', type, key, device, number of elements[, null]). */
  private PthTensor.Storage storage(List<?> id) {
    if (!id.get(0).equals("storage") || (id.size() > 5 && id.get(5) != null)) {
      throw damaged("it has a storage that is part of another");
    }
    String type = ((Global) id.get(1)).name;
    long numel = (Long) id.get(4);
    PthTensor.Storage storage = new PthTensor.Storage(storageType(type), (String) id.get(2), numel);
    PthTensor.Storage before = storages.putIfAbsent(storage.key(), storage);
    if (storage.dtype() == null
        || numel < 0
        || numel > Integer.MAX_VALUE
        || (before != null && !before.equals(storage))) {
      throw damaged(
          "the storage " + storage.key() + " is of " + numel + " elements, or of two descriptions");
    }
    return storage;
  }

  /** (storage, offset, size, stride, ...). */
  private static PthTensor tensor(List<?> arguments) {
    int rank = ((List<?>) arguments.get(2)).size();
    if (rank > MAX_RANK || rank != ((List<?>) arguments.get(3)).size()) {
      throw new IllegalArgumentException();
    }
    int[] shape =
        ((List<?>) arguments.get(2)).stream().mapToInt(d -> Math.toIntExact((Long) d)).toArray();
    long[] stride = ((List<?>) arguments.get(3)).stream().mapToLong(d -> (Long) d).toArray();
    return new PthTensor(
        (PthTensor.Storage) arguments.get(0), (Long) arguments.get(1), shape, stride);
  }

  private UserError damaged(String found) {
    return IoErrors.damaged(file, found, EXPECTED);
  }
}
