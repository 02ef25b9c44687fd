package sakd.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;

class SafetensorsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"lif,576", "step_sew_add,", "step_spiking_basic,", "step_spiking_bottleneck,"})
  void readsGoldenFiles(String name, Integer count) {
    SafetensorsFile file =
        Safetensors.read(Path.of("java/test/resources/golden/" + name + ".safetensors"));
    assertTrue(count == null || count == file.tensors().size());
    for (HostTensor tensor : file.tensors().values()) {
      for (double v : tensor.toDoubles()) {
        assertTrue(Double.isFinite(v));
      }
    }
  }

  @Test
  void roundTripKeepsOrderMetadataAndBytes() {
    Map<String, HostTensor> tensors = sample();
    Path path = folder.resolve("deep/weights.safetensors");
    Map<String, String> metadata = Map.of("format", "pt", "note", "a \"quoted\" \u00e9\n");
    Safetensors.write(path, metadata, tensors);
    SafetensorsFile back = Safetensors.read(path);
    assertEquals(metadata, back.metadata());
    assertEquals(tensors, back.tensors());
    assertEquals(List.copyOf(tensors.keySet()), List.copyOf(back.tensors().keySet()));
  }

  @Test
  void anEmptyFileIsAFile() {
    Path path = folder.resolve("empty.safetensors");
    Safetensors.write(path, Map.of(), Map.of());
    assertEquals(new SafetensorsFile(Map.of(), Map.of()), Safetensors.read(path));
  }

  @Test
  void largeTensorsAreMappedAndSurviveAReplacement() {
    float[] values = new float[1 << 19];
    values[values.length - 1] = 3;
    Path path = folder.resolve("large.safetensors");
    Safetensors.write(path, Map.of(), Map.of("t", HostTensor.ofFloats(values, values.length)));
    HostTensor mapped = Safetensors.read(path).tensors().get("t");
    assertTrue(mapped.data().isDirect());
    Safetensors.write(path, Map.of(), Map.of());
    assertArrayEquals(values, mapped.toFloats());
  }

  @Test
  void everyTensorLiesAligned() throws Exception {
    Path path = folder.resolve("aligned.safetensors");
    Safetensors.write(path, Map.of("k", "v"), sample());
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong();
    assertEquals(0, length % 8);
    String header = new String(bytes.array(), 8, length, StandardCharsets.UTF_8);
    Map<?, ?> json = (Map<?, ?>) Json.parse(header);
    sample()
        .forEach(
            (name, tensor) -> {
              List<?> offsets = (List<?>) ((Map<?, ?>) json.get(name)).get("data_offsets");
              assertEquals(0, (Long) offsets.get(0) % HostTensor.elementSize(tensor.dtype()));
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{}",
        "{\"t\":1}",
        "{\"t\":{\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F7\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[4294967298],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[65536,65536,2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]}}",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]},"
            + "\"u\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
            + "\"u\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
            + "\"t\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
        "{\"__metadata__\":{\"a\":1},\"t\":{\"dtype\":\"F32\",\"shape\":[2],"
            + "\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} x",
        "not json"
      })
  void refusesBadHeaders(String header) throws IOException {
    assertRefused(file(header.getBytes(StandardCharsets.UTF_8), header.length(), 8));
  }

  @Test
  void acceptsTheHeaderThatTheOthersAreDamagedFrom() throws IOException {
    String header = "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}  ";
    Path path = file(header.getBytes(StandardCharsets.UTF_8), header.length(), 8);
    assertEquals(2, Safetensors.read(path).tensors().get("t").numel());
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 3, 11, 1L << 31, Long.MAX_VALUE, Long.MIN_VALUE})
  void refusesBadHeaderLengths(long length) throws IOException {
    assertRefused(file(new byte[] {'{', '}'}, length, 8));
  }

  @Test
  void refusesShortAndMissingFilesAndBytesThatAreNotText() throws IOException {
    assertRefused(file(new byte[] {'{', (byte) 0xff, '}'}, 3, 0));
    assertRefused(Files.write(folder.resolve("short.safetensors"), new byte[5]));
    assertRefused(folder.resolve("missing.safetensors"));
    assertRefused(folder);
  }

  @Test
  void survivesDamage() throws IOException {
    Path path = folder.resolve("fuzzed.safetensors");
    Safetensors.write(path, Map.of("k", "v"), sample());
    Mutants.check(
        path,
        400,
        () -> {
          for (HostTensor tensor : Safetensors.read(path).tensors().values()) {
            assertEquals(tensor.numel(), tensor.toDoubles().length);
          }
        });
  }

  private Path file(byte[] header, long length, int dataBytes) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + dataBytes);
    bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(header);
    return Files.write(folder.resolve("bad.safetensors"), bytes.array());
  }

  private static void assertRefused(Path path) {
    UserError e = assertThrows(UserError.class, () -> Safetensors.read(path));
    assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
  }

  private static Map<String, HostTensor> sample() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    List<String> dtypes = new ArrayList<>(List.of("U8", "BF16", "F32", "I64", "F16", "F64", "I32"));
    for (String dtype : dtypes) {
      ByteBuffer data = ByteBuffer.allocate(3 * HostTensor.elementSize(dtype));
      data.put(0, (byte) dtype.hashCode());
      tensors.put("layer." + dtype, new HostTensor(dtype, new int[] {3, 1}, data));
    }
    tensors.put("bn.num_batches_tracked", HostTensor.ofLongs(new long[] {5}));
    tensors.put("none", HostTensor.ofFloats(new float[0], 0, 4));
    return tensors;
  }
}
