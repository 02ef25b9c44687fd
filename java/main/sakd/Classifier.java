package sakd;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.device.DType;
import sakd.infer.Evaluator;
import sakd.infer.ImageReader;
import sakd.infer.LoadedModel;
import sakd.infer.PictureReader;
import sakd.infer.Predictor;
import sakd.io.HostTensor;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.ops.Backend;
import sakd.ops.Ops;
import sakd.task.Task;

/** A trained network on a device: {@link Sakd#load}. Not for several threads at once. */
public final class Classifier implements AutoCloseable {
  private static final int BATCH = 100;

  private final Ops ops;
  private final DType storage;
  private final LoadedModel model;
  private final ImageSpec pictures;

  private Classifier(Ops ops, LoadedModel model, ImageSpec pictures) {
    this.ops = ops;
    this.storage = Backend.fastestStorage(ops);
    this.model = model;
    this.pictures = pictures;
  }

  static Classifier load(Path weights, String device) {
    WeightFile file = WeightFile.read(weights);
    ImageSpec pictures = ImageSpec.of(file.metadata(), weights.toString());
    if (!ModelFile.isIn(file.metadata()) || pictures == null) {
      throw new UserError(
          weights
              + " does not describe its network; expected a file that a training wrote, give its"
              + " best.safetensors");
    }
    ModelFile about = ModelFile.of(file.metadata(), weights.toString());
    Ops ops = Backend.open(device);
    try {
      return new Classifier(ops, LoadedModel.open(ops, file, about, false), pictures);
    } catch (UserError e) {
      ops.close();
      throw e;
    }
  }

  /** What the network is: its description, neuron, T, channels and classes. */
  public ModelFile about() {
    return model.about();
  }

  /** The name of each class, by class number. */
  public List<String> classNames() {
    return pictures.classNames();
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

  /**
   * Accuracy and activity on a data set, such as {@link sakd.data.set.Datasets#open} gives, with
   * the size of pictures, the normalisation and the class numbers of the training.
   *
   * @param set of the channels that the network was trained on, and some or all of its classes
   * @throws UserError if it is of others, or a sample cannot be read
   */
  public Evaluator.Evaluation evaluate(Dataset set) {
    if (set.channels() != about().channels()) {
      throw new UserError(
          String.format(
              "%s has %d channels; expected a data set for %s, give another",
              set.name(), set.channels(), about().architecture()));
    }
    Dataset seen = pictures.applyTo(set).inSteps(about().steps());
    try (Evaluator evaluator = new Evaluator(ops, seen, BATCH, storage, Task.of(seen))) {
      return evaluator.evaluate(model.network(), true);
    }
  }

  @Override
  public void close() {
    model.close();
    ops.close();
  }
}
