package sakd.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is left of the names of runs beside each other. */
class RunNamesTest {
  private static List<String> names(String... folders) {
    return RunNames.of(Stream.of(folders).map(Path::of).toList());
  }

  @Test
  void oneRunIsCalledLikeItsFolder() {
    assertEquals(
        List.of("20260101-120000-spiking-resnet8"), names("runs/20260101-120000-spiking-resnet8"));
  }

  @Test
  void whatAllHaveInCommonIsLeftOut() {
    assertEquals(List.of("first", "second"), names("runs/first", "runs/second"));
    assertEquals(List.of("first", "second"), names("first/run", "second/run"));
    assertEquals(List.of("first/a", "second/b"), names("/x/first/a", "/x/second/b"));
    assertEquals(
        List.of("20260101-120000", "20260102-090000-plif"),
        names("runs/20260101-120000-spiking-resnet8", "runs/20260102-090000-spiking-resnet8-plif"));
    assertEquals(
        List.of("lr-0.1", "lr-0.01"), names("runs/vgg_lr-0.1_seed-0", "runs/vgg_lr-0.01_seed-0"));
  }

  @Test
  void noNameIsEmptyOrUsedTwice() {
    assertEquals(List.of("net", "net-plif"), names("runs/net", "runs/net-plif"));
    assertEquals(List.of("a-b", "b-a"), names("runs/a-b", "runs/b-a"));
    assertEquals(List.of("first", "first (2)"), names("runs/first", "runs/first"));
  }
}
