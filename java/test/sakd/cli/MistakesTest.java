package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.io.HostTensor;
import sakd.io.Npy;
import sakd.io.Safetensors;

/** Each mistake of the user's is one line, exit code 2, and nothing written. */
class MistakesTest {
  @TempDir static Path shared;

  private static Path data;
  private static Path run;
  private static Path best;

  @BeforeAll
  static void aRun() throws IOException {
    data = CommandLines.data(shared);
    run = shared.resolve("run");
    best = run.resolve("best.safetensors");
    CommandLines.run(CommandLines.with(train(run), "--method", "direct", "--epochs", "1")).ok();
  }

  private static List<String> train(Path output) {
    return new ArrayList<>(
        List.of(
            "train",
            "--data-path",
            data.toString(),
            "--model",
            "spiking-resnet8",
            "--T",
            "2",
            "--batch-size",
            "20",
            "--device",
            "cpu",
            "--amp",
            "off",
            "--output-dir",
            output.toString()));
  }

  /** The words of {@code expected}, separated by |, must be in the one line. */
  private static void assertMistake(String expected, List<String> args) {
    CommandLines.Answer answer = CommandLines.run(args);
    assertEquals(2, answer.code(), answer.toString());
    assertEquals(1, answer.complaints().size(), answer.err());
    assertTrue(answer.complaints().get(0).startsWith("error: "), answer.err());
    for (String word : expected.split("\\|", -1)) {
      assertTrue(answer.err().contains(word), "'" + word + "' in: " + answer.err());
    }
  }

