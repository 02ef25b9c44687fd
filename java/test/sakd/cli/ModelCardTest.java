package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.run.Summary;

/** The README.md of a run: there once the run is over, with the figures that the run printed. */
class ModelCardTest {
  @TempDir Path folder;

  private List<String> train(Path run, int epochs, String... more) throws IOException {
    Path data = folder.resolve("data");
    if (!Files.exists(data)) {
      CommandLines.data(Files.createDirectory(data));
    }
    return CommandLines.with(
        List.of(
            "train",
            "--data-path",
            data.resolve("mnist").toString(),
            "--T",
            "2",
            "--batch-size",
            "10",
            "--epochs",
            Integer.toString(epochs),
            "--device",
            "cpu",
            "--output-dir",
            run.toString()),
        more);
  }

  private static String card(Path run) throws IOException {
    return Files.readString(run.resolve("README.md"));
  }

  @Test
  void hasTheFiguresThatWerePrinted() throws IOException {
    Path run = folder.resolve("run");
    String out = CommandLines.run(train(run, 2)).ok().out();
    String card = card(run);
    Matcher rows =
        Pattern.compile("(?m)^(teacher \\(ANN\\)|transferred only|direct|SAKD) +([0-9.]+ %) .*$")
            .matcher(out);
    int count = 0;
    while (rows.find()) {
      assertTrue(card.contains("| " + rows.group(1) + " | " + rows.group(2) + " |"), card);
      String operations = rows.group().replaceFirst(".* ([0-9.]+ M (SOP|MAC)).*", "$1");
      assertTrue(card.contains("| " + operations + " |"), operations + " in\n" + card);
      count++;
    }
    assertEquals(4, count, out);
    double best = new Summary(run).best("sakd");
    assertTrue(card.contains("\n      value: " + best + "\n"), card);
    assertTrue(card.contains(String.format(Locale.ROOT, "was the best: %.2f %%.", 100 * best)));
    assertTrue(card.contains("```yaml\n" + Files.readString(run.resolve("config.yaml")) + "```"));
    assertTrue(card.startsWith("---\nlibrary_name: sakd\n"), card);
    assertTrue(card.contains("60 training and 20 test pictures of 1 channel, 28 rows"), card);
  }

  @Test
  void isNotThereWhileFiguresAreOutOfDate() throws IOException {
    Path run = folder.resolve("killed");
    String[] direct = train(run, 2, "--method", "direct").toArray(String[]::new);
    CommandLines.killAt("direct epoch 2/2", direct);
    assertFalse(Files.exists(run.resolve("README.md")));
    CommandLines.run("train", "--resume", run.toString()).ok();
    assertTrue(card(run).contains("| 2 |"), card(run));
    // More epochs: the card is of the run before until these are over.
    CommandLines.killAt("direct epoch 3/3", "train", "--resume", run.toString(), "--epochs", "3");
    assertFalse(Files.exists(run.resolve("README.md")));
    CommandLines.run("train", "--resume", run.toString()).ok();
    assertTrue(card(run).contains("| 3 |"), card(run));
  }

  @Test
  void tellsOfAnEarlyStopWhichALongerPatienceUndoes() throws IOException {
    Path run = folder.resolve("early");
    CommandLines.run(train(run, 40, "--method", "direct", "--patience", "2")).ok();
    Matcher stop =
        Pattern.compile(
                "(?m)^direct stopped early after epoch ([0-9]+) of 40: in 2 epochs no test top-1"
                    + " above the ([0-9.]+) % of epoch ([0-9]+); the weights are those of epoch \\3$")
            .matcher(Files.readString(run.resolve("train.log")));
    assertTrue(stop.find(), Files.readString(run.resolve("train.log")));
    int last = Integer.parseInt(stop.group(1));
    assertEquals(last - 2, Integer.parseInt(stop.group(3)));
    assertEquals(last, new Summary(run).epochs("direct"));
    String card = card(run);
    assertTrue(card.contains("| direct | " + stop.group(2) + " % |"), card);
    assertTrue(card.contains("or after the best one where training was stopped early"), card);
    CommandLines.run("train", "--resume", run.toString(), "--patience", "3").ok();
    assertTrue(new Summary(run).epochs("direct") > last);
    assertTrue(Files.readString(run.resolve("config.yaml")).contains("\npatience: 3\n"));
  }

  @Test
  void saysHowTorchvisionsAndSpikingJellysClassesTakeTheWeights() throws IOException {
    Path run = folder.resolve("large");
    CommandLines.run(
            train(
                run,
                1,
                "--method",
                "direct",
                "--model",
                "sew-resnet18",
                "--v-reset",
                "none",
                "--tau",
                "3"))
        .ok();
    String card = card(run);
    for (String line :
        List.of(
            "net = torchvision.models.resnet18(num_classes=10)",
            "net.conv1 = torch.nn.Conv2d(1, 64, 3, padding=1, bias=False)",
            "net.maxpool = torch.nn.Identity()",
            "net = sew_resnet.sew_resnet18(cnf=\"ADD\", spiking_neuron=neuron.LIFNode,"
                + " num_classes=10, v_threshold=1.0, v_reset=None, tau=3.0, decay_input=False)",
            "        return net(images.repeat(2, 1, 1, 1, 1)).mean(0)")) {
      assertTrue(card.contains("\n" + line + "\n"), line + " is missing in\n" + card);
    }
  }
}
