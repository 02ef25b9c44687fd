package sakd.io;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import sakd.base.UserError;

/**
 * The weights in what {@code torch.save} pickled: of all dictionaries of tensors by name in it, the
 * one with the most. Of several with as many it is the averaged one (under a key such as {@code
 * state_dict_ema}, {@code model_ema}, {@code ema} or {@code teacher}), as in timm; then the one
 * under {@code state_dict}, {@code model_state_dict}, {@code model} or {@code net}; then the first.
 * What an optimizer holds is never taken.
 *
 * @param place the keys it lies under, joined by dots; empty for the whole file
 * @param tensors its tensors by name, in its order
 * @param others the places of the other dictionaries of as many tensors
 */
record StateDict(String place, Map<String, PthTensor> tensors, List<String> others) {
  /** What AveragedModel of PyTorch keeps beside the weights: not one of them. */
  static final String AVERAGED_COUNT = "n_averaged";

  private static final int MAX_DEPTH = 5;

  /** Places are made of keys, each of those below of the same ones again. */
  private static final int MAX_KEY = 200;

  /** Of a list, only so many items are looked into. */
  private static final int MAX_LIST = 16;

  private static final int SHOWN = 10;
  private static final String EXPECTED =
      "a state dict, save it in Python with torch.save(model.state_dict(), file)";
  private static final Pattern AVERAGED =
      Pattern.compile("(^|.*[._])(ema|swa|averaged|avg|teacher)([._].*|$)");
  private static final List<String> USUAL =
      List.of("state_dict", "model_state_dict", "model", "net");
  private static final Pattern OPTIMIZER = Pattern.compile(".*(optim|momentum|sched).*");
  private static final Set<String> OPTIMIZER_STATE = Set.of("exp_avg", "momentum_buffer");

  /** A dictionary with tensors; those that cannot be read are inert. */
  private record Found(String place, Map<String, Object> tensors) {
    int size() {
      return tensors.size() - (tensors.containsKey(AVERAGED_COUNT) ? 1 : 0);
    }

    /** The smaller, the sooner it is taken among equals. */
    int rank() {
      if (AVERAGED.matcher(place.toLowerCase(Locale.ROOT)).matches()) {
        return -1;
      }
      int usual = USUAL.indexOf(place.substring(place.lastIndexOf('.') + 1));
      return usual < 0 ? USUAL.size() : usual;
    }
  }

  /**
   * Finds the weights.
   *
   * @param root what was pickled
   * @throws UserError if nothing holds tensors by name, or one of them is of no kind that is read
   */
  static StateDict in(Path file, Object root) {
    List<Found> all = new ArrayList<>();
    search(root, "", 0, all, Collections.newSetFromMap(new IdentityHashMap<>()));
    Found best =
        all.stream()
            .min(Comparator.comparingInt((Found f) -> -f.size()).thenComparingInt(Found::rank))
            .orElseThrow(
                () ->
                    new UserError(
                        file
                            + ": it holds no tensors by name, "
                            + content(root)
                            + "; expected "
                            + EXPECTED));
    Map<String, PthTensor> tensors = new LinkedHashMap<>();
    best.tensors.forEach(
        (name, value) -> {
          if (value instanceof Pickled.Inert other) {
            throw new UserError(
                file
                    + ": the tensor "
                    + IoErrors.excerpt(name)
                    + " is made by "
                    + IoErrors.excerpt(other.name())
                    + "; expected a dense tensor of a usual type, convert it in Python with"
                    + " dequantize(), to_dense() or float()");
          }
          tensors.put(name, (PthTensor) value);
        });
    List<String> others =
        all.stream()
            .filter(f -> !f.place.equals(best.place) && f.size() == best.size())
            .map(Found::place)
            .toList();
    return new StateDict(best.place, tensors, others);
  }

  private static void search(
      Object at, String place, int depth, List<Found> all, Set<Object> seen) {
    Map<String, Object> entries = entries(at);
    // A dictionary can hold itself, or one below it many times.
    if (entries == null
        || depth > MAX_DEPTH
        || !seen.add(at)
        || OPTIMIZER.matcher(place.toLowerCase(Locale.ROOT)).matches()
        || !Collections.disjoint(entries.keySet(), OPTIMIZER_STATE)) {
      return;
    }
    Map<String, Object> tensors = new LinkedHashMap<>();
    entries.forEach(
        (key, value) -> {
          if (isTensor(value)) {
            tensors.put(key, value);
          } else if (key.length() <= MAX_KEY) {
            search(value, place.isEmpty() ? key : place + "." + key, depth + 1, all, seen);
          }
        });
    if (tensors.values().stream().anyMatch(PthTensor.class::isInstance)
        || (tensors.size() == entries.size() && !tensors.isEmpty())) {
      all.add(new Found(place, tensors));
    }
  }

  /** By key, or by number if it is a list. */
  private static Map<String, Object> entries(Object value) {
    if (!(value instanceof List<?> list)) {
      return Pickled.entries(value);
    }
    Map<String, Object> items = new LinkedHashMap<>();
    for (int i = 0; i < Math.min(MAX_LIST, list.size()); i++) {
      if (!isTensor(list.get(i))) {
        items.put(Integer.toString(i), list.get(i));
      }
    }
    return items;
  }

  private static boolean isTensor(Object value) {
    return value instanceof PthTensor
        || (value instanceof Pickled.Inert inert
            && inert.name().startsWith("torch.")
            && (inert.name().contains("._rebuild_") || inert.name().endsWith("Storage")));
  }

  /** In a few words, what there is instead. */
  private static String content(Object root) {
    if (!(root instanceof Map<?, ?> map)) {
      return "it is " + kind(root);
    }
    Stream<String> keys =
        map.entrySet().stream()
            .limit(SHOWN)
            .map(e -> IoErrors.excerpt((String) e.getKey()) + " (" + kind(e.getValue()) + ")");
    return map.isEmpty()
        ? "it is empty"
        : "its keys are "
            + keys.collect(Collectors.joining(", "))
            + (map.size() > SHOWN ? ", ..." : "");
  }

  private static String kind(Object value) {
    if (value instanceof PthTensor) {
      return "a tensor without a name";
    }
    Iterable<?> inside =
        value instanceof Map<?, ?> map
            ? map.values()
            : value instanceof List<?> list ? list : List.of();
    int tensors = 0;
    for (Object item : inside) {
      tensors += item instanceof PthTensor ? 1 : 0;
    }
    return Pickled.kind(value) + (tensors == 0 ? "" : " of " + tensors + " tensors");
  }
}
