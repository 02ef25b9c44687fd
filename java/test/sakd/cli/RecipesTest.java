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
              .replace("cifar10-dvs-", "cifar10_dvs-")
              .replace("dvs-gesture-", "dvs_gesture-")
              .replaceFirst("(fcn|deeplabv3|retinanet)-", "$1_")
              .split("-", -1);
      boolean masks = parts[0].equals("voc") && !parts[1].contains("retinanet");
      String set = masks ? "voc-seg" : parts[0].replace('_', '-');
      assertEquals(set, train.matchedOptionValue("--dataset", ""), name);
      String model = train.matchedOptionValue("--model", "");
      String network = parts[1].replace('_', '-');
      assertTrue(model.endsWith(network), name + " has " + model);
      String method =
          switch (parts[2]) {
            case "s2w" -> "direct";
            case "twsnn" -> "logits";
            default -> parts[2];
          };
      assertEquals(
          method,
          train.matchedOptionValue("--method", null).toString().toLowerCase(Locale.ROOT),
          name);
      int usual =
          switch (set) {
            case "cifar10-dvs" -> network.equals("vgg9") ? 5 : 10;
            case "dvs-gesture" -> 16;
            default -> 4;
          };
      int steps = parts.length > 3 ? Integer.parseInt(parts[3].substring(1)) : usual;
      assertEquals(steps, (int) train.matchedOptionValue("--T", 0), name);
    }
  }

  /** Every figure is of a recipe, and says where it is from. */
  @Test
  void figuresHaveTheirSource() {
    for (String row : Recipes.resource("published.csv").lines().skip(1).toList()) {
      String recipe = row.split(",", -1)[0];
      assertTrue(Recipes.names().contains(recipe), row);
    }
    String s2w = CommandLines.run("recipes", "cifar10-dvs-vgg9-s2w").ok().out();
    assertTrue(s2w.contains("79.33 % top-1, from arXiv 2510.07924"), s2w);
    assertTrue(s2w.contains("--self-distill s2w"), s2w);
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
    assertRefused(
        loop, "recipe " + loop + " includes itself: @" + loop + ", which includes @" + loop);
    // Round about, and by another name of the first.
    Path first = folder.resolve("first");
    Path second = Files.writeString(folder.resolve("second"), "@" + folder + "/./first");
    Files.writeString(first, "--T 2 @" + second);
    assertRefused(
        first, "@" + first + ", which includes @" + second + ", which includes @" + folder);
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
    assertRefused(file, "@" + file + " has zero bytes; expected a text file with arguments");
    Files.write(file, new byte[] {'-', '-', 'T', (byte) 0xe9});
    assertRefused(file, "is no text in UTF-8");
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xd8});
    assertRefused(file, "is no text in UTF-8");
    Files.write(file, new byte[(1 << 20) + 1]);
    assertRefused(file, "has 1048577 bytes");
  }

  @Test
  void aNameStandsForItselfOrForThoseItBegins() {
    assertEquals(List.of("cifar10-resnet18-sakd"), Recipes.experiments("cifar10-resnet18-sakd"));
    assertEquals(12, Recipes.experiments("cifar10-resnet18").size());
    // cifar10 is the beginning of cifar100 and cifar10-dvs too, which are other sets.
    assertTrue(
        Recipes.experiments("cifar10").stream()
            .allMatch(n -> n.startsWith("cifar10-resnet") && Recipes.base(n).equals("cifar10")));
    assertEquals(8, Recipes.experiments("cifar10-dvs").size());
    assertEquals(4, Recipes.experiments("dvs-gesture").size());
    List<String> sorted = Recipes.experiments("cifar10-resnet1");
    assertTrue(sorted.indexOf("cifar10-resnet19-ann") < sorted.indexOf("cifar10-resnet101-ann"));
    CommandLines.assertMistake(
        "no recipe starts with 'cifar10-resnet18-sakt'|did you mean cifar10-resnet18-sakd?",
        List.of("recipes", "cifar10-resnet18-sakt"));
  }

  @Test
  void recipesAreShownWithTheirSettings() {
    String table = CommandLines.run("recipes", "imagenet-sew").ok().out();
    assertTrue(table.contains("--lr-warmup-epochs 5"), table);
    assertTrue(
        table.matches("(?s).*imagenet-sew-resnet152-sakd +sew-resnet152 +sakd +4 +77.30\n.*"),
        table);
    assertFalse(table.contains("imagenet-resnet18"), table);
    String one = CommandLines.run("recipes", "cifar10-resnet18-direct-t2").ok().out();
    assertTrue(one.contains("  --T 2\n"), one);
    assertTrue(one.contains("no figure is known"), one);
    assertFalse(one.contains("teacher  "), one);
    String ann = CommandLines.run("recipes", "cifar100-resnet19-ann").ok().out();
    assertTrue(ann.contains("80.48 % top-1, from the code"), ann);
    // Settings that others share stand above those who do.
    String shared = CommandLines.run("recipes", "voc_boxes").ok().out();
    assertTrue(shared.startsWith("@voc_boxes: "), shared);
    assertTrue(shared.contains("voc-retinanet-resnet50-sakd"), shared);
    assertFalse(shared.contains("voc-fcn"), shared);
  }

  @Test
  void aMistypedRecipeIsNamed() {
    CommandLines.Answer answer = CommandLines.run("train", "@cifar10-resnet18-sakt");
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("did you mean @cifar10-resnet18-sakd?"), answer.err());
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
