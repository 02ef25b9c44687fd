package sakd.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;

/** PyTorch's files: those that it wrote, those that it should read, damaged and malicious ones. */
class PthTest {
  private static final Path GOLDEN = Path.of("java/test/resources/golden");

  @TempDir Path folder;

  /** What golden/weights.py saved, in both formats. */
  @ParameterizedTest
  @ValueSource(strings = {"weights.pth", "weights-legacy.pth"})
  void readsWhatPyTorchWrote(String name) {
    Map<String, HostTensor> tensors = WeightFile.read(GOLDEN.resolve(name)).tensors();
    double[] base = new double[24];
    double[] transposed = new double[24];
    for (int i = 0; i < 24; i++) {
      base[i] = i / 8.0 - 1;
      transposed[i % 6 * 4 + i / 6] = base[i];
    }
    check(tensors, "base", "F32", base, 4, 6);
    check(tensors, "transposed", "F32", transposed, 6, 4);
    double[] window = {base[8], base[9], base[10], base[14], base[15], base[16]};
    check(tensors, "window", "F32", window, 2, 3);
    check(tensors, "rows", "F32", java.util.Arrays.copyOfRange(base, 12, 24), 2, 6);
    check(tensors, "parameter", "F32", new double[] {0.5, -0.25}, 1, 2);
    check(tensors, "empty", "F32", new double[0], 0, 3);
    double[] signed = {1, -2, 3};
    check(tensors, "float64", "F64", signed, 3);
    check(tensors, "float16", "F16", signed, 3);
    check(tensors, "bfloat16", "BF16", signed, 3);
    check(tensors, "int64", "I64", signed, 3);
    check(tensors, "int32", "I32", signed, 3);
    check(tensors, "int16", "I16", signed, 3);
    check(tensors, "int8", "I8", signed, 3);
    check(tensors, "uint8", "U8", new double[] {1, 200}, 2);
    check(tensors, "bool", "BOOL", new double[] {1, 0}, 2);
    check(tensors, "scalar", "I64", new double[] {7});
    assertEquals(16, tensors.size());
  }

  private static void check(
      Map<String, HostTensor> tensors, String name, String dtype, double[] values, int... shape) {
    HostTensor tensor = tensors.get(name);
    assertEquals(dtype, tensor.dtype(), name);
    assertArrayEquals(shape, tensor.shape(), name);
    assertArrayEquals(values, tensor.toDoubles(), name);
  }

  @ParameterizedTest
  @CsvSource({"weights.pth, 6000", "weights-legacy.pth, 5000"})
  void survivesDamage(String name, int headerBytes) throws IOException {
    Path path = folder.resolve(name);
    Files.copy(GOLDEN.resolve(name), path);
    Map<String, HostTensor> whole = WeightFile.read(path).tensors();
    boolean checksummed = name.equals("weights.pth");
    Mutants.check(
        path,
        headerBytes,
        1_000,
        () -> {
          Map<String, HostTensor> read = WeightFile.read(path).tensors();
          if (checksummed) {
            assertEquals(whole, read);
          }
          read.values().forEach(t -> assertEquals(t.numel(), t.toDoubles().length));
        });
  }

