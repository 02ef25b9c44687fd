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

/** Runs a network for segmentation on images given as plain arrays. */
public final class MaskPredictor {
  /** Logits of a batch, 256 MiB; a single image may have more. */
  private static final long MOST_LOGITS = 1 << 26;

  private MaskPredictor() {}

  /**
   * What a network sees in an image.
   *
   * @param image the image, with its padding
   * @param classes uint8 [H, W] of the image without its padding: the likeliest class of each pixel
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Mask(String name, InputImage image, byte[] classes) {
    /** H. */
    public int height() {
      return image.shownHeight();
    }

    /** W. */
    public int width() {
      return image.shownWidth();
    }
  }

  /**
   * How many values of pixels a batch of a reader may have, so that its logits take bounded memory.
   *
   * @param classes K
   */
  public static long mostValues(int channels, int classes) {
    return MOST_LOGITS / classes * channels;
  }

  /**
   * Predicts for some images at once.
   *
   * @param batch at least one
   * @throws sakd.base.UserError if a logit is not finite
   */
  public static List<Mask> predict(
      Ops ops, Network network, ImageReader.Batch batch, DType storage) {
    try (Tensor in = Predictor.input(ops, batch, storage);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage)) {
      Tensor logits = network.forward(tape, tape.input(in), false).logits().value();
      Finiteness.requireLogits(ops, network, in, storage, logits, Predictor.name(batch.names()));
      float[] values = Transfers.floats(ops.device(), logits);
      List<Mask> masks = new ArrayList<>();
      for (int i = 0; i < batch.size(); i++) {
        InputImage image = batch.images().get(i);
        byte[] classes = likeliest(values, i, logits, image.shownHeight(), image.shownWidth());
        masks.add(new Mask(batch.names().get(i), image, classes));
      }
      return masks;
    }
  }

  /**
   * Of each pixel of an image, the first of the classes with the largest logit.
   *
   * @param logits of a batch
   * @param i number of the image in it
   * @param form whose values the logits are: [1, N, H, W, K]
   * @param height of the image without padding, at most H
   * @param width of the image without padding, at most W
   * @return uint8 [height, width]
   */
  public static byte[] likeliest(float[] logits, int i, Tensor form, int height, int width) {
    int classes = form.channels();
    byte[] labels = new byte[height * width];
    for (int p = 0; p < labels.length; p++) {
      int row = i * form.dim(-3) + p / width;
      int at = (row * form.dim(-2) + p % width) * classes;
      int best = 0;
      for (int k = 1; k < classes; k++) {
        best = logits[at + k] > logits[at + best] ? k : best;
      }
      labels[p] = (byte) best;
    }
    return labels;
  }
}
