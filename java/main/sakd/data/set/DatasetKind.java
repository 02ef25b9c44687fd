package sakd.data.set;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import sakd.data.DatasetInfo;

/** The sets that are known by name, with the normalisation that published results use. */
@SuppressWarnings("ImmutableEnumChecker") // DatasetInfo copies its arrays.
public enum DatasetKind {
  FASHION_MNIST_SMALL("fashion-mnist-small", garments(), values(0.2860), values(0.3530), true),
  FASHION_MNIST("fashion-mnist", garments(), values(0.2860), values(0.3530), true),
  MNIST("mnist", numbers(10), values(0.1307), values(0.3081), false),
  CIFAR10(
      "cifar10",
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
      values(0.4914, 0.4822, 0.4465),
      values(0.2470, 0.2435, 0.2616),
      true),
  CIFAR100(
      "cifar100",
      numbers(100),
      values(0.5071, 0.4865, 0.4409),
      values(0.2673, 0.2564, 0.2762),
      true),
  NMNIST("nmnist", numbers(10), values(0, 0), counts(), false),
  DVS_GESTURE(
      "dvs-gesture",
      List.of(
          "hand clapping",
          "right hand wave",
          "left hand wave",
          "right arm clockwise",
          "right arm counter clockwise",
          "left arm clockwise",
          "left arm counter clockwise",
          "arm roll",
          "air drums",
          "air guitar",
          "other gestures"),
      values(0, 0),
      counts(),
      false),
  CIFAR10_DVS("cifar10-dvs", CIFAR10.info.classNames(), values(0, 0), counts(), true),
  N_CARS("n-cars", List.of("background", "cars"), values(0, 0), counts(), true),
  ST_MNIST("st-mnist", numbers(10), values(0, 0), counts(), false),
  EVENT_FOLDER("event-folder", List.of(), values(0, 0), counts(), false),
  IMAGENET("imagenet", List.of(), photoMean(), photoStd(), true),
  TINY_IMAGENET("tiny-imagenet", List.of(), photoMean(), photoStd(), true),
  IMAGE_FOLDER("image-folder", List.of(), photoMean(), photoStd(), true),
  VOC_SEG("voc-seg", listed("voc-seg"), photoMean(), photoStd(), true),
  ADE20K("ade20k", listed("ade20k"), photoMean(), photoStd(), true),
  CITYSCAPES("cityscapes", listed("cityscapes"), photoMean(), photoStd(), true),
  CAMVID("camvid", listed("camvid"), photoMean(), photoStd(), true),
  MASK_FOLDER("mask-folder", List.of(), photoMean(), photoStd(), true),
  SHAPES("shapes", ShapePictures.CLASSES, photoMean(), photoStd(), true),
  VOC("voc", List.of(), photoMean(), photoStd(), true),
  COCO("coco", List.of(), photoMean(), photoStd(), true),
  BOX_SHAPES("box-shapes", ShapePictures.CLASSES, photoMean(), photoStd(), true);

  final String title;
  public final DatasetInfo info;

  DatasetKind(
      String title, List<String> classNames, float[] mean, float[] std, boolean horizontalFlip) {
    this.title = title;
    this.info = new DatasetInfo(title, classNames, mean, std, horizontalFlip);
  }

  /** Whether samples are recordings of an event camera, or else pictures. */
  boolean hasRecordings() {
    return switch (this) {
      case NMNIST, DVS_GESTURE, CIFAR10_DVS, N_CARS, ST_MNIST, EVENT_FOLDER -> true;
      default -> false;
    };
  }

  /** Whether there is a class for every pixel. */
  boolean hasMasks() {
    return switch (this) {
      case VOC_SEG, ADE20K, CITYSCAPES, CAMVID, MASK_FOLDER, SHAPES -> true;
      default -> false;
    };
  }

  /** Whether there are objects with boxes. */
  boolean hasBoxes() {
    return this == VOC || this == COCO || this == BOX_SHAPES;
  }

  int classes() {
    return info.classNames().size();
  }

  private static List<String> garments() {
    return List.of(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot");
  }

  private static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }

  /** Names that are too many for here. */
  private static List<String> listed(String set) {
    try (InputStream in = DatasetKind.class.getResourceAsStream("/data/classes/" + set + ".txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The deviation by which a count stays what it is, whatever the kind: 1 of 255. */
  private static float[] counts() {
    return values(1 / 255.0, 1 / 255.0);
  }

  private static float[] photoMean() {
    return values(0.485, 0.456, 0.406);
  }

  private static float[] photoStd() {
    return values(0.229, 0.224, 0.225);
  }

  private static float[] values(double... values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }
}
