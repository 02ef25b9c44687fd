package sakd.cli;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import sakd.base.UserError;
import sakd.io.Mutants;

class RecipesTest {
  @TempDir static Path folder;

  @Test
  void theIndexNamesEveryRecipe() throws IOException, URISyntaxException {
    Path recipes = Path.of(Recipes.class.getResource("/recipes/index").toURI()).getParent();
    try (var files = Files.list(recipes)) {
      List<String> names =
          files
              .map(f -> f.getFileName().toString())
              .filter(n -> n.endsWith(".args"))
              .map(n -> n.substring(0, n.length() - 5))
              .sorted()
              .toList();
      assertEquals(names, Recipes.names());
    }
  }

  /** What the name says is what train is told, and train understands all of it. */
  @Test
  void everyRecipeIsWhatItsNameSays() {
    CommandLine line = Main.commandLine(new Main());
    for (String name : Recipes.names()) {
      List<String> args = Recipes.expand(List.of("train", "@" + name));
      CommandLine.ParseResult train = line.parseArgs(args.toArray(String[]::new)).subcommand();
      assertTrue(Recipes.title(name).length() > 10, name);
      if (!name.contains("-")) {
        continue;
      }
      // A hyphen within the network's name is no end of a part.
      String[] parts =
          name.replace("sew-", "sew_")
              .replaceFirst("(fcn|deeplabv3|retinanet)-", "$1_")
              .split("-", -1);
      boolean masks = parts[0].equals("voc") && !parts[1].contains("retinanet");
      String set = masks ? "voc-seg" : parts[0];
      assertEquals(set, train.matchedOptionValue("--dataset", ""), name);
      String model = train.matchedOptionValue("--model", "");
      String network = parts[1].replace('_', '-');
      assertTrue(model.endsWith(network), name + " has " + model);
      assertEquals(
          parts[2],
          train.matchedOptionValue("--method", null).toString().toLowerCase(Locale.ROOT),
          name);
      int steps = parts.length > 3 ? Integer.parseInt(parts[3].substring(1)) : 4;
      assertEquals(steps, (int) train.matchedOptionValue("--T", 0), name);
    }
  }

  @Test
  void whatIsGivenAfterARecipeWins() throws IOException {
    Path file = folder.resolve("mine");
    Files.writeString(file, "# mine\n--epochs 3 --lr=0.1\n--v-reset -1\n--output-dir 'a b'\n");
    assertEquals(
        List.of("train", "--lr=0.1", "--output-dir", "a b", "--v-reset", "0", "--epochs=1"),
        Recipes.expand(List.of("train", "@" + file, "--v-reset", "0", "--epochs=1")));
    // Twice by hand is a mistake that train names.
    assertEquals(
        List.of("--epochs", "1", "--epochs", "2"),
        Recipes.expand(List.of("--epochs", "1", "--epochs", "2")));
  }

  @Test
  void recipesNameOneAnotherButNotThemselves() throws IOException {
    Path inner = Files.writeString(folder.resolve("inner"), "--T 2\n--lr 1\n");
    Path outer = Files.writeString(folder.resolve("outer"), "@" + inner + "\n--T 6\n");
    assertEquals(List.of("--lr", "1", "--T", "6"), Recipes.expand(List.of("@" + outer)));
    Path loop = folder.resolve("loop");
    Files.writeString(loop, "@" + loop);
    assertRefused(loop, "recipe " + loop + " names itself: @" + loop + ", which names @" + loop);
    // Round about, and by another name of the first.
    Path first = folder.resolve("first");
    Path second = Files.writeString(folder.resolve("second"), "@" + folder + "/./first");
    Files.writeString(first, "--T 2 @" + second);
    assertRefused(first, "@" + first + ", which names @" + second + ", which names @" + folder);
    // Each names the next one twice.
    for (int i = 0; i < 40; i++) {
      String next = "@" + folder.resolve("doubled" + (i + 1)) + "\n";
      Files.writeString(folder.resolve("doubled" + i), next + next);
    }
    Files.writeString(folder.resolve("doubled40"), "--T 2");
    assertRefused(folder.resolve("doubled0"), "more than 100 times");
  }