  /** Every byte of a file without checksums but those of weights and unused values matters. */
  @Test
  void everyCutOfALegacyFileIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(GOLDEN.resolve("weights-legacy.pth"));
    Path path = folder.resolve("cut.pth");
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(path, java.util.Arrays.copyOf(whole, length));
      assertThrows(UserError.class, () -> WeightFile.read(path), "cut to " + length);
    }
  }

  @Test
  void everyFlippedBitOfAChecksummedTensorIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(GOLDEN.resolve("weights.pth"));
    Path path = folder.resolve("flipped.pth");
    byte[] needle = new byte[8]; // base[8] = 0 and base[9] = 0.125
    ByteBuffer.wrap(needle).order(ByteOrder.LITTLE_ENDIAN).putFloat(0).putFloat(0.125f);
    String text = new String(whole, StandardCharsets.ISO_8859_1);
    int at = text.indexOf(new String(needle, StandardCharsets.ISO_8859_1));
    for (int bit = 0; bit < 64; bit++) {
      byte[] bytes = whole.clone();
      bytes[at + bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(path, bytes);
      UserError e = assertThrows(UserError.class, () -> WeightFile.read(path));
      assertTrue(e.getMessage().contains("the checksum of data/"), e.getMessage());
    }
  }

  private static void assertRefused(Path path, String words) {
    UserError e = assertThrows(UserError.class, () -> WeightFile.read(path));
    assertTrue(e.getMessage().contains(words), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  // ---- structures that are well-formed pickles but no weights ----

  private static final String FLOATS = "ctorch\nFloatStorage\n";
  private static final String REBUILD = "ctorch._utils\n_rebuild_tensor_v2\n";

  /** A state dict of one tensor "w" in a storage of four floats. */
  private static byte[] tensor(String offset, String shape, String stride) {
    String pickle = tensorOf(Pickles.number(Integer.parseInt(offset)), tuple(shape), tuple(stride));
    return pickle.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String tuple(String values) {
    StringBuilder tuple = new StringBuilder("(");
    for (String value : values.split(" ", -1)) {
      tuple.append(Pickles.number(Integer.parseInt(value)));
    }
    return tuple.append('t').toString();
  }

  private static String tensorOf(String offset, String shape, String stride) {
    return "}X\1\0\0\0w"
        + REBUILD
        + "((X\7\0\0\0storage"
        + FLOATS
        + "X\1\0\0\0kX\3\0\0\0cpuK\4tQ"
        + offset
        + shape
        + stride
        + "\u0089}tRs.";
  }

  @ParameterizedTest
  @CsvSource({
    "0, 4, 1, ",
    "0, 2 2, 1 2, ",
    "0, 5, 1, reaches outside",
    "1, 4, 1, reaches outside",
    "0, 2 2, 2 3, reaches outside",
    "-1, 4, 1, starts outside",
    "0, 2, -1, the stride -1",
    "0, 8, 0, reaches outside",
    "0, 2147483647 2147483647, 0 0, makes no sense",
    "0, 4, 1 1, makes no sense",
    "0, -4, 1, makes no sense"
  })
  void tensorsLieInsideTheirStorage(String offset, String shape, String stride, String problem)
      throws IOException {
    ByteBuffer data = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(new float[] {1, 2, 3, 4});
    byte[] pickle = tensor(offset, shape, stride);
    Path zip = zip(pickle, Map.of("k", data.array()));
    if (problem == null) {
      float[] expected = shape.equals("4") ? new float[] {1, 2, 3, 4} : new float[] {1, 3, 2, 4};
      assertArrayEquals(expected, WeightFile.read(zip).tensors().get("w").toFloats());
    } else {
      assertRefused(zip, problem);
    }
    assertRefused(
        zip(pickle, Map.of("k", new byte[12])), problem == null ? "has 12 of its" : problem);
    assertRefused(zip(pickle, Map.of()), problem == null ? "it has no data/k" : problem);
  }

  @Test
  void bigEndianArchives() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(16);
    data.asFloatBuffer().put(new float[] {1, 2, 3, 4});
    byte[] pickle = tensor("0", "4", "1");
    Path zip =
        zip(
            pickle,
            Map.of("k", data.array(), "../byteorder", "big".getBytes(StandardCharsets.US_ASCII)));
    assertArrayEquals(new float[] {1, 2, 3, 4}, WeightFile.read(zip).tensors().get("w").toFloats());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "}.|holds no tensors by name",
        "}]N.|it is None",
        "}X\5\0\0\0model}s.|holds no tensors by name",
        "}q\0X\5\0\0\0modelh\0s.|holds no tensors by name",
        "}q\0X\3\0\0\0net}q\1X\5\0\0\0modelh\0ss.|holds no tensors by name",
        ".|makes no sense",
        "}}]|it ends",
        "h\5.|makes no sense",
        "}}]s.|holds no tensors by name",
        "}K\1s.|makes no sense",
        "NNR.|makes no sense",
        "ca\nb\nNR.|makes no sense",
        "ctorch._utils\n_rebuild_tensor_v2\n(NK\0)))tR.|makes no sense",
        "NQ.|makes no sense",
        "t.|makes no sense",
        "X\u00ff\u00ff\u00ff\u00ff.|a length that does not fit",
        "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f.|a length that does not fit",
        "\u008b\0\0\0\u00a0.|a length that does not fit",
        "}.}|continues after",
        "\u0082\1.|is not an instruction"
      })
  void otherPicklesAreRefused(String pickleAndProblem) throws IOException {
    String[] words = pickleAndProblem.split("\\|", -1);
    byte[] bytes = ("\u0080\u0002" + words[0]).getBytes(StandardCharsets.ISO_8859_1);
    String problem = words[1];
    assertRefused(zip(bytes, Map.of()), problem);
  }

  @Test
  void otherArchivesAndTextAreRefused() throws IOException {
    Path empty = folder.resolve("empty.pth");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(empty))) {
      zip.putNextEntry(new ZipEntry("a/b"));
    }
    assertRefused(empty, "zip archive without one data.pkl");
    assertRefused(Files.writeString(folder.resolve("text.pth"), "not weights"), "text.pth");
    assertRefused(Files.write(folder.resolve("none.pth"), new byte[0]), "none.pth");
    assertRefused(folder.resolve("missing.pth"), "no such file");
  }

  @Test
  void twoNamesThatBecomeOneAreRefused() {
    Path path = folder.resolve("two.safetensors");
    HostTensor one = HostTensor.ofFloats(new float[] {1}, 1);
    Safetensors.write(path, Map.of(), Map.of("module.w", one, "w", one));
    assertRefused(path, "two tensors are named w");
  }

  private Path zip(byte[] structure, Map<String, byte[]> storages) throws IOException {
    return Pickles.zip(folder.resolve("zip.pth"), structure, storages);
  }

  // ---- writing ----

  private static Map<String, HostTensor> sample() {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    tensors.put("fc.weight", HostTensor.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    tensors.put("n", HostTensor.ofLongs(new long[] {7}));
    return tensors;
  }

  @Test
  void whatIsWrittenIsReadAgain() {
    Path path = folder.resolve("deep/w.pth");
    Map<String, HostTensor> all = WeightFile.read(GOLDEN.resolve("weights.pth")).tensors();
    PthWriter.write(path, all);
    Map<String, HostTensor> back = WeightFile.read(path).tensors();
    assertEquals(all, back);
    assertEquals(List.copyOf(all.keySet()), List.copyOf(back.keySet()));
  }

  /** The entries that PyTorch 1.13 was seen to load, also with weights_only. */
  @Test
  void writesTheseBytes() throws IOException {
    Path path = folder.resolve("w.pth");
    PthWriter.write(path, sample());
    try (ZipFile zip = new ZipFile(path.toFile())) {
      List<String> names = zip.stream().map(ZipEntry::getName).toList();
      assertEquals(
          List.of(
              "weights/data.pkl",
              "weights/byteorder",
              "weights/data/0",
              "weights/data/1",
              "weights/version"),
          names);
      String pickle =
          "\u0080\2ccollections\nOrderedDict\n)R("
              + "X\11\0\0\0fc.weight"
              + REBUILD
              + "((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuJ\6\0\0\0tQ"
              + "J\0\0\0\0(J\2\0\0\0J\3\0\0\0t(J\3\0\0\0J\1\0\0\0t\u0089"
              + "ccollections\nOrderedDict\n)RtR"
              + "X\1\0\0\0n"
              + REBUILD
              + "((X\7\0\0\0storagectorch\nLongStorage\nX\1\0\0\0001X\3\0\0\0cpuJ\1\0\0\0tQ"
              + "J\0\0\0\0(t(t\u0089ccollections\nOrderedDict\n)RtR"
              + "u.";
      assertEquals(pickle, text(zip, "weights/data.pkl"));
      assertEquals("little", text(zip, "weights/byteorder"));
      assertEquals("3\n", text(zip, "weights/version"));
      assertEquals(
          "0000803f0000004000004040000080400000a0400000c040",
          HexFormat.of().formatHex(bytes(zip, "weights/data/0")));
      assertEquals("0700000000000000", HexFormat.of().formatHex(bytes(zip, "weights/data/1")));
    }
    byte[] first = Files.readAllBytes(path);
    PthWriter.write(path, sample());
    assertArrayEquals(first, Files.readAllBytes(path), "equal weights are equal files");
  }

  private static byte[] bytes(ZipFile zip, String name) throws IOException {
    ZipEntry entry = zip.getEntry(name);
    assertEquals(ZipEntry.STORED, entry.getMethod());
    return zip.getInputStream(entry).readAllBytes();
  }

  private static String text(ZipFile zip, String name) throws IOException {
    return new String(bytes(zip, name), StandardCharsets.ISO_8859_1);
  }
}
