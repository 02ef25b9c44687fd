package sakd.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import sakd.io.HostTensor;
import sakd.io.Json;
import sakd.io.Safetensors;
import sakd.io.SafetensorsFile;

/** Inputs and expected outputs in float64, from files under {@code golden/}. */
public final class Golden {
  private static final Path FOLDER = Path.of("java/test/resources/golden");

  private final SafetensorsFile file;

  private Golden(SafetensorsFile file) {
    this.file = file;
  }

  /** The file of that name. */
  public static Golden open(String name) {
    return new Golden(Safetensors.read(FOLDER.resolve(name)));
  }

  /** The values of a tensor. */
  public double[] values(String name) {
    HostTensor tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no tensor " + name);
    }
    return tensor.toDoubles();
  }

  /** The flat objects of the list that the metadata holds under {@code configs}. */
  public List<Map<String, String>> configs() {
    List<Map<String, String>> configs = new ArrayList<>();
    try {
      for (Object config : (List<?>) Json.parse(file.metadata().get("configs"))) {
        Map<String, String> fields = new HashMap<>();
        ((Map<?, ?>) config)
            .forEach((key, value) -> fields.put(key.toString(), String.valueOf(value)));
        configs.add(fields);
      }
    } catch (Json.SyntaxException e) {
      throw new IllegalArgumentException("golden metadata is not JSON", e);
    }
    return configs;
  }
}
