package sakd;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import sakd.base.UserError;
import sakd.cli.Main;
import sakd.data.Dataset;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.model.ImageSpec;
import sakd.model.NetworkSpec;
import sakd.model.Own;
import sakd.train.Listener;

/**
 * SAKD as a library: describes a training, runs it, and loads what came of it.
 *
 * <pre>{@code
 * Path run = Path.of("runs", "first");
 * List<Pipeline.Row> rows =
 *     Sakd.on("auto")
 *         .data("cifar10", Path.of("cifar-10-batches-bin"))
 *         .model("spiking-resnet18")
 *         .method(Method.SAKD)
 *         .steps(4)
 *         .epochs(30)
 *         .train(run);
 * try (Classifier network = Sakd.load(run.resolve("best.safetensors"))) {
 *   Classifier.Guess guess = network.predict(List.of(Path.of("cat.png"))).get(0);
 *   System.out.println(guess.name() + " " + guess.probability());
 * }
 * }</pre>
 *
 * <p>A training is the options of the command {@code train}, so what is left out has the default
 * that {@code train --help} tells, the run directory is one that {@code train --resume} and {@code
 * report} take, and messages name the options. Nothing is checked before {@link #train}.
 *
 * <p>Objects of this class do not change: every method returns another one, so one description may
 * be the start of several.
 */
public final class Sakd {
  private static final String DATASET = "--dataset";
  private static final String DATA_PATH = "--data-path";
  private static final String MODEL = "--model";

  /** Values by option, in the order given; of those without a value an empty list. */
  private final Map<String, List<String>> options;

  private final Dataset trainSet;
  private final Dataset testSet;
  private final NetworkSpec network;
  private final PrintWriter log;
  private final Listener listener;

  private Sakd(
      Map<String, List<String>> options,
      Dataset trainSet,
      Dataset testSet,
      NetworkSpec network,
      PrintWriter log,
      Listener listener) {
    this.options = options;
    this.trainSet = trainSet;
    this.testSet = testSet;
    this.network = network;
    this.log = log;
    this.listener = listener;
  }

  /**
   * A training with every default, on the bundled images.
   *
   * @param device auto, cpu, cuda[:i] or opencl[:p:d]
   */
  public static Sakd on(String device) {
    PrintWriter nobody = new PrintWriter(Writer.nullWriter());
    return new Sakd(Map.of(), null, null, null, nobody, null).option("--device", device);
  }

  /** The data set of this name, in a folder or an archive. */
  public Sakd data(String name, Path path) {
    return data(path).option(DATASET, name);
  }

  /** The data set that a folder or an archive holds. */
  public Sakd data(Path path) {
    return new Sakd(without(DATASET), null, null, network, log, listener).option(DATA_PATH, path);
  }

  /**
   * Data sets of the program's own, such as a {@link sakd.data.set.MemoryDataset}; of the same
   * shape and classes. A run on them goes on by {@link #train} with them, not on the command line,
   * which has no way to them.
   */
  public Sakd data(Dataset train, Dataset test) {
    return new Sakd(without(DATA_PATH), train, test, network, log, listener)
        .option(DATASET, train.name());
  }

  /** One of the networks that the command {@code models} lists, such as spiking-resnet18. */
  public Sakd model(String name) {
    return new Sakd(options, trainSet, testSet, null, log, listener).option(MODEL, name);
  }

  /**
   * A network of the program's own. A run of it goes on by {@link #train} with the same
   * description, not on the command line, and its weights are loaded with it: {@link #load(Path,
   * String, Own)}.
   *
   * @param description of a name that begins with {@code spiking-}
   * @throws IllegalArgumentException if its name does not, or is that of a network of SAKD's
   */
  public Sakd model(NetworkSpec description) {
    NetworkSpec own = Own.of(description).network();
    return new Sakd(options, trainSet, testSet, own, log, listener).option(MODEL, own.name());
  }

  /** How the student is trained. Without it: by SAKD, and directly too for comparison. */
  public Sakd method(Method method) {
    return option("--method", method.name().toLowerCase(Locale.ROOT));
  }

  /**
   * The weights of a trained ANN, of the same architecture unless {@link #teacherModel} names
   * another; without it, one is trained first.
   */
  public Sakd teacher(Path weights) {
    return option("--teacher", weights);
  }

  /**
   * A teacher of another depth or family, such as resnet34 for spiking-resnet18. The student
   * follows its logits, and its features at the stages whose maps are as large as the student's; it
   * does not start from its weights. Without it, the teacher is the ANN of the student's
   * architecture.
   */
  public Sakd teacherModel(String name) {
    return option("--teacher-model", name);
  }

