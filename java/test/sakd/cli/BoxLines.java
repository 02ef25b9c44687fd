package sakd.cli;

import java.nio.file.Path;
import java.util.List;

/** Command lines of the smallest detector on the bundled pictures with objects. */
final class BoxLines {
  static final int TRAINING = 400;
  static final int BATCH = 16;

  private BoxLines() {}

  /** A training, and what else it is told. */
  static List<String> train(Path output, String... more) {
    return CommandLines.with(
        List.of(
            "train",
            "--output-dir",
            output.toString(),
            "--dataset",
            "box-shapes",
            "--model",
            "spiking-retinanet-resnet8",
            "--fpn-channels",
            "8",
            "--base-size",
            "32",
            "--T",
            "2",
            "--batch-size",
            "" + BATCH,
            "--lr",
            "0.04",
            "--clip-grad-norm",
            "1",
            "--feature-weight",
            "10",
            "--pyramid-weight",
            "1",
            "--device",
            "cpu"),
        more);
  }
}
