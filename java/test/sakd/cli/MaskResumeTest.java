package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.device.cuda.CudaDevice;

/** A killed run on masks ends with the bytes of one that was left alone, whatever dropout drew. */
class MaskResumeTest {
  private static final List<String> FILES =
      List.of(
          "last.safetensors",
          "best.safetensors",
          "teacher/last.safetensors",
          "teacher/best.safetensors",
          "direct/last.safetensors",
          "direct/best.safetensors");

  @TempDir static Path shared;
  private static Path data;
  private static Path undisturbed;

  @BeforeAll
  static void undisturbed() throws IOException {
    data = MaskLines.data(shared);
    undisturbed = shared.resolve("undisturbed");
    CommandLines.run(train(undisturbed)).ok();
  }

  /** In 16-bit storage where the machine has it, with an average of weights. */
  private static List<String> train(Path output) {
    return MaskLines.train(
        data,
        output,
        "--epochs",
        "2",
        "--teacher-epochs",
        "1",
        "--lr",
        "0.05",
        "--feature-weight",
        "10",
        "--model-ema",
        "0.9",
        "--print-freq",
        "1");
  }

  private static void assertSame(Path actual) throws IOException {
    for (String name : FILES) {
      assertArrayEquals(
          Files.readAllBytes(undisturbed.resolve(name)),
          Files.readAllBytes(actual.resolve(name)),
          name + " of " + actual);
    }
    assertEquals(CommandLines.epochs(undisturbed), CommandLines.epochs(actual));
  }

  /** In the middle of an epoch, and between two. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "direct epoch 1/2  lr",
        "sakd epoch 2/2 step 3/4",
      })
  void killed(String line) throws IOException {
    Path run = shared.resolve("killed" + line.replaceAll("\\W", "-"));
    CommandLines.killAt(line, train(run).toArray(String[]::new));
    CommandLines.run("train", "--resume", run.toString()).ok();
    assertSame(run);
  }

  /** Of steps that are recorded and launched as a whole, in float16. */
  @Test
  void killedOnCuda() throws IOException {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    Path alone = shared.resolve("cuda-alone");
    CommandLines.run(onCuda(alone)).ok();
    Path run = shared.resolve("cuda-killed");
    CommandLines.killAt("direct epoch 2/2 step 2/4", onCuda(run).toArray(String[]::new));
    CommandLines.run("train", "--resume", run.toString()).ok();
    assertArrayEquals(
        Files.readAllBytes(alone.resolve("last.safetensors")),
        Files.readAllBytes(run.resolve("last.safetensors")));
    assertEquals(CommandLines.epochs(alone), CommandLines.epochs(run));
  }

  private static List<String> onCuda(Path output) {
    List<String> args =
        MaskLines.train(
            data,
            output,
            "--method",
            "direct",
            "--epochs",
            "2",
            "--model-ema",
            "0.9",
            "--amp",
            "fp16",
            "--print-freq",
            "1");
    args.set(args.indexOf("cpu"), "cuda");
    args.set(args.indexOf("--T") + 1, "1");
    return args;
  }

  /** The mask of a picture is part of the data that a run goes on with. */
  @Test
  void anotherMaskIsOtherData() throws IOException {
    Path run = shared.resolve("changed");
    CommandLines.killAt("direct epoch 2/2 step 1/4", train(run).toArray(String[]::new));
    Path mask = data.resolve("train/masks").resolve(MaskLines.name(2));
    byte[] before = Files.readAllBytes(mask);
    try {
      MaskLines.mask(mask.getParent(), 2, MaskLines.filled(35, 35, 0));
      CommandLines.Answer answer = CommandLines.run("train", "--resume", run.toString());
      assertEquals(2, answer.code(), answer.toString());
      assertEquals(1, answer.complaints().size(), answer.err());
    } finally {
      Files.write(mask, before);
    }
  }
}
