package sakd;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.infer.ImageReader;
import sakd.infer.PictureReader;
import sakd.infer.Predictor;
import sakd.io.HostTensor;

/** A trained network that classifies pictures: {@link Sakd#load}. */
public final class Classifier extends TrainedNetwork {
  Classifier(Path weights, String device) {
    super(weights, device, Targets.Kind.CLASSES);
  }

  /**
   * What the network takes a picture for.
   *
   * @param label the class number
   * @param name of the class
   * @param probability the softmax of the logits, in (0, 1]
   */
  public record Guess(int label, String name, double probability) {}

  /**
   * The likeliest class of each picture; they are read as they are needed.
   *
   * @param files JPEG, PNG, GIF, BMP, WebP, TIFF or PPM
   * @throws UserError if one is no picture, or the network's logits are not finite
   */
  public List<Guess> predict(List<Path> files) {
    List<Guess> guesses = new ArrayList<>();
    try (ImageReader reader = PictureReader.sized(pictures, files)) {
      while (reader.hasNext()) {
        ImageReader.Batch batch = reader.batch(BATCH);
        HostTensor logits = Predictor.predict(ops, model.network(), batch, storage).logits();
        for (int i = 0; i < batch.size(); i++) {
          guesses.add(guess(logits.slice(i).toFloats()));
        }
      }
    }
    return guesses;
  }

  private Guess guess(float[] logits) {
    int best = 0;
    for (int k = 1; k < logits.length; k++) {
      best = logits[k] > logits[best] ? k : best;
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[best]);
    }
    return new Guess(best, pictures.className(best), 1 / sum);
  }

  /**
   * The logits of images.
   *
   * @param images [N, C, H, W], normalised as the training's were
   * @throws UserError if they are not of that form, of other channels than the training's or not
   *     finite, or the network's logits are not
   */
  public Predictor.Prediction predict(HostTensor images) {
    int[] shape = images.shape();
    if (shape.length != 4 || images.numel() == 0 || shape[1] != about().channels()) {
      throw new UserError(
          "the images are an array of shape "
              + Arrays.toString(shape)
              + "; expected at least one as [N, "
              + about().channels()
              + ", H, W], reshape it");
    }
    return Predictor.predict(ops, model.network(), images, BATCH, storage);
  }
}
