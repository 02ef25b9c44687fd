package sakd.cli;

import picocli.CommandLine.Option;
import sakd.ops.Encoding;

/** What a spiking network that is trained sees of still images. */
final class InputOptions {
  @Option(
      names = "--encode",
      paramLabel = "direct|poisson|latency",
      defaultValue = "direct",
      description =
          "What the spiking network sees of still images: the same image at every step; spikes at "
              + "random, with the pixel as their probability; or one spike a pixel, the earlier the "
              + "brighter. The teacher sees the image (default: ${DEFAULT-VALUE}).")
  Encoding encoding;
}