  /** T, the time steps of the student: 1 to 32. */
  public Sakd steps(int steps) {
    return option("--T", steps);
  }

  /** The epochs of the student's training, and of the teacher's if none are set. */
  public Sakd epochs(int epochs) {
    return option("--epochs", epochs);
  }

  /** The epochs of the teacher's training. */
  public Sakd teacherEpochs(int epochs) {
    return option("--teacher-epochs", epochs);
  }

  /** Images a step. */
  public Sakd batchSize(int images) {
    return option("--batch-size", images);
  }

  /** The learning rate that the schedule starts from. */
  public Sakd learningRate(double rate) {
    return option("--lr", rate);
  }

  /**
   * The share of the training samples that is cut off for validation, in (0, 0.5]: the best epoch
   * is chosen on them, and the test samples are for the final table alone. Without it, the best
   * epoch is chosen on the test samples.
   */
  public Sakd valShare(double share) {
    return option("--val-share", share);
  }

  /** What fixes initial weights, order and augmentation. */
  public Sakd seed(long seed) {
    return option("--seed", seed);
  }

  /**
   * The settings of a published experiment, or of a file, where none are given here.
   *
   * @param name one of those that the command {@code recipes} lists, such as cifar10-resnet18-sakd
   */
  public Sakd recipe(String name) {
    Map<String, List<String>> changed = new LinkedHashMap<>();
    changed.put("@" + name, List.of()); // Options after it win.
    changed.putAll(options);
    return new Sakd(changed, trainSet, testSet, network, log, listener);
  }

  /**
   * Any option of the command {@code train}; it takes the place of one given before.
   *
   * @param name such as {@code --neuron}
   * @param values none for an option like {@code --no-augment}
   */
  public Sakd option(String name, Object... values) {
    Map<String, List<String>> changed = without(name);
    changed.put(name, Arrays.stream(values).map(Object::toString).toList());
    return new Sakd(changed, trainSet, testSet, network, log, listener);
  }

  /** Who gets the lines that the command {@code train} prints; without it, nobody does. */
  public Sakd log(PrintWriter to) {
    return new Sakd(options, trainSet, testSet, network, to, listener);
  }

  /**
   * Who hears how training goes, by epochs, steps, losses and scores; one at a time. What it throws
   * ends the training, and {@link #train} throws it; the same training goes on from the last whole
   * epoch when it is started again.
   */
  public Sakd listener(Listener to) {
    return new Sakd(options, trainSet, testSet, network, log, to);
  }

  private Map<String, List<String>> without(String option) {
    Map<String, List<String>> rest = new LinkedHashMap<>(options);
    rest.remove(option);
    return rest;
  }

  /**
   * Trains, and waits for the end. The run directory then holds {@code best.safetensors}, the
   * weights of the student's best epoch, and what was trained besides in {@code teacher/} and
   * {@code direct/}. If it holds a run that was interrupted, with the same options, that one goes
   * on; if that is over, its rows are computed anew.
   *
   * @param run the run directory, which is made
   * @return the rows of the final table, after the last epoch, or of the best where it was chosen
   *     on validation samples or patience ended training: teacher, transferred weights, student ...
   * @throws UserError if an option, a file or the device is wrong, or {@code run} holds a run with
   *     other options
   */
  public List<Pipeline.Row> train(Path run) {
    List<String> args = new ArrayList<>();
    options.forEach(
        (name, values) -> {
          args.add(name);
          args.addAll(values);
        });
    return Main.train(args, run, trainSet, testSet, network, log, listener);
  }

  /**
   * A trained network, on the device that {@code auto} finds.
   *
   * @param weights a file that a training wrote
   * @throws UserError if it is none, or of a network for segmentation or detection
   */
  public static Classifier load(Path weights) {
    return load(weights, "auto");
  }

  /**
   * A trained network.
   *
   * @param weights a file that a training wrote
   * @param device as of {@link #on}
   * @throws UserError as {@link #load(Path)}, or if there is no such device
   */
  public static Classifier load(Path weights, String device) {
    return new Classifier(weights, device, null, null, Own.NONE);
  }

  /**
   * A trained network that is, or whose neuron is, the program's own: weight files only name them.
   *
   * @param weights a file that a training wrote
   * @param device as of {@link #on}
   * @param own the network, its neuron, or both
   * @throws UserError as {@link #load(Path, String)}, or if the neuron is not the one that the
   *     weights were trained with, or does not compile
   */
  public static Classifier load(Path weights, String device, Own own) {
    return new Classifier(weights, device, null, null, own);
  }

