package sakd.cli;

import java.nio.file.Path;
import java.util.Arrays;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Targets;
import sakd.data.event.FrameSplit;
import sakd.data.set.BoxOptions;
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
  private static final double SMALLEST_SCALE = 0.1;
  private static final double LARGEST_SCALE = 10;

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description =
          "Images: fashion-mnist-small (bundled), fashion-mnist, mnist, cifar10, cifar100, "
              + "imagenet, tiny-imagenet, image-folder. Events: "
              + "nmnist, dvs-gesture, cifar10-dvs, n-cars, st-mnist, event-folder. Masks: "
              + "shapes (bundled), voc-seg, ade20k, cityscapes, camvid, mask-folder. Objects: "
              + "box-shapes (bundled), coco, voc "
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
          "Cuts a recording into T frames with equally many events, or of equal duration "
              + "(default: ${DEFAULT-VALUE}).")
  FrameSplit framesBy;

  @Option(
      names = "--sensor",
      paramLabel = "HxW",
      description =
          "Rows and columns of the event camera, such as 128x128; events outside are "
              + "dropped (default: the data set's; for an event-folder, what its events "
              + "cover; for eval, that of the training).")
  Sensor sensor;

  @Option(
      names = "--image-size",
      paramLabel = "N",
      description =
          "Height and width to which pictures are resized, 32 to 1024, or to which the frames of "
              + "recordings are summed up, at most the sensor's (default: 224 for pictures, the "
              + "sensor's for recordings; for eval, that of the training).")
  Integer imageSize;

  @Option(
      names = "--crop-size",
      paramLabel = "N",
      description =
          "For segmentation: height and width of the crop that training sees, 32 to 1024 "
              + "(default: large enough for the pictures, up to 480).")
  Integer cropSize;

  @Option(
      names = "--base-size",
      paramLabel = "N",
      description =
          "For segmentation and detection: length of a picture's shorter side in evaluation, 32 "
              + "to 4096; training scales it by another random factor, from 0.5 to 2 or by "
              + "--scale-jitter (default: its own size, the longer side at most 2048; for "
              + "detection 800, the longer side at most 1333/800 of that, for box-shapes 128; "
              + "for eval, that of the training).")
  Integer baseSize;

  @Option(
      names = "--scale-jitter",
      split = ",",
      paramLabel = "F",
      description =
          "LOW,HIGH: training scales a picture with objects by a random factor between them, 0.1 "
              + "to 10 (default: 0.8,1.25).")
  double[] scaleJitter;

  @Option(
      names = "--mask-classes",
      paramLabel = "CLASSES",
      description =
          "What the values in a mask-folder mean: ids (class numbers; 255 is ignored); a list of "
              + "names for the values 0, 1, 2 and so on; two names, such as "
              + "background,nucleus, of which the second is every value but 0, numbers of "
              + "objects too; or instances, for background,object (default: ids, named by "
              + "classes.txt; for eval, that of the training).")
  String maskClasses;

  @Option(
      names = "--mean",
      split = ",",
      paramLabel = "M",
      description =
          "Mean of each channel of pixels in [0, 1], for normalisation: "
              + "0.485,0.456,0.406 for weights trained as torchvision's (default: the data "
              + "set's; for eval, that of the training).")
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
        new ReadOptions(framesBy, side, text -> err.println("note: " + text))
            .withSensor(sensor)
            .withMasks(masks)
            .withBoxes(boxes());
    Dataset opened = Datasets.open(dataset, dataPath, train, how);
    opened.classNames().forEach(FileNames::requireSpelt);
    if (trained != null
        && sensor == null
        && opened.recordings()
        && !trained.fits(opened)
        && Math.max(trained.sensorHeight(), trained.sensorWidth()) <= Sensor.MAX_SIDE) {
      Sensor learnt = new Sensor(trained.sensorHeight(), trained.sensorWidth());
      opened = Datasets.open(dataset, dataPath, train, how.withSensor(learnt));
    }
    requireUsed(opened);
    if (imageSize != null
        && !opened.recordings()
        && (opened.height() != side || opened.width() != side)) {
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

  private BoxOptions boxes() {
    BoxOptions usual = BoxOptions.DEFAULT;
    int base = baseSize == null ? usual.base() : baseSize;
    if (scaleJitter == null) {
      return new BoxOptions(base, usual.smallestScale(), usual.largestScale());
    }
    if (scaleJitter.length != 2
        || !(scaleJitter[0] >= SMALLEST_SCALE
            && scaleJitter[0] <= scaleJitter[1]
            && scaleJitter[1] <= LARGEST_SCALE)) {
      throw new UserError(
          "--scale-jitter is "
              + String.join(",", Arrays.stream(scaleJitter).mapToObj(Double::toString).toList())
              + "; expected a least and a greatest factor of 0.1 to 10, such as 0.8,1.25, give such"
              + " numbers");
    }
    return new BoxOptions(base, scaleJitter[0], scaleJitter[1]);
  }

  /** Refuses options that are for other targets than the samples have. */
  private void requireUsed(Dataset opened) {
    Targets.Kind kind = opened.targetKind();
    if (imageSize != null && kind != Targets.Kind.CLASSES) {
      boolean masks = kind == Targets.Kind.MASKS;
      throw new UserError(
          "--image-size is for pictures with a class each, but those of "
              + opened.name()
              + (masks
                  ? " have masks; expected --crop-size and --base-size, give these"
                  : " have objects in boxes; expected --base-size, give that"));
    }
    if (scaleJitter != null && kind != Targets.Kind.BOXES) {
      throw new UserError(
          "--scale-jitter is for pictures with objects in boxes, which "
              + opened.name()
              + " does not have; expected a set for detection, leave it out");
    }
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
