package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.set.MemoryDataset;
import sakd.distill.Plan;
import sakd.ops.Ops;
import sakd.testing.Devices;

/** What a run says of its method: what it uses, and what was given in vain. */
class MethodTest {
  private static final List<String> FIRST =
      List.of("--device", "cpu", "--model", "spiking-resnet8");

  private static final Dataset IMAGES =
      new MemoryDataset(
          new DatasetInfo("dots", List.of("a", "b"), new float[] {0}, new float[] {1}, false),
          1,
          1,
          new byte[2],
          new int[] {0, 1});

  /** The terms of the loss, and a note for each setting that leaves options unused. */
  private static List<String> said(String options) {
    return said(options, 1);
  }

  /** As above, of so many processes. */
  private static List<String> said(String options, int ranks) {
    List<String> args = CommandLines.with(FIRST, options.split(" ", -1));
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    try (Ops ops = Devices.reference()) {
      Plan plan = TrainCommand.parsed(args, Path.of(""), nowhere, nowhere).plan(ops, IMAGES);
      List<String> said = new ArrayList<>(List.of(plan.losses()));
      said.addAll(UnusedOptions.notes(args, plan, false, ranks));
      return said;
    }
  }

  @Test
  void ofSeveralProcesses() {
    String options = "--method direct --T 1 --sync-bn --dist-bn broadcast --comm-dtype float32";
    assertEquals(
        List.of("ce 1", "a run of one process does not use --comm-dtype, --sync-bn, --dist-bn"),
        said(options, 1));
    assertEquals(
        List.of(
            "ce 1", "--sync-bn, with which all have the same statistics, does not use --dist-bn"),
        said(options, 2));
    assertEquals(List.of("ce 1"), said("--method direct --T 1 --dist-bn off", 2));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--method direct --T 1; ce 1",
        "--method direct --T 1 --label-smoothing 0.1 --ce-weight 2;"
            + " ce 2 (label smoothing 0.1)",
        "--method transfer --T 1; ce 1",
        "--method logits --T 1 --kd-temperature-end 1;" + " ce 1, logits 1 (temperature 4 to 1)",
        "--method features --T 1 --feature-weight-after 10=0.01;"
            + " ce 1, features 10 (0.01 after 10 epochs)",
        "--method sakd --T 1; ce 1, logits 1 (temperature 4), features 10",
        "--method sakd --T 1 --kd-map 2 --kd-noise 0.1;"
            + " ce 1, logits 1 (temperature 4, noise 0.1), features 10, map 2",
        "--method direct --self-distill both --self-distill-weight 0.5 --right-steps 1;"
            + " ce 1, s2w 0.5, w2s 0.5, right-steps 1",
        "--method sakd --prefix-ce 0.3 --entropy 0.1;"
            + " ce 1, logits 1 (temperature 4), features 10, prefix-ce 0.3, entropy -0.1",
        "--method ann --neuron relu; ce 1"
      })
  void theLossIsWhatTheMethodUses(String options, String expected) {
    assertEquals(List.of(expected), said(options));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--method direct --T 1 --teacher none.pth --kd-temperature=2 --feature-loss l1;"
            + " --method direct does not use --kd-temperature, --feature-loss, --teacher",
        "--method features --T 1 --feature-loss l1 --kd-temperature 2 --logit-weight 3;"
            + " --method features does not use --logit-weight, --kd-temperature",
        "--method direct --T 1 --kd-map 1 --kd-noise 0.1;"
            + " --method direct does not use --kd-noise, --kd-map",
        "--method direct --kd-temperature 3 --right-steps 0.5 --self-distill-weight 2;"
            + " a run without --self-distill does not use --self-distill-weight",
        "--method ann --prefix-ce 1; --method ann does not use --prefix-ce",
        "--method ann --ce-weight 0 --tau 3; --method ann does not use --ce-weight, --tau",
        "--method ann --teacher-epochs 1 --epochs 3;"
            + " --method ann, whose epochs are --teacher-epochs, does not use --epochs",
        "--method direct --T 1 --opt adamw --momentum 0.5; --opt adamw does not use --momentum",
        "--method direct --T 1 --neuron if --tau 3;"
            + " --neuron if, which does not leak, does not use --tau",
        "--method direct --T 1 --lr-gamma 0.2 --min-lr 0.01 --lr-power 2;"
            + " --lr-scheduler cosine does not use --lr-power, --lr-gamma",
        "--method direct --T 1 --lr-scheduler step --lr-step-size 2 --min-lr 0.01;"
            + " --lr-scheduler step does not use --min-lr",
        "--method direct --T 1 --weight-decay 0 --no-decay-norm;"
            + " --weight-decay 0 does not use --no-decay-norm",
        "--method direct --T 1 --no-augment --mixup 1; --no-augment does not use --mixup",
        "--method direct --T 1 --allow-partial;"
            + " a run without --teacher and --init does not use --allow-partial",
      })
  void whatIsGivenInVainIsNamed(String options, String expected) {
    List<String> said = said(options);
    assertEquals(List.of(expected), said.subList(1, said.size()));
  }

  /** The warm-up of an ANN is held to the epochs that it trains. */
  @Test
  void theWarmUpIsOfTheAnnsEpochs() {
    UserError e =
        assertThrows(
            UserError.class,
            () -> said("--method ann --teacher-epochs 2 --epochs 9 --lr-warmup-epochs 3"));
    assertTrue(e.getMessage().contains("less than the 2 epochs"), e.getMessage());
  }
}
