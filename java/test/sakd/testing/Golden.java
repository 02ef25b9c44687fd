package sakd.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Inputs and expected outputs in float64, from files under {@code golden/}. */
public final class Golden {
  private static final Pattern TENSOR =
      Pattern.compile(
          "\"([\\w.]+)\": ?\\{\"dtype\": ?\"F64\", ?\"shape\": ?\\[([\\d, ]*)\\],"
              + " ?\"data_offsets\": ?\\[(\\d+), ?(\\d+)\\]\\}");
  private static final Pattern FIELD = Pattern.compile("\"(\\w+)\": ?\"?([\\w.+-]+)\"?");

  private final String header;
  private final ByteBuffer data;
  private final Map<String, int[]> ranges = new HashMap<>();

  private Golden(String header, ByteBuffer data) {
    this.header = header;
    this.data = data;
    Matcher m = TENSOR.matcher(header);
    while (m.find()) {
      ranges.put(
          m.group(1), new int[] {Integer.parseInt(m.group(3)), Integer.parseInt(m.group(4))});
    }
  }

  /** The file {@code golden/name} on the class path. */
  public static Golden open(String name) {
    try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name)) {
      ByteBuffer all = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
      int length = (int) all.getLong();
      String header = new String(all.array(), 8, length, StandardCharsets.UTF_8);
      return new Golden(
          header,
          all.slice(8 + length, all.capacity() - 8 - length).order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The values of a tensor. */
  public double[] values(String name) {
    int[] range = ranges.get(name);
    if (range == null) {
      throw new IllegalArgumentException("no float64 tensor " + name);
    }
    double[] values = new double[(range[1] - range[0]) / Double.BYTES];
    data.slice(range[0], range[1] - range[0])
        .order(ByteOrder.LITTLE_ENDIAN)
        .asDoubleBuffer()
        .get(values);
    return values;
  }

  /** The flat objects of the list that the metadata holds under {@code configs}. */
  public List<Map<String, String>> configs() {
    int start = header.indexOf("\"configs\": \"[");
    String list = header.substring(start, header.indexOf("]\"", start)).replace("\\\"", "\"");
    List<Map<String, String>> configs = new ArrayList<>();
    for (String object : list.substring(list.indexOf('[')).split("\\}", -1)) {
      Map<String, String> fields = new HashMap<>();
      Matcher m = FIELD.matcher(object);
      while (m.find()) {
        fields.put(m.group(1), m.group(2));
      }
      if (!fields.isEmpty()) {
        configs.add(fields);
      }
    }
    return configs;
  }
}
