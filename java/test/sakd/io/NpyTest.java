package sakd.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;

class NpyTest {
  @TempDir Path folder;

  @Test
  void roundTripOfEveryRank() {
    Path path = folder.resolve("a.npy");
    for (int[] shape : new int[][] {{}, {6}, {2, 3}, {1, 2, 3}, {0}, {4, 0}}) {
      float[] values = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
      for (int i = 0; i < values.length; i++) {
        values[i] = i - 0.5f;
      }
      HostTensor tensor = HostTensor.ofFloats(values, shape);
      Npy.write(path, tensor);
      assertEquals(tensor, Npy.read(path));
    }
    Npy.write(path, HostTensor.ofDoubles(new double[] {0.1}, 1));
    assertEquals(HostTensor.ofFloats(new float[] {0.1f}, 1), Npy.read(path));
  }

  @Test
  void writesTheBytesThatNumPyWrites() throws IOException {
    Path path = folder.resolve("a.npy");
    Npy.write(path, HostTensor.ofFloats(new float[] {1}, 1));
    byte[] bytes = Files.readAllBytes(path);
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
    assertEquals(132, bytes.length);
    assertEquals(
        header + " ".repeat(118 - header.length() - 1) + "\n",
        new String(bytes, 10, 118, StandardCharsets.US_ASCII));
    assertArrayEquals(new byte[] {118, 0}, Arrays.copyOfRange(bytes, 8, 10));
    assertArrayEquals(new byte[] {0, 0, -128, 63}, Arrays.copyOfRange(bytes, 128, 132));
  }

  @ParameterizedTest
  @CsvSource({
    "1,<f4,F32,4",
    "1,<f8,F64,8",
    "2,<f2,F16,2",
    "2,<i8,I64,8",
    "3,<i4,I32,4",
    "3,|u1,U8,1"
  })
  void readsEveryVersionAndType(int version, String descr, String dtype, int size)
      throws IOException {
    Path path = file(version, header(descr, "False", "(2, 1)"), 2 * size);
    HostTensor tensor = Npy.read(path);
    assertEquals(dtype, tensor.dtype());
    assertArrayEquals(new int[] {2, 1}, tensor.shape());
    assertArrayEquals(new double[2], tensor.toDoubles());
  }

  @Test
  void refusesOtherKindsOfArrays() throws IOException {
    assertRefused(file(1, header("<f4", "True", "(2, 1)"), 8), "Fortran");
    assertRefused(file(1, header(">f4", "False", "(2, 1)"), 8), ">f4");
    assertRefused(file(1, header("|O", "False", "(2, 1)"), 8), "|O");
    assertRefused(file(1, header("<f4", "False", "(3,)"), 8), "(3,)");
    assertRefused(file(1, header("<f4", "False", "(1,)"), 8), "(1,)");
    assertRefused(file(1, header("<f4", "False", "(99999999999,)"), 8), "99999999999");
    assertRefused(file(1, header("<f4", "False", "(65536, 65536, 4)"), 8), "65536");
    assertRefused(file(4, header("<f4", "False", "(2,)"), 8), "version");
    assertRefused(file(1, "", 8), "header");
    assertRefused(folder.resolve("missing.npy"), "no such file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'descr': '<f4', 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}",
        "{'descr': True, 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': 'False', 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': '2'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,,1)}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}"
      })
  void refusesBadHeaders(String header) throws IOException {
    assertRefused(file(1, header, 8), "expected");
  }

  @Test
  void survivesDamage() throws IOException {
    Path path = folder.resolve("fuzzed.npy");
    Npy.write(path, HostTensor.ofFloats(new float[6], 2, 3));
    Mutants.check(
        path,
        70,
        () -> {
          HostTensor tensor = Npy.read(path);
          assertEquals(tensor.numel(), tensor.toFloats().length);
        });
  }

  private Path file(int version, String header, int dataBytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
    out.write(header.length());
    out.write(0);
    if (version > 1) {
      out.writeBytes(new byte[2]);
    }
    out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(new byte[dataBytes]);
    return Files.write(folder.resolve("made.npy"), out.toByteArray());
  }

  private static String header(String descr, String fortran, String shape) {
    return "{'descr': '"
        + descr
        + "', 'fortran_order': "
        + fortran
        + ", 'shape': "
        + shape
        + ", }\n";
  }

  private static void assertRefused(Path path, String text) {
    UserError e = assertThrows(UserError.class, () -> Npy.read(path));
    assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }
}
