package sakd;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.data.image.PictureSource;
import sakd.infer.ClassShares;
import sakd.infer.ImageReader;
import sakd.infer.PictureReader;
import sakd.infer.Predictor;
import sakd.io.HostTensor;
import sakd.model.ImageSpec;
import sakd.model.Own;

/** A trained network that classifies pictures: {@link Sakd#load}. */
public final class Classifier extends TrainedNetwork<Classifier.Guess> {
  Classifier(Path weights, String device, String model, ImageSpec pictures, Own own) {
    super(weights, device, model, pictures, own, Targets.Kind.CLASSES);
  }

  /**
   * What the network takes a picture for.
   *
   * @param label the class number
   * @param name of the class
   * @param probability the softmax of the logits, in [0, 1]
   */
  public record Guess(int label, String name, double probability) {
    /** For people: {@code cat 93.1 %}. */
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s %.1f %%", name, 100 * probability);
    }
  }

  /**
   * The likeliest classes of each picture, the likeliest first.
   *
   * @param k how many, at least 1; of fewer classes, all of them
   * @param pictures as of {@link #predict(List)}
   * @throws UserError as {@link #predict(List)}
   */
  public List<List<Guess>> top(int k, List<?> pictures) {
    if (k < 1) {
      throw new IllegalArgumentException("the " + k + " likeliest classes; expected at least 1");
    }
    return ofEach(pictures, batch -> guesses(k, batch));
  }

  @Override
  ImageReader reader(ImageSpec how, List<PictureSource> sources) {
    return PictureReader.sized(how, sources);
  }

  @Override
  long mostValues() {
    return ImageReader.MOST_VALUES;
  }

  @Override
  List<Guess> answers(ImageReader.Batch batch) {
    return guesses(1, batch).stream().map(likeliest -> likeliest.get(0)).toList();
  }

  private List<List<Guess>> guesses(int k, ImageReader.Batch batch) {
    Predictor.Prediction said =
        inTurn((ops, network, storage) -> Predictor.predict(ops, network, batch, storage));
    List<List<Guess>> guesses = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      guesses.add(
          ClassShares.likeliest(said, i, k).stream()
              .map(s -> new Guess(s.label(), className(s.label()), s.share()))
              .toList());
    }
    return guesses;
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
    return inTurn(
        (ops, network, storage) -> Predictor.predict(ops, network, images, BATCH, storage));
  }
}
