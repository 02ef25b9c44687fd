package sakd;

import java.awt.image.BufferedImage;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.IntStream;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Targets;
import sakd.data.image.PictureSource;
import sakd.device.DType;
import sakd.infer.Evaluator;
import sakd.infer.ForeignModel;
import sakd.infer.ImageReader;
import sakd.infer.LoadedModel;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Network;
import sakd.model.Own;
import sakd.ops.Backend;
import sakd.ops.Ops;
import sakd.task.Task;

/**
 * A trained network on a device.
 *
 * <p>Several threads may use one at once, and each gets the answers that it would get alone, bit
 * for bit: pictures are decoded in parallel, and batches take turns on the device, in the order of
 * asking, for there is one copy of the weights. A batch is computed on all of the device's
 * processors. {@link #close} waits for the batch that is being computed; whatever is asked
 * afterwards is an {@link IllegalStateException}.
 *
 * @param <A> what the network says of a picture
 */
public abstract sealed class TrainedNetwork<A> implements AutoCloseable
    permits Classifier, Segmenter, Detector {
  /** Images a step. */
  static final int BATCH = 100;

  /** How pictures become the input; null if nothing says it. */
  private final ImageSpec pictures;

  /** Fair, so that closing does not wait for threads that ask again and again. */
  private final ReentrantLock turn = new ReentrantLock(true);

  private final Ops ops;
  private final DType storage;
  private final LoadedModel model;
  private volatile boolean closed;

  /**
   * Loads a network.
   *
   * @param name of the network in a file that does not say it; null for one that does
   * @param given how pictures become its input, and the names of its classes; null for what the
   *     file says, or what is usual
   * @param own what the caller brings along
   * @param targets what it has to find
   * @throws UserError if the file does not fit the name, or the network finds something else
   */
  TrainedNetwork(
      Path weights, String device, String name, ImageSpec given, Own own, Targets.Kind targets) {
    WeightFile file = WeightFile.read(weights);
    ModelFile about = about(file, name, given, own);
    ImageSpec told = ImageSpec.of(file.metadata(), weights.toString());
    pictures = given != null ? given : told != null ? told : ImageSpec.usual(about.spec());
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
    try {
      storage = Backend.fastestStorage(ops);
      model = LoadedModel.open(ops, file, about, false);
    } catch (RuntimeException | Error e) {
      ops.close();
      throw e;
    }
  }

  private static ModelFile about(WeightFile file, String name, ImageSpec given, Own own) {
    if (!ModelFile.isIn(file.metadata())) {
      int channels = given != null ? given.channels() : ForeignModel.channels(file);
      int classes = ForeignModel.classes(file);
      if (name == null) {
        throw ForeignModel.unnamed(file, "the third argument of load", channels, classes);
      }
      return ForeignModel.named(file, name, channels, classes);
    }
    ModelFile about = ModelFile.of(file.metadata(), file.path().toString(), own);
    if (name != null && !about.name().equalsIgnoreCase(name)) {
      throw new UserError(
          file.path() + " holds " + about.name() + ", not " + name + "; leave the name out");
    }
    return about;
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

  /** What a class is called; by its number if it has no name. */
  final String className(int label) {
    return pictures == null ? ImageSpec.unnamed(label) : pictures.className(label);
  }

  /** The name of each class, by class number; {@code class 7} if nothing says it. */
  public List<String> classNames() {
    return IntStream.range(0, about().classes()).mapToObj(this::className).toList();
  }

  /**
   * What the network says of a picture.
   *
   * @param file JPEG, PNG, GIF, BMP, WebP, TIFF or PPM
   * @throws UserError if it is no picture, or what the network says is not finite
   */
  public A predict(Path file) {
    return predict(List.of(file)).get(0);
  }

  /**
   * What the network says of a picture in memory.
   *
   * @param image of any type; its pixels are taken as they are stored, without transparency
   * @throws UserError if what the network says is not finite
   */
  public A predict(BufferedImage image) {
    return predict(List.of(image)).get(0);
  }

  /**
   * What the network says of a picture.
   *
   * @param encoded the content of a file, as of {@link #predict(Path)}
   * @throws UserError as {@link #predict(Path)}
   */
  public A predict(byte[] encoded) {
    return predict(List.of(encoded)).get(0);
  }

  /**
   * What the network says of a picture.
   *
   * @param in the content of a file, as of {@link #predict(Path)}; read to its end and left open
   * @throws UserError as {@link #predict(Path)}, or if the stream cannot be read
   */
  public A predict(InputStream in) {
    return predict(List.of(in)).get(0);
  }

  /**
   * What the network says of each picture, in their order; they are read as they are needed, so
   * there may be any number of files. Faster than one by one.
   *
   * @param pictures each a {@link Path}, a {@link BufferedImage}, an {@link InputStream} or a
   *     {@code byte[]}, as the methods for one picture take it
   * @throws UserError if one is no picture, or what the network says is not finite
   * @throws IllegalArgumentException if one is something else
   */
  public List<A> predict(List<?> pictures) {
    return ofEach(pictures, this::answers);
  }

  /** Pictures as this network sees them. */
  abstract ImageReader reader(ImageSpec how, List<PictureSource> sources);

  /** How many values of pixels a batch may have, unless it is one picture. */
  abstract long mostValues();

  /** What the network says of each picture of a batch. */
  abstract List<A> answers(ImageReader.Batch batch);

  /** Something of each picture, which {@code what} finds for a batch. */
  final <T> List<T> ofEach(List<?> pictures, Function<ImageReader.Batch, List<T>> what) {
    requireOpen();
    List<T> all = new ArrayList<>();
    if (pictures.isEmpty()) {
      return all;
    }
    try (ImageReader reader = reader(howShown(), PictureSource.all(pictures))) {
      while (reader.hasNext()) {
        all.addAll(what.apply(reader.batch(BATCH, mostValues())));
      }
    }
    return all;
  }

  private ImageSpec howShown() {
    if (pictures == null) {
      throw new UserError(
          "the file of "
              + about().architecture()
              + " does not say how pictures become its input; expected an ImageSpec as the last"
              + " argument of load, or normalised arrays");
    }
    return pictures;
  }

  /** A use of the device and of the network on it. */
  @FunctionalInterface
  interface Use<T> {
    T of(Ops ops, Network network, DType storage);
  }

  /** Uses the device when it is this thread's turn. */
  final <T> T inTurn(Use<T> use) {
    turn.lock();
    try {
      requireOpen();
      return use.of(ops, model.network(), storage);
    } finally {
      turn.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "the network is closed; load it again, and close it after its last use");
    }
  }

  /**
   * Scores and activity on a data set, such as {@link sakd.data.set.Datasets#open} gives, with the
   * size of pictures, the normalisation and the class numbers of the training. Other threads wait
   * for the end.
   *
   * @param set of the channels that the network was trained on, and some or all of its classes; for
   *     a network whose classes have no names, all of them in their order
   * @throws UserError if it is of others, or a sample cannot be read
   */
  public Evaluator.Evaluation evaluate(Dataset set) {
    boolean named = pictures != null && !pictures.classNames().isEmpty();
    if (set.channels() != about().channels() || (!named && set.classes() != about().classes())) {
      throw new UserError(
          String.format(
              "%s has %d channels and %d classes; expected a data set for %s, give another",
              set.name(), set.channels(), set.classes(), about().architecture()));
    }
    Dataset seen = (named ? pictures.applyTo(set) : set).inSteps(about().steps());
    return inTurn(
        (device, network, type) -> {
          try (Evaluator evaluator =
              new Evaluator(device, seen, Evaluator.batchSize(seen), type, Task.of(seen))) {
            return evaluator.evaluate(network, true);
          }
        });
  }

  /** Frees the network and its device, after what is being computed; a second call does nothing. */
  @Override
  public void close() {
    turn.lock();
    try {
      if (!closed) {
        closed = true;
        model.close();
        ops.close();
      }
    } finally {
      turn.unlock();
    }
  }
}
