package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {
  @TempDir Path folder;

  @Test
  void namesWithoutAnAddressGetASuggestion() {
    CommandLines.Answer answer =
        CommandLines.run("data", "download", "cifar-10", "--data-path", folder.toString());
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("did you mean cifar10?"), answer.err());
    assertTrue(Files.notExists(folder.resolve("cifar-10")));
  }

  @Test
  void setsThatMustBeFetchedByHandSayWhere() {
    CommandLines.Answer answer =
        CommandLines.run("data", "download", "cityscapes", "--data-path", folder.toString());
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("gtFine_trainvaltest.zip"), answer.err());
    assertTrue(answer.err().contains("cityscapes-dataset.com"), answer.err());
  }

  @Test
  void infoCountsTheClasses() {
    String out = CommandLines.run("data", "info").ok().out();
    assertTrue(
        out.contains("fashion-mnist-small, training: 6000 samples of 1x28x28, 10 classes"), out);
    assertTrue(out.contains("     100  Ankle boot"), out);
  }
}