  /**
   * A trained network of a file from elsewhere, such as one that PyTorch wrote. Pictures become its
   * input as is usual for a network of photographs: their shorter side becomes 256 pixels, the
   * middle 224x224 are taken, mean and standard deviation are ImageNet's; its classes have no
   * names.
   *
   * @param weights {@code .pth}, {@code .pt}, {@code .th} or safetensors
   * @param device as of {@link #on}
   * @param model its name, as {@code sakd models} lists it: resnet18 is an ANN, spiking-resnet18 an
   *     SNN
   * @throws UserError if the file is of another network or none, or there is no such device
   */
  public static Classifier load(Path weights, String device, String model) {
    return load(weights, device, model, null);
  }

  /**
   * A trained network of a file from elsewhere, with the size and normalisation of pictures and the
   * names of its classes.
   *
   * @param weights as of {@link #load(Path, String, String)}
   * @param device as of {@link #on}
   * @param model as of {@link #load(Path, String, String)}
   * @param pictures how pictures become its input; of as many channels as it takes
   * @throws UserError as {@link #load(Path, String, String)}
   */
  public static Classifier load(Path weights, String device, String model, ImageSpec pictures) {
    return new Classifier(weights, device, model, pictures, Own.NONE);
  }

  /**
   * A trained network for segmentation, on the device that {@code auto} finds.
   *
   * @param weights a file that a training wrote
   * @throws UserError if it is none, or of a network for something else
   */
  public static Segmenter loadSegmenter(Path weights) {
    return loadSegmenter(weights, "auto");
  }

  /**
   * A trained network for segmentation.
   *
   * @param weights a file that a training wrote
   * @param device as of {@link #on}
   * @throws UserError as {@link #loadSegmenter(Path)}, or if there is no such device
   */
  public static Segmenter loadSegmenter(Path weights, String device) {
    return new Segmenter(weights, device, null, null, Own.NONE);
  }

  /**
   * A trained network for segmentation whose neuron, or which itself, is the program's own.
   *
   * @param weights a file that a training wrote
   * @param device as of {@link #on}
   * @param own as of {@link #load(Path, String, Own)}
   * @throws UserError as {@link #load(Path, String, Own)}
   */
  public static Segmenter loadSegmenter(Path weights, String device, Own own) {
    return new Segmenter(weights, device, null, null, own);
  }

  /**
   * A trained network for segmentation of a file from elsewhere, which takes pictures in the usual
   * way.
   *
   * @param weights as of {@link #load(Path, String, String)}
   * @param device as of {@link #on}
   * @param model as of {@link #load(Path, String, String)}
   * @param pictures how pictures become its input; null for their own size and ImageNet's mean and
   *     standard deviation
   * @throws UserError as {@link #load(Path, String, String)}
   */
  public static Segmenter loadSegmenter(
      Path weights, String device, String model, ImageSpec pictures) {
    return new Segmenter(weights, device, model, pictures, Own.NONE);
  }

  /**
   * A trained detector, on the device that {@code auto} finds.
   *
   * @param weights a file that a training wrote
   * @throws UserError if it is none, or of a network for something else
   */
  public static Detector loadDetector(Path weights) {
    return loadDetector(weights, "auto");
  }

  /**
   * A trained detector.
   *
   * @param weights a file that a training wrote
   * @param device as of {@link #on}
   * @throws UserError as {@link #loadDetector(Path)}, or if there is no such device
   */
  public static Detector loadDetector(Path weights, String device) {
    return new Detector(weights, device, null, null, Own.NONE);
  }

  /**
   * A trained detector whose neuron, or which itself, is the program's own.
   *
   * @param weights a file that a training wrote
   * @param device as of {@link #on}
   * @param own as of {@link #load(Path, String, Own)}
   * @throws UserError as {@link #load(Path, String, Own)}
   */
  public static Detector loadDetector(Path weights, String device, Own own) {
    return new Detector(weights, device, null, null, own);
  }

  /**
   * A trained detector of a file from elsewhere, which takes pictures in the usual way.
   *
   * @param weights as of {@link #load(Path, String, String)}
   * @param device as of {@link #on}
   * @param model as of {@link #load(Path, String, String)}
   * @param pictures how pictures become its input; null for a shorter side of 800 pixels and
   *     ImageNet's mean and standard deviation
   * @throws UserError as {@link #load(Path, String, String)}
   */
  public static Detector loadDetector(
      Path weights, String device, String model, ImageSpec pictures) {
    return new Detector(weights, device, model, pictures, Own.NONE);
  }
}