  private static void assertTrainMistake(String expected, String... args) {
    Path output = shared.resolve("none");
    List<String> all = train(output);
    // A flag may be given only once: the mistake replaces the good value.
    for (String arg : args) {
      int at = all.indexOf(arg);
      if (arg.startsWith("--") && at >= 0) {
        all.subList(at, at + 2).clear();
      }
    }
    all.addAll(Arrays.asList(args));
    assertMistake(expected, all);
    assertFalse(Files.exists(output), "nothing is written");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--epoch;            1;    unknown option --epoch|did you mean --epochs?",
        "--surogate;         atan; unknown option --surogate|did you mean --surrogate?",
        "--method;           skad; --method is skad|did you mean sakd?",
        "--model;            resnet9; resnet9|did you mean resnet8?",
        "--neuron;           lfi;  --neuron is lfi|expected one of relu, if, lif, plif",
        "--neuron;           relu; --neuron is relu|student",
        "--opt;              adam; --opt is adam|did you mean adamw?",
        "--surrogate;        tan;  --surrogate is tan|did you mean atan?",
        "--lr-scheduler;     cos;  --lr-scheduler is cos|cosine, poly, step, constant",
        "--dataset;          mnits; mnits|did you mean mnist?",
        "--device;           gpu;  gpu|expected auto|did you mean cuda?",
        "--device;           opncl:0; opncl:0|did you mean opencl?",
        "--device;           CPU;  CPU|did you mean cpu?",
        "--amp;              fp8;  --amp is fp8|did you mean fp16?",
        "--stem;             big;  --stem is big|cifar, imagenet",
        "--connect-f;        add;  --connect-f|sew-resnets",
        "--T;                0;    --T is 0|expected 1 to 32",
        "--T;                33;   --T is 33|expected 1 to 32",
        "--T;                two;  --T is two|whole number",
        "--batch-size;       0;    --batch-size is 0|1 or more",
        "--batch-size;       2000000000; --batch-size is 2000000000|expected 1 to",
        "--batch-size;       99999999999; --batch-size is 99999999999|whole number",
        "--epochs;           0;    --epochs is 0|1 or more",
        "--teacher-epochs;   0;    --teacher-epochs is 0|1 or more",
        "--lr;               -1;   --lr is -1|more than 0",
        "--lr;               NaN;  --lr is NaN|finite number",
        "--lr;               inf;  --lr is inf|finite number",
        "--lr;               1e999; --lr is 1e999|finite number",
        "--tau;              0.5;  --tau is 0.5|1 or more",
        "--tau;              Infinity; --tau is Infinity|finite number",
        "--v-threshold;      -1;   v-threshold must be greater than v-reset|give other",
        "--v-threshold;      NaN;  --v-threshold is NaN|finite number",
        "--v-reset;          NaN;  --v-reset is NaN|finite number or none",
        "--alpha;            0;    --alpha is 0|more than 0",
        "--momentum;         1;    --momentum is 1|less than 1",
        "--weight-decay;     -1;   --weight-decay is -1|0 or more",
        "--clip-grad-norm;   -1;   --clip-grad-norm is -1|0 or more",
        "--label-smoothing;  1;    --label-smoothing is 1|less than 1",
        "--model-ema;        1;    --model-ema is 1|less than 1",
        "--ce-weight;        -1;   --ce-weight is -1|0 or more",
        "--logit-weight;     -1;   --logit-weight is -1|0 or more",
        "--feature-weight;   NaN;  --feature-weight is NaN|finite number",
        "--feature-weight;   -0.5; --feature-weight is -0.5|0 or more",
        "--kd-temperature;   0;    --kd-temperature is 0|more than 0",
        "--transform-kernel; 2;    --transform-kernel is 2|1 or 3",
        "--lr-warmup-epochs; 200;  --lr-warmup-epochs is 200|less than the 200 epochs",
        "--min-lr;           0.2;  --min-lr is 0.2|at most the learning rate, 0.1",
        "--min-lr;           -1;   --min-lr is -1|0 or more",
        "--workers;          -1;   --workers is -1|0 to 256",
        "--workers;          2147483647; --workers is 2147483647|0 to 256",
        "--print-freq;       0;    --print-freq is 0|1 or more",
        "--seed;             x;    --seed is x|whole number",
        "--mixup;           -1;    --mixup is -1|0 or more",
        "--cutmix;          -0.5;  --cutmix is -0.5|0 or more",
        "--self-distill;     up; --self-distill is up|s2w, w2s, both",
        "--self-distill-weight; 0; --self-distill-weight is 0|0",
        "--right-steps;      -1; --right-steps is -1|0 or more",
        "--data-path;        /no/such/folder; /no/such/folder|--data-path",
        "--teacher;          /no/such.safetensors; /no/such.safetensors|no such file",
        "--init;             /no/such.safetensors; /no/such.safetensors|no such file",
      })
  void valuesOfTrain(String flag, String value, String expected) {
    assertTrainMistake(expected, flag, value);
  }

  @Test
  void combinationsOfTrain() {
    assertTrainMistake("--prefix-ce|--T is 1|2 steps or more", "--prefix-ce", "1", "--T", "1");
    assertTrainMistake(
        "--self-distill|--T is 1", "--method", "direct", "--self-distill", "both", "--T", "1");
    assertTrainMistake("every term of the loss", "--method", "direct", "--ce-weight", "0");
    assertTrainMistake("--tau is 1|more than 1", "--neuron", "plif", "--tau", "1");
    assertTrainMistake(
        "--lr-warmup-epochs is 2|the 2 epochs",
        "--epochs",
        "4",
        "--teacher-epochs",
        "2",
        "--lr-warmup-epochs",
        "2");
    assertTrainMistake("--min-lr is 0.01|rate, 0.001", "--min-lr", "0.01", "--teacher-lr", "0.001");
    assertTrainMistake("--lr-power is 0|more than 0", "--lr-scheduler=poly", "--lr-power=0");
    assertTrainMistake("--lr-gamma is 2|at most 1", "--lr-scheduler=step", "--lr-gamma=2");
    assertTrainMistake("--lr-step-size is 0|1 or", "--lr-scheduler=step", "--lr-step-size=0");
    assertTrainMistake(
        "--lr-milestones is 60,30|each above the one before|60,120",
        "--lr-scheduler=step",
        "--lr-milestones=60,30");
    assertTrainMistake(
        "both given|leave one out",
        "--lr-scheduler=step",
        "--lr-milestones=60",
        "--lr-step-size=30");
    assertTrainMistake("--decay-input is maybe|true or false", "--decay-input=maybe");
    assertTrainMistake("--sensor is 128|such as 128x128", "--sensor", "128");
    assertTrainMistake("--sensor is 1x4096|1 to 2048", "--sensor", "1x4096");
    assertTrainMistake("--sensor is for recordings|pictures|leave it out", "--sensor", "28x28");
    assertTrainMistake("--lr needs a value|expected --lr RATE", "--lr");
    assertTrainMistake("cannot read @/no/recipe", "@/no/recipe");
    assertTrainMistake("--lr|once", "--lr", "1", "--lr", "2");
    assertTrainMistake("unexpected argument 'x'", "x");
  }

  @Test
  void commands() {
    assertMistake("unknown command 'trian'|did you mean train?", List.of("trian"));
    assertMistake("--weights needs a value", List.of("eval"));
    assertMistake("unknown option --wieghts|--weights", List.of("eval", "--wieghts=x"));
    assertMistake("finite number", List.of("train", "--lr", "1\n2"));
  }

  @Test
  void resume() throws IOException {
    assertMistake("not a run directory|--resume", List.of("train", "--resume", data.toString()));
    assertMistake(
        "no other option",
        List.of("train", "--resume", run.toString(), "--output-dir", shared.toString()));
    Path broken = Files.createDirectories(shared.resolve("broken"));
    Files.writeString(broken.resolve("args.txt"), "--lr\nfast\n");
    assertMistake("args.txt|--lr is fast", List.of("train", "--resume", broken.toString()));
    assertEquals(List.of("args.txt"), names(broken));
  }

  @Test
  void outputFolders() throws IOException {
    byte[] last = Files.readAllBytes(run.resolve("last.safetensors"));
    List<String> before = names(run);
    assertMistake("holds a run already|--resume", train(run));
    assertEquals(before, names(run));
    assertTrue(Arrays.equals(last, Files.readAllBytes(run.resolve("last.safetensors"))));

    Path file = Files.writeString(shared.resolve("file"), "x");
    assertMistake("cannot write|--output-dir", train(file.resolve("run")));
    assertMistake("cannot write|--output-dir", train(file));
    assertEquals("x", Files.readString(file));
  }

  @Test
  void weightsOfAnotherNetwork() throws IOException {
    Path other = shared.resolve("other.safetensors");
    Safetensors.write(
        other, Map.of(), Map.of("conv1.weight", HostTensor.ofFloats(new float[] {1}, 1)));
    assertWeightsRefused("other.safetensors|--model", other);
  }

  @Test
  void truncatedWeights() throws IOException {
    Path cut = shared.resolve("cut.safetensors");
    byte[] all = Files.readAllBytes(best);
    Files.write(cut, Arrays.copyOf(all, all.length / 2));
    assertWeightsRefused("cut.safetensors|expected", cut);
  }

  private static void assertWeightsRefused(String expected, Path weights) throws IOException {
    String w = weights.toString();
    Path images = shared.resolve("images.npy");
    Npy.write(images, HostTensor.ofFloats(new float[2 * 28 * 28], 2, 1, 28, 28));
    Path logits = shared.resolve("none.npy");
    assertMistake(expected, List.of("eval", "--data-path", data.toString(), "--weights", w));
    assertMistake(
        expected,
        List.of(
            "predict",
            "--weights",
            w,
            "--input",
            images.toString(),
            "--output",
            logits.toString()));
    assertFalse(Files.exists(logits));
    assertTrainMistake(expected, "--teacher", w);
    assertTrainMistake(expected, "--method", "direct", "--init", w);
  }

  @Test
  void aSpikingNetworkIsNoTeacher() {
    assertTrainMistake("spiking network|teacher", "--teacher", best.toString());
  }

  @Test
  void predictOfWrongShapes() throws IOException {
    assertPredictRefused("[28, 28]|[N, C, H, W]", 28, 28);
    assertPredictRefused("[0, 1, 28, 28]|[N, C, H, W]", 0, 1, 28, 28);
    assertPredictRefused("3 channels|conv1.weight", 1, 3, 28, 28);
  }

  private static void assertPredictRefused(String expected, int... shape) throws IOException {
    Path in = shared.resolve("wrong.npy");
    Path out = shared.resolve("none.npy");
    int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    Npy.write(in, HostTensor.ofFloats(new float[size], shape));
    assertMistake(
        expected,
        List.of(
            "predict",
            "--weights",
            best.toString(),
            "--input",
            in.toString(),
            "--output",
            out.toString()));
    assertFalse(Files.exists(out));
  }

  @Test
  void evalOfWrongValues() {
    List<String> eval =
        List.of("eval", "--weights", best.toString(), "--data-path", data.toString());
    assertMistake("--batch-size is 0", CommandLines.with(eval, "--batch-size", "0"));
    assertMistake("--T is 0", CommandLines.with(eval, "--T", "0"));
    assertMistake(
        "holds spiking-resnet8, and --model is resnet19; leave --model out",
        CommandLines.with(eval, "--model", "resnet19"));
  }

  private static List<String> names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
