package sakd.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;

/** The door to all formats of weights: what is none is called what it is. */
class WeightFileTest {
  @TempDir Path folder;

  private void assertRefused(Path path, String words) {
    UserError e = assertThrows(UserError.class, () -> WeightFile.read(path));
    assertTrue(e.getMessage().contains(path + ": it is " + words), e.getMessage());
    assertTrue(e.getMessage().chars().noneMatch(Character::isISOControl), e.getMessage());
  }

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("w.pth"), content);
  }

  @Test
  void textIsShown() throws IOException {
    Map<String, String> kinds = new LinkedHashMap<>();
    kinds.put("<!DOCTYPE html>\n<head>", "a web page that starts with \"<!DOCTYPE html> <head>\"");
    kinds.put("\n\n <HTML lang=\"en\">", "a web page that starts with \"<HTML lang=\"en\">\"");
    kinds.put("<?xml version=\"1.0\"?><Error>", "a text in XML or HTML that starts with");
    kinds.put(
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
        "a Git LFS pointer (git lfs pull fetches the file itself) that starts with \"version");
    kinds.put("{\"a\": [{\"b\": 1}]}", "a text in JSON that starts with \"{\"a\": [{\"b\": 1}]}\"");
    kinds.put("{\"error\":{\"code\":404}}", "a text in JSON");
    kinds.put("conv1.weight 0.1", "a text that starts with \"conv1.weight 0.1\"");
    kinds.put("(0.1, 0.2)", "a text that starts with \"(0.1, 0.2)\"");
    kinds.put("\u00e9t\u00e9 ".repeat(200), "a text that starts with \"\u00e9t\u00e9");
    kinds.put("\ufeff<html>", "a web page that starts with \"<html>\"");
    for (Map.Entry<String, String> kind : kinds.entrySet()) {
      assertRefused(file(kind.getKey().getBytes(StandardCharsets.UTF_8)), kind.getValue());
    }
    assertRefused(file("<html>".getBytes(StandardCharsets.UTF_16)), "a web page");
    assertRefused(file("PICKLE \33[2J".getBytes(StandardCharsets.UTF_8)), "of another format");
  }

  @ParameterizedTest
  @CsvSource({
    "'', an empty file",
    "'\u0089HDF\r\n\u001a\n\0', 'an HDF5 file, as Keras writes'",
    "'\10\7\22\7pytorch', an ONNX model",
    "'\u001f\u008b\10\0', a compressed file",
    "'BZh9\0', a compressed file",
    "'7z\u00bc\u00af\0', an archive",
    "'\u0093NUMPY\1\0', an array of NumPy",
    "'\u0089PNG\r\n\u001a\n', a picture",
    "'\0\1\2\3', 'of another format, its first bytes are 00 01 02 03;'"
  })
  void otherFormatsAreNamed(String bytes, String kind) throws IOException {
    assertRefused(file(bytes.getBytes(StandardCharsets.ISO_8859_1)), kind);
  }

  @ParameterizedTest
  @CsvSource({
    "a/constants.pkl, a program of TorchScript",
    "arr_0.npy, an archive of NumPy arrays",
    "model.weights.h5, a model of Keras",
    "x/archive_format, a program of torch.export",
    "epoch/best.pth, 'an archive with epoch/best.pth in it, which has to be unpacked'",
    "a/b, a zip archive without one data.pkl"
  })
  void otherArchivesAreNamed(String entry, String kind) throws IOException {
    Path path = folder.resolve("w.pth");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
      zip.putNextEntry(new ZipEntry(entry));
    }
    assertRefused(path, kind);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "module.",
        "_orig_mod.",
        "_orig_mod.module.",
        "module._orig_mod.",
        "_fsdp_wrapped_module."
      })
  void wrappersAreTakenOffAnywhere(String wrapper) {
    Path path = folder.resolve("w.safetensors");
    HostTensor one = HostTensor.ofFloats(new float[] {1}, 1);
    Safetensors.write(
        path,
        Map.of(),
        Map.of(wrapper + "layer1." + wrapper + "0.w", one, "my_module.w", one, "n_averaged", one));
    WeightFile file = WeightFile.read(path);
    assertEquals(Set.of("layer1.0.w", "my_module.w"), file.tensors().keySet());
    assertFalse(file.title().contains("("));
  }

  /** Files of every format, damaged so that they may be taken for another. */
  @ParameterizedTest
  @ValueSource(strings = {"weights.pth", "weights-legacy.pth", "weights.safetensors"})
  void survivesDamageOfTheStart(String name) throws IOException {
    Path path = folder.resolve(name);
    if (name.endsWith(".pth")) {
      Files.copy(Path.of("java/test/resources/golden", name), path);
    } else {
      HostTensor one = HostTensor.ofFloats(new float[] {1}, 1);
      Safetensors.write(path, Map.of(), Map.of("a", one, "b", one));
    }
    Mutants.check(path, 64, () -> WeightFile.read(path));
  }
}