  private static void assertRefused(Path recipe, String expected) {
    CommandLines.Answer answer = CommandLines.run("train", "@" + recipe);
    assertEquals(2, answer.code());
    assertEquals(1, answer.complaints().size(), answer.err());
    assertTrue(answer.err().contains(expected), answer.err());
  }

  @Test
  void filesAreReadAsEditorsWriteThem() throws IOException {
    Path file = folder.resolve("written");
    List<String> expected = List.of("--epochs", "3", "--data-path", "d\u00e4ta");
    String text = "--epochs 3\r\n--data-path d\u00e4ta\r\n";
    for (Charset charset : List.of(UTF_8, UTF_16LE, UTF_16BE)) {
      Files.writeString(file, "\ufeff" + text, charset);
      assertEquals(expected, Recipes.expand(List.of("@" + file)), charset.name());
    }
    Files.writeString(file, "");
    assertEquals(List.of(), Recipes.expand(List.of("@" + file)));
  }

  @Test
  void whatIsNoTextIsRefused() throws IOException {
    Path file = folder.resolve("binary");
    Files.writeString(file, "--epochs 3", UTF_16LE);
    assertRefused(file, "@" + file + " has zero bytes; expected a text with arguments");
    Files.write(file, new byte[] {'-', '-', 'T', (byte) 0xe9});
    assertRefused(file, "is no text in UTF-8");
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xd8});
    assertRefused(file, "is no text in UTF-8");
    Files.write(file, new byte[(1 << 20) + 1]);
    assertRefused(file, "has 1048577 bytes");
  }

  @Test
  void aMistypedRecipeIsNamed() {
    CommandLines.Answer answer = CommandLines.run("train", "@cifar10-resnet18-sakt");
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("did you mean @cifar10-resnet18-sakd?"), answer.err());
    assertTrue(CommandLines.run("recipes", "cifar100").ok().out().contains("resnet152-sakd"));
    assertEquals(2, CommandLines.run("recipes", "mnist").code());
  }

  /** The whole of one row and its teacher, on a network that takes a second. */
  @Test
  void reproducePrintsATableAndGoesOnWhereItStopped() throws IOException {
    Path out = folder.resolve("reproduced");
    List<String> args =
        List.of(
            "reproduce",
            "cifar10-resnet18-ann,cifar10-resnet18-sakd-t2",
            "--output-dir",
            out.toString(),
            "--data-path",
            CommandLines.cifar(folder).toString(),
            "--model",
            "spiking-resnet8",
            "--epochs",
            "1",
            "--batch-size",
            "10",
            "--device",
            "cpu");
    String first = CommandLines.run(args).ok().out();
    List<String> table = rows(first);
    assertTrue(table.get(0).matches("cifar10-resnet18-ann +[0-9.]+ +[0-9.]+ +95.65 .*"), first);
    assertTrue(table.get(1).matches("cifar10-resnet18-sakd-t2 +[0-9.]+ +[0-9.]+ +- .*"), first);
    assertFalse(Files.exists(out.resolve("cifar10-resnet18-sakd-t2/teacher")), "it was given");
    CommandLines.Answer second = CommandLines.run(args).ok();
    assertFalse(second.err().contains("epoch 1/1"), second.err());
    assertEquals(table, rows(second.out()));
  }

  private static List<String> rows(String out) {
    return out.substring(out.indexOf("\nrecipe ")).lines().skip(2).limit(2).toList();
  }

  @Test
  void damagedRecipesAreReadOrRefused() throws IOException {
    Path file = folder.resolve("damaged.args");
    byte[] valid = "# a comment\n--lr 0.1\n@cifar10-resnet18-sakd\n--epochs 3\n".getBytes(UTF_8);
    int[] refused = new int[1];
    Mutants.of(valid, valid.length, 0, 1000)
        .forEach(
            mutant -> {
              try {
                Files.write(file, mutant);
                Recipes.expand(List.of("train", "@" + file));
              } catch (UserError e) {
                refused[0]++;
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertTrue(refused[0] > 250 && refused[0] < 1000, refused[0] + " were refused");
  }
}
