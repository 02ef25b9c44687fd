package sakd.infer;

import java.util.ArrayList;
import java.util.List;
import sakd.device.DType;
import sakd.model.InputImage;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Runs a detector on images given as plain arrays. */
public final class BoxPredictor {
  /** Logits of a batch, 256 MiB; a single image may have more. */
  private static final long MOST_LOGITS = 1 << 26;

  /** Pixels for every anchor: nine at every 64th, and a third more on the coarser levels. */
  private static final double PIXELS_PER_ANCHOR = 64 / 9.0 * 3 / 4;

  private BoxPredictor() {}

  /**
   * What a detector finds in an image.
   *
   * @param image the image, as the network saw it
   * @param detections the surest first, in pixels of the picture as it is stored
   */
  public record Found(String name, InputImage image, List<Detection> detections) {
    public Found {
      detections = List.copyOf(detections);
    }
  }

  /**
   * How many values of pixels a batch of a reader may have, so that its logits take bounded memory.
   *
   * @param classes K
   */
  public static long mostValues(int channels, int classes) {
    return channels * Math.round(MOST_LOGITS * PIXELS_PER_ANCHOR / classes);
  }

  /**
   * Predicts for some images at once.
   *
   * @param batch at least one
   * @throws sakd.base.UserError if a logit or a delta is not finite
   */
  public static List<Found> predict(
      Ops ops, Network network, ImageReader.Batch batch, DType storage) {
    String names = Predictor.name(batch.names());
    try (Tensor in = Predictor.input(ops, batch, storage);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage)) {
      Network.Output out = network.forward(tape, tape.input(in), false);
      Tensor logits = out.logits().value();
      Finiteness.requireLogits(ops, network, in, storage, logits, names);
      Finiteness.requireLogits(ops, network, in, storage, out.boxes().deltas().value(), names);
      float[] scores = Transfers.floats(ops.device(), logits);
      float[] deltas = Transfers.floats(ops.device(), out.boxes().deltas().value());
      List<Found> found = new ArrayList<>();
      for (int i = 0; i < batch.size(); i++) {
        InputImage image = batch.images().get(i);
        found.add(
            new Found(
                batch.names().get(i),
                image,
                Detections.of(
                    scores, deltas, i, out.boxes().grid(), logits.channels(), image.placement())));
      }
      return found;
    }
  }
}
