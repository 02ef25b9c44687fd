package sakd.io;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the pickles of {@code torch.save} are made of: dictionaries and {@link PthTensor}s. All
 * else, be it an optimizer's class or a call of the system, is inert.
 */
final class PthPickle implements Pickled.Maker {
  private static final int MAX_RANK = 16;
  private static final String STORAGE_PREFIX = "torch.";
  private static final String REBUILD = "torch._utils._rebuild_tensor";

  private final Map<String, PthTensor.Storage> storages = new LinkedHashMap<>();
  private final Map<String, String> otherTypes = new HashMap<>();
  private int itemsCopied;

  /** Every storage that was named, by key. */
  Map<String, PthTensor.Storage> storages() {
    return storages;
  }

  /** The types of storages that are not read, such as those of quantised tensors, by key. */
  Map<String, String> otherTypes() {
    return otherTypes;
  }

  @Override
  public Object call(String function, List<?> arguments) {
    return switch (function) {
      case "collections.OrderedDict" -> orderedDict(arguments);
      case REBUILD, REBUILD + "_v2" -> tensor(arguments);
      // A tensor and what is said of it, such as attributes or whether it has a gradient.
      case "torch._utils._rebuild_parameter",
          "torch._utils._rebuild_parameter_with_state",
          "torch._utils._rebuild_device_tensor_from_cpu_tensor" ->
          arguments.get(0);
      case "torch._tensor._rebuild_from_type_v2" ->
          call(((Pickled.Name) arguments.get(0)).text(), (List<?>) arguments.get(2));
      default -> null;
    };
  }

  /** Python 2 pickled the items as an argument, which could be repeated at will. */
  private Map<String, Object> orderedDict(List<?> arguments) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (!arguments.isEmpty()) {
      List<?> items = (List<?>) arguments.get(0);
      itemsCopied += items.size();
      if (itemsCopied > Unpickler.MAX_VALUES) {
        throw new IllegalArgumentException("items copied again and again");
      }
      for (Object item : items) {
        List<?> pair = (List<?>) item;
        if (pair.get(0) instanceof String key) {
          map.put(key, pair.get(1));
        }
      }
    }
    return map;
  }

  /**
   * ('storage', type, key, device, number of elements[, null]), or ('module', class, ...) for a
   * class whose source is kept beside.
   */
  @Override
  public Object outside(Object value) {
    List<?> id = (List<?>) value;
    String type = ((Pickled.Name) id.get(1)).text();
    if ("module".equals(id.get(0))) {
      return id.get(1);
    }
    if (!"storage".equals(id.get(0)) || (id.size() > 5 && id.get(5) != null)) {
      throw new IllegalArgumentException("a storage that is part of another");
    }
    String dtype =
        type.startsWith(STORAGE_PREFIX)
            ? PthTensor.dtypeOf(type.substring(STORAGE_PREFIX.length()))
            : null;
    if (dtype == null) {
      otherTypes.put((String) id.get(2), type);
      return new Pickled.Inert(type);
    }
    PthTensor.Storage storage =
        new PthTensor.Storage(dtype, (String) id.get(2), Math.toIntExact((Long) id.get(4)));
    PthTensor.Storage before = storages.putIfAbsent(storage.key(), storage);
    if (storage.key() == null
        || storage.numel() < 0
        || (before != null && !before.equals(storage))) {
      throw new IllegalArgumentException("a storage without key, or of two descriptions");
    }
    return storage;
  }

  /** (storage, offset, size, stride, ...). */
  private static Object tensor(List<?> arguments) {
    if (arguments.get(0) instanceof Pickled.Inert otherType) {
      return otherType;
    }
    int rank = ((List<?>) arguments.get(2)).size();
    if (rank > MAX_RANK || rank != ((List<?>) arguments.get(3)).size()) {
      throw new IllegalArgumentException("a tensor of rank " + rank);
    }
    int[] shape =
        ((List<?>) arguments.get(2)).stream().mapToInt(d -> Math.toIntExact((Long) d)).toArray();
    long[] stride = ((List<?>) arguments.get(3)).stream().mapToLong(d -> (Long) d).toArray();
    return new PthTensor(
        (PthTensor.Storage) arguments.get(0), (Long) arguments.get(1), shape, stride);
  }
}
