package sakd.data.set;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import sakd.base.UserError;
import sakd.io.IoErrors;
import sakd.io.Pickled;
import sakd.io.Unpickler;

/**
 * CIFAR's Python batches: a pickled dictionary of {@code data}, a NumPy array {@code [n, 3072]} of
 * bytes, and {@code labels} or {@code fine_labels}, a list. What else a batch may hold is inert.
 */
final class CifarPickle implements Pickled.Maker {
  private static final String EXPECTED = "a batch of CIFAR as published";
  private static final int IMAGE_BYTES = 3072;
  private static final String RECONSTRUCT = ".multiarray._reconstruct";

  /** A type of elements, as NumPy spells it. */
  private record Dtype(String name) {}

  /** An array, of which the state comes after it was made: (version, shape, dtype, order, data). */
  private static final class Array {
    List<?> state = List.of();
  }

  private final Object file;
  private final Map<?, ?> dictionary;

  private CifarPickle(Object file, byte[] content) {
    this.file = file;
    Object value = Unpickler.load(file, content, this, EXPECTED);
    if (!(value instanceof Map<?, ?> map)) {
      throw IoErrors.damaged(file, "it is " + Pickled.kind(value), EXPECTED);
    }
    dictionary = map;
  }

  /** Reads a batch. */
  static CifarReader.Batch read(CifarPlace place, String name, byte[] content) {
    return new CifarPickle(place.name(name), content).batch(place.layout().labelKey);
  }

  /** The class names of the file beside the batches. */
  static List<String> classNames(CifarPlace place, byte[] content) {
    CifarPickle pickle = new CifarPickle(place.name(place.layout().namesFile), content);
    String key = place.layout().kind == DatasetKind.CIFAR10 ? "label_names" : "fine_label_names";
    if (!(pickle.dictionary.get(key) instanceof List<?> names)
        || !names.stream().allMatch(String.class::isInstance)) {
      throw pickle.damaged("it has no list of strings '" + key + "'");
    }
    return names.stream().map(String.class::cast).toList();
  }

  private CifarReader.Batch batch(String key) {
    if (!(dictionary.get("data") instanceof Array array)
        || array.state.size() != 5
        || !(array.state.get(1) instanceof List<?> shape)
        || !(array.state.get(4) instanceof String data)
        || !(dictionary.get(key) instanceof List<?> classes)) {
      throw damaged("it has no array 'data' and list '" + key + "'");
    }
    int count = classes.size();
    if (!shape.equals(List.of((long) count, (long) IMAGE_BYTES))
        || data.length() != (long) count * IMAGE_BYTES
        || !new Dtype("u1").equals(array.state.get(2))
        || !Boolean.FALSE.equals(array.state.get(3))) {
      throw damaged(
          "its array is not of " + count + " x " + IMAGE_BYTES + " bytes, as there are labels");
    }
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] =
          classes.get(i) instanceof Long label ? (int) Math.max(-1, Math.min(label, 1000)) : -1;
    }
    return new CifarReader.Batch(data.getBytes(StandardCharsets.ISO_8859_1), labels);
  }

  @Override
  public Object call(String function, List<?> arguments) {
    return switch (function) {
      case "numpy.core" + RECONSTRUCT, "numpy._core" + RECONSTRUCT -> new Array();
      case "numpy.dtype" -> new Dtype((String) arguments.get(0));
      // Of text in Latin-1: the bytes that it stands for.
      case "_codecs.encode" -> (String) arguments.get(0);
      default -> null;
    };
  }

  @Override
  public void setState(Object object, Object state) {
    if (object instanceof Array array) {
      array.state = (List<?>) state;
    }
  }

  private UserError damaged(String found) {
    return IoErrors.damaged(file, found, EXPECTED);
  }
}
