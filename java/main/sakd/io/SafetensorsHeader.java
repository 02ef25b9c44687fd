package sakd.io;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.base.UserError;

/**
 * The header of a safetensors file, a JSON object {@code {"__metadata__": {key: text}, name:
 * {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}}}, checked as the format asks: the
 * tensors fill the bytes after the header without overlap or gap.
 */
final class SafetensorsHeader {
  static final String METADATA = "__metadata__";
  private static final String EXPECTED = "a complete safetensors file";

  final Map<String, String> metadata = new LinkedHashMap<>();
  final Map<String, Entry> entries = new LinkedHashMap<>();

  private final Object file;

  /** One tensor; the offsets count from the end of the header. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Entry(String dtype, int[] shape, long begin, long end) {}

  /**
   * Parses and checks a header.
   *
   * @param file the file's name for messages
   * @param header the header's bytes
   * @param dataBytes how many bytes the file has after the header
   * @throws UserError if the header is damaged or does not describe the file
   */
  SafetensorsHeader(Object file, ByteBuffer header, long dataBytes) {
    this.file = file;
    for (Map.Entry<?, ?> e : object(parse(header), "the header").entrySet()) {
      String name = (String) e.getKey();
      if (name.equals(METADATA)) {
        readMetadata(object(e.getValue(), METADATA));
      } else {
        String shown = IoErrors.excerpt(name);
        entries.put(name, entry(shown, object(e.getValue(), "tensor " + shown)));
      }
    }
    checkContiguous(dataBytes);
  }

  private Object parse(ByteBuffer header) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(header).toString();
      return Json.parse(text);
    } catch (CharacterCodingException e) {
      throw damaged("the header is not UTF-8");
    } catch (Json.SyntaxException e) {
      throw damaged("the header is not JSON, " + e.getMessage());
    }
  }

  private void readMetadata(Map<?, ?> map) {
    map.forEach(
        (key, value) -> {
          if (!(value instanceof String text)) {
            throw damaged("the metadata " + IoErrors.excerpt((String) key) + " is not text");
          }
          metadata.put((String) key, text);
        });
  }

  /** The name is only for messages. */
  private Entry entry(String name, Map<?, ?> map) {
    if (!(map.get("dtype") instanceof String dtype)) {
      throw damaged("tensor " + name + " has no dtype");
    }
    int size = HostTensor.elementSize(dtype);
    if (size == 0) {
      throw new UserError(
          file
              + ": tensor "
              + name
              + " has the element type "
              + IoErrors.excerpt(dtype)
              + "; expected F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL, convert it");
    }
    long[] offsets = longs(map.get("data_offsets"), name, "data_offsets");
    int[] shape = shape(longs(map.get("shape"), name, "shape"), name);
    if (offsets.length != 2 || offsets[1] < offsets[0]) {
      throw damaged("the data_offsets of tensor " + name + " are not a range");
    }
    long bytes = offsets[1] - offsets[0];
    if (bytes > Integer.MAX_VALUE) {
      throw new UserError(
          file
              + ": tensor "
              + name
              + " has "
              + bytes
              + " bytes; expected less than 2 GiB, split it");
    }
    if (bytes != size * HostTensor.numel(shape)) {
      throw damaged("tensor " + name + " has " + bytes + " bytes, which is not its shape's size");
    }
    return new Entry(dtype, shape, offsets[0], offsets[1]);
  }

  private int[] shape(long[] dims, String name) {
    try {
      int[] shape = Arrays.stream(dims).mapToInt(Math::toIntExact).toArray();
      HostTensor.numel(shape);
      return shape;
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw damaged("tensor " + name + " has an impossible shape");
    }
  }

  private long[] longs(Object value, String name, String field) {
    if (!(value instanceof List<?> list)) {
      throw damaged("tensor " + name + " has no " + field);
    }
    long[] out = new long[list.size()];
    for (int i = 0; i < out.length; i++) {
      if (!(list.get(i) instanceof Long number) || number < 0) {
        throw damaged("the " + field + " of tensor " + name + " is not made of whole numbers");
      }
      out[i] = number;
    }
    return out;
  }

  private Map<?, ?> object(Object value, String what) {
    if (!(value instanceof Map<?, ?> map)) {
      throw damaged(what + " is not an object");
    }
    return map;
  }

  private void checkContiguous(long dataBytes) {
    List<Map.Entry<String, Entry>> byOffset = new ArrayList<>(entries.entrySet());
    byOffset.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long end = 0;
    for (Map.Entry<String, Entry> e : byOffset) {
      if (e.getValue().begin() != end) {
        String how = e.getValue().begin() < end ? " overlaps the one before" : " follows a gap";
        throw damaged("tensor " + IoErrors.excerpt(e.getKey()) + how);
      }
      end = e.getValue().end();
    }
    if (end != dataBytes) {
      throw damaged("the tensors take " + end + " bytes but the file has " + dataBytes);
    }
  }

  private UserError damaged(String found) {
    return IoErrors.damaged(file, found, EXPECTED);
  }
}
