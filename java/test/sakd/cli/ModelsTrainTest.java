package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code models MODEL --train}: the memory of a training step. */
class ModelsTrainTest {
  private static final List<String> STEP =
      List.of("models", "sew-resnet18", "--train", "--batch-size", "16");

  private static final Pattern COMPUTED =
      Pattern.compile("computed +([\\d.]+) MiB in tensors at most, of which ([\\d.]+) MiB stay");

  /** The peak that is computed, in MiB. */
  private static double computed(List<String> arguments) {
    String out = CommandLines.run(arguments).ok().out();
    Matcher found = COMPUTED.matcher(out);
    assertTrue(found.find(), out);
    assertTrue(Double.parseDouble(found.group(2)) < Double.parseDouble(found.group(1)), out);
    return Double.parseDouble(found.group(1));
  }

  @Test
  void whatSavesMemoryShows() {
    double whole = computed(STEP);
    double checkpointed = computed(CommandLines.with(STEP, "--checkpoint-activations"));
    assertTrue(checkpointed < 0.8 * whole, checkpointed + " MiB of " + whole);
    assertTrue(computed(CommandLines.with(STEP, "--grad-accum-steps", "4")) < whole);
    assertTrue(computed(CommandLines.with(STEP, "--amp", "bf16")) < whole);
    assertTrue(computed(CommandLines.with(STEP, "--method", "sakd")) > whole);
  }

  @Test
  void mistakesAreSaid() {
    CommandLines.assertMistake(
        "--amp is of a training step; expected --train too",
        List.of("models", "vgg11", "--amp", "off"));
    CommandLines.assertMistake(
        "--train is about one network; expected its name", List.of("models", "--train"));
    CommandLines.assertMistake(
        "--batch-size is 2 and is shared among 3 micro-batches",
        List.of("models", "vgg11", "--train", "--batch-size", "2", "--grad-accum-steps", "3"));
    CommandLines.assertMistake("unknown model", List.of("models", "resnet17", "--train"));
  }
}
