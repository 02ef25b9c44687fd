package sakd;

import java.nio.file.Path;
import java.util.List;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.infer.Evaluator;
import sakd.infer.LoadedModel;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.ops.Backend;
import sakd.ops.Ops;
import sakd.task.Task;

/** A trained network on a device. Not for several threads at once. */
public abstract sealed class TrainedNetwork implements AutoCloseable
    permits Classifier, Segmenter, Detector {
  /** Images a step. */
  static final int BATCH = 100;

  final Ops ops;
  final DType storage;
  final LoadedModel model;
  final ImageSpec pictures;

  /**
   * Loads a network.
   *
   * @param targets what it has to find
   * @throws UserError if the file does not describe its network, or it finds something else
   */
  TrainedNetwork(Path weights, String device, Targets.Kind targets) {
    WeightFile file = WeightFile.read(weights);
    pictures = ImageSpec.of(file.metadata(), weights.toString());
    if (!ModelFile.isIn(file.metadata()) || pictures == null) {
      throw new UserError(
          weights
              + " does not describe its network; expected a file that a training wrote, give its"
              + " best.safetensors");
    }
    ModelFile about = ModelFile.of(file.metadata(), weights.toString());
    if (about.spec().targetKind() != targets) {
      throw new UserError(
          weights
              + " is of "
              + about.name()
              + ", which "
              + does(about.spec().targetKind())
              + "; expected a network that "
              + does(targets)
              + ", or load it by Sakd."
              + loader(about.spec().targetKind()));
    }
    ops = Backend.open(device);
    storage = Backend.fastestStorage(ops);
    try {
      model = LoadedModel.open(ops, file, about, false);
    } catch (UserError e) {
      ops.close();
      throw e;
    }
  }

  private static String does(Targets.Kind targets) {
    return switch (targets) {
      case CLASSES -> "finds the class of a picture";
      case MASKS -> "finds the class of every pixel";
      case BOXES -> "finds objects";
    };
  }

  private static String loader(Targets.Kind targets) {
    return switch (targets) {
      case CLASSES -> "load";
      case MASKS -> "loadSegmenter";
      case BOXES -> "loadDetector";
    };
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
   * Scores and activity on a data set, such as {@link sakd.data.set.Datasets#open} gives, with the
   * size of pictures, the normalisation and the class numbers of the training.
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
    try (Evaluator evaluator =
        new Evaluator(ops, seen, Evaluator.batchSize(seen), storage, Task.of(seen))) {
      return evaluator.evaluate(model.network(), true);
    }
  }

  @Override
  public void close() {
    model.close();
    ops.close();
  }
}
