package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.Classifier;
import sakd.Sakd;
import sakd.base.UserError;
import sakd.device.cpu.CpuDevice;
import sakd.model.Own;
import sakd.ops.Neuron;

/** {@code --neuron-file}, from training to prediction, and what becomes of wrong files. */
class NeuronFileTest {
  @TempDir static Path folder;

  private static Path data;
  private static Path file;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    assumeTrue(CpuDevice.hasCompiler(), "no C++ compiler");
    data = CommandLines.data(folder);
    file = Files.copy(Path.of("kernels/examples/quadratic.h"), folder.resolve("quadratic.h"));
    run = folder.resolve("run");
    CommandLines.Answer answer =
        CommandLines.run(train(run, "--neuron-file", file.toString())).ok();
    assertTrue(answer.err().contains("model   spiking-resnet8, quadratic.h, T = 2"), answer.err());
  }

  private static List<String> train(Path output, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("train", "--data-path", data.toString(), "--method", "direct", "--T", "2"));
    args.addAll(List.of("--batch-size", "20", "--epochs", "1", "--device", "cpu"));
    args.addAll(List.of("--output-dir", output.toString()));
    args.addAll(Arrays.asList(more));
    return args;
  }

  private static Path weights() {
    return run.resolve("best.safetensors");
  }

  private static List<String> on(String command, String... more) {
    List<String> args =
        new ArrayList<>(List.of(command, "--weights", weights().toString(), "--device", "cpu"));
    args.addAll(Arrays.asList(more));
    return args;
  }

  private static List<String> eval(String... more) {
    return CommandLines.with(on("eval", "--data-path", data.toString()), more);
  }

  private static void assertRefused(List<String> args, String pattern) {
    CommandLines.Answer answer = CommandLines.run(args);
    assertEquals(2, answer.code(), answer.out() + answer.err());
    assertEquals(1, answer.complaints().size(), answer.err());
    String line = answer.complaints().get(0);
    assertTrue(line.matches("error: " + pattern), line);
  }

  @Test
  void weightsAreReadWithTheFileAlone() throws IOException {
    assertRefused(
        eval(),
        ".*best.safetensors is of a network whose neuron is in quadratic.h, code that .*; expected"
            + " that file, give it with --neuron-file");
    Path other = folder.resolve("other.h");
    Files.writeString(other, Files.readString(file) + "\n// Changed.\n");
    assertRefused(
        eval("--neuron-file", other.toString()),
        "other.h with the SHA-256 \\p{XDigit}{64} is not the neuron of .*best.safetensors; expected"
            + " quadratic.h with \\p{XDigit}{64}, give that file");
    assertRefused(
        eval("--neuron-file", file.toString(), "--neuron", "lif"),
        "--neuron is lif and --neuron-file brings another neuron; expected one of them, .*");
    assertRefused(
        eval("--neuron-file", folder.resolve("no.h").toString()), "cannot read .*no.h .*");

    CommandLines.Answer answer = CommandLines.run(eval("--neuron-file", file.toString())).ok();
    assertTrue(answer.out().contains("quadratic.h"), answer.out());
    answer = CommandLines.run(eval("--neuron-file", file.toString(), "--format", "json")).ok();
    assertTrue(answer.out().contains("\"neuron\":\"quadratic.h\""), answer.out());
    assertFalse(Files.readString(run.resolve("report.html")).contains("Could not be measured"));
    String card = Files.readString(run.resolve("README.md"));
    assertTrue(
        card.contains("sakd eval --weights best.safetensors --neuron-file quadratic.h"), card);
    assertTrue(card.contains("Own.of(Neuron.ofFile(Path.of(\"quadratic.h\")))"), card);
    assertFalse(card.contains("spikingjelly"), card);
  }

  @Test
  void aProgramBringsItAlong() {
    UserError e = assertThrows(UserError.class, () -> Sakd.load(weights(), "cpu"));
    assertTrue(e.getMessage().contains("quadratic.h"), e.getMessage());
    Own own = Own.of(Neuron.ofFile(file));
    try (Classifier network = Sakd.load(weights(), "cpu", own)) {
      assertEquals(Neuron.Kind.CUSTOM, network.about().neuron().kind());
      assertEquals(2, network.about().steps());
    }
  }

  @Test
  void settingsKeepItAndRunsGoOnWithTheSameTextOnly() throws IOException {
    Path copy = Files.copy(file, folder.resolve("copy.h"));
    Path first = folder.resolve("first");
    CommandLines.run(train(first, "--neuron-file", copy.toString(), "--tau", "0.75")).ok();
    Path config = first.resolve("config.yaml");
    String text = Files.readString(config);
    assertTrue(text.contains("\nneuron-file: "), text);
    assertFalse(text.contains("\nneuron: "), text);
    Path second = folder.resolve("second");
    CommandLines.run("train", "--config", config.toString(), "--output-dir", second.toString())
        .ok();
    assertArrayEquals(
        Files.readAllBytes(first.resolve("last.safetensors")),
        Files.readAllBytes(second.resolve("last.safetensors")));
    List<String> goOn = List.of("train", "--resume", second.toString(), "--epochs", "2");
    String whole = Files.readString(copy);
    Files.writeString(copy, whole + "\n");
    assertRefused(
        goOn, "copy.h has changed since .*last.safetensors was written: .*; expected .*restore.*");
    Files.writeString(copy, whole);
    CommandLines.run(goOn).ok();
  }

  @Test
  void wrongFilesLeaveNothing() throws IOException {
    Path wrong = folder.resolve("wrong.h");
    Path none = folder.resolve("none");
    Files.writeString(wrong, Files.readString(file).replace("1.0f - s", "s"));
    assertRefused(
        train(none, "--neuron-file", wrong.toString()),
        "wrong.h: reset_dh is 0.0000 at h = .* and s = 0.0, where differences say 1.0000; correct"
            + " the file");
    Files.writeString(wrong, "no C at all");
    assertRefused(
        train(none, "--neuron-file", wrong.toString(), "--dry-run"),
        "wrong.h does not compile: wrong.h:1:.*; expected the eight functions .*");
    Files.write(wrong, new byte[] {(byte) 0xff, 0, (byte) 0xfe});
    assertRefused(
        train(none, "--neuron-file", wrong.toString()), ".*wrong.h is no text in UTF-8.*");
    assertFalse(Files.exists(none));
  }

  @Test
  void graphsHaveNoPlaceForIt() {
    String nir = folder.resolve("net.nir").toString();
    String pattern =
        "the neuron in .*quadratic.h is code, which nir and onnx have no place for; expected .*";
    List<String> export = List.of("export", "--weights", weights().toString());
    assertRefused(CommandLines.with(export, "--output", nir), pattern);
    assertRefused(
        CommandLines.with(export, "--output", nir, "--neuron-file", file.toString()), pattern);
    CommandLines.run(CommandLines.with(export, "--output", folder.resolve("net.pth").toString()));
    assertTrue(Files.exists(folder.resolve("net.pth")));
  }

  /** It is not even compiled, and no setting of the run. */
  @Test
  void anAnnDoesNotUseIt() throws IOException {
    Path wrong = Files.writeString(folder.resolve("unused.h"), "no C at all");
    List<String> args =
        new ArrayList<>(train(folder.resolve("ann"), "--neuron-file", wrong.toString()));
    args.set(args.indexOf("direct"), "ann");
    args.add("--dry-run");
    CommandLines.Answer answer = CommandLines.run(args).ok();
    assertTrue(answer.out().contains("\nmethod: ann\n"), answer.out());
    assertFalse(answer.out().contains("neuron-file"), answer.out());
  }
}
