package sakd.cli;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Targets;
import sakd.data.event.FrameSplit;
import sakd.data.set.Datasets;
import sakd.data.set.MaskOptions;
import sakd.data.set.ReadOptions;
import sakd.data.set.Sensor;
import sakd.io.FileNames;
import sakd.model.ImageSpec;

/** Which data, and how they are read. */
final class DataOptions {
  private static final int SMALLEST = 32;
  private static final int LARGEST = 1024;
  private static final int LARGEST_BASE = 4096;

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description =
          "Images: fashion-mnist-small (bundled), fashion-mnist, mnist, cifar10, cifar100, "
              + "imagenet, tiny-imagenet, image-folder. Events: "
              + "nmnist, dvs-gesture, cifar10-dvs, n-cars, st-mnist, event-folder. Masks: "
              + "shapes (bundled), voc-seg, ade20k, cityscapes, camvid, mask-folder "
              + "(default: what --data-path holds, else the bundled one).")
  String dataset;

  @Option(
      names = "--data-path",
      paramLabel = "DIR",
      description = "Folder with the data set's files, or the archive as it was downloaded.")
  Path dataPath;

  @Option(
      names = "--frames-by",
      paramLabel = "count|time",
      defaultValue = "count",
      description =
          "Cuts a recording into T frames of equally many events, or equally long "
              + "(default: ${DEFAULT-VALUE}).")
  FrameSplit framesBy;

  @Option(
      names = "--sensor",
      paramLabel = "HxW",
      description =
          "Rows and columns of the camera of recordings, such as 128x128; events outside are "
              + "dropped (default: the data set's; of an event-folder, what its events cover; of "
              + "eval, that of the training).")
  Sensor sensor;

  @Option(
      names = "--image-size",
      paramLabel = "N",
      description =
          "Height and width that pictures of any size are brought to, 32 to 1024 "
              + "(default: 224; of eval, that of the training).")
  Integer imageSize;

  @Option(
      names = "--crop-size",
      paramLabel = "N",
      description =
          "Height and width of the part of a picture with a mask that training sees, 32 to 1024 "
              + "(default: what holds the pictures, up to 480).")
  Integer cropSize;

  @Option(
      names = "--base-size",
      paramLabel = "N",
      description =
          "What the shorter side of a picture with a mask becomes in evaluation, 32 to 4096; "
              + "training scales it by another 0.5 to 2 (default: its own size, of longer sides than "
              + "2048 that; of eval, that of the training).")
  Integer baseSize;

  @Option(
      names = "--mask-classes",
      paramLabel = "CLASSES",
      description =
          "What the values of a mask-folder mean: ids (class numbers, 255 is ignored); names with "
              + "commas between, by value, but of two names, such as background,nucleus, the second "
              + "is all but 0: numbers of objects too; instances for background,object "
              + "(default: ids, named by classes.txt; of eval, that of the training).")
  String maskClasses;

  @Option(
      names = "--mean",
      split = ",",
      paramLabel = "M",
      description =
          "Mean of each channel of pixels in [0, 1], for normalisation: "
              + "0.485,0.456,0.406 for weights trained as torchvision's (default: the data set's; of "
              + "eval, that of the training).")
  float[] mean;

  @Option(
      names = "--std",
      split = ",",
      paramLabel = "S",
      description = "Standard deviation of each channel: 0.229,0.224,0.225 for such weights.")
  float[] std;

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  /** A part of the set, as the options say. */
  Dataset open(boolean train) {
    return open(train, null);
  }

  /**
   * A part of the set as a network has to see it, but for what the options say.
   *
   * @param trained what the network's file says of its pictures, or null
   */
  Dataset open(boolean train, ImageSpec trained) {
    int side = imageSize == null ? ReadOptions.DEFAULT.imageSize() : imageSize;
    Values.require(side >= SMALLEST && side <= LARGEST, "--image-size", side, "32 to 1024");
    Values.require(
        cropSize == null || (cropSize >= SMALLEST && cropSize <= LARGEST),
        "--crop-size",
        cropSize,
        "32 to 1024");
    Values.require(
        baseSize == null || (baseSize >= SMALLEST && baseSize <= LARGEST_BASE),
        "--base-size",
        baseSize,
        "32 to 4096");
    var err = spec.commandLine().getErr();
    MaskOptions masks =
        new MaskOptions(
            maskClasses,
            trained == null ? null : trained.classNames(),
            cropSize,
            baseSize == null ? 0 : baseSize);
    ReadOptions how =
        new ReadOptions(framesBy, side, sensor, masks, text -> err.println("note: " + text));
    Dataset opened = Datasets.open(dataset, dataPath, train, how);
    opened.classNames().forEach(FileNames::requireSpelt);
    if (trained != null
        && sensor == null
        && opened.recordings()
        && !trained.fits(opened)
        && Math.max(trained.height(), trained.width()) <= Sensor.MAX_SIDE) {
      Sensor learnt = new Sensor(trained.height(), trained.width());
      opened = Datasets.open(dataset, dataPath, train, how.withSensor(learnt));
    }
    if (imageSize != null && opened.targetKind() == Targets.Kind.MASKS) {
      throw new UserError(
          "--image-size is for pictures with a class each, but those of "
              + opened.name()
              + " have masks; expected --crop-size and --base-size, give these");
    }
    if (imageSize != null && (opened.height() != side || opened.width() != side)) {
      throw new UserError(
          "--image-size is for pictures of any size, but those of "
              + opened.name()
              + " are "
              + opened.height()
              + "x"
              + opened.width()
              + "; leave it out");
    }
    Dataset seen = trained == null ? opened : trained.applyTo(opened);
    if (imageSize != null) {
      seen = seen.sized(side, opened.resized());
    }
    if (baseSize != null) {
      seen = seen.sized(seen.height(), baseSize);
    }
    if (mean == null && std == null) {
      return seen;
    }
    DatasetInfo info = seen.info();
    return seen.normalised(numbers("--mean", mean, info.mean()), numbers("--std", std, info.std()));
  }

  private static float[] numbers(String flag, float[] given, float[] otherwise) {
    if (given == null) {
      return otherwise;
    }
    if (given.length != otherwise.length) {
      throw new UserError(
          flag
              + " has "
              + given.length
              + " numbers; expected one for each channel, "
              + otherwise.length
              + ", give as many with commas between");
    }
    for (float value : given) {
      Values.require(flag.equals("--mean") || value > 0, flag, value, "more than 0");
    }
    return given;
  }

  boolean bundled() {
    return dataPath == null && (dataset == null || dataset.equals("fashion-mnist-small"));
  }
}
