package sakd.data.set;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.data.Targets;
import sakd.io.IoErrors;

/** Sets of pictures with masks as they are published: where their files lie, what values mean. */
final class PublishedMasks {
  /** Pascal VOC's lists. */
  private static final String VOC_LISTS = "ImageSets/Segmentation";

  /** The larger training part of VOC by Hariharan et al. (SBD), as it is passed on. */
  private static final String VOC_MORE_MASKS = "SegmentationClassAug";

  private static final List<String> VOC_MORE_LISTS = List.of("train_aug.txt", "trainaug.txt");

  private static final String ADE_NAMES = "objectInfo150.txt";

  /** Cityscapes' class numbers of training by the ids of its label pictures; the others ignored. */
  private static final int[] CITYSCAPES_IDS = {
    7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33
  };

  private static final String CITYSCAPES_TRAIN_IDS = "_gtFine_labelTrainIds";

  private PublishedMasks() {}

  /** Which set a folder holds. */
  static Optional<DatasetKind> detect(Path root) {
    return Stream.of(
            DatasetKind.VOC_SEG, DatasetKind.ADE20K, DatasetKind.CITYSCAPES, DatasetKind.CAMVID)
        .filter(kind -> home(kind, root).isPresent())
        .findFirst();
  }

  /** The folder of a set within the one that the user gave: what archives unpack to. */
  static Optional<Path> home(DatasetKind kind, Path root) {
    Stream<String> inner =
        switch (kind) {
          case VOC_SEG -> Stream.of("", "VOC2012", "VOCdevkit/VOC2012");
          case ADE20K -> Stream.of("", "ADEChallengeData2016");
          case CAMVID -> Stream.of("", "CamVid");
          default -> Stream.of("");
        };
    return inner
        .map(root::resolve)
        .filter(f -> Files.isDirectory(f.resolve(mark(kind))))
        .findFirst();
  }

  /** The folder by which a set is known. */
  static String mark(DatasetKind kind) {
    return switch (kind) {
      case VOC_SEG -> VOC_LISTS;
      case ADE20K -> "annotations/training";
      case CITYSCAPES -> "gtFine";
      case CAMVID -> "trainannot";
      default -> throw new IllegalArgumentException(kind.title);
    };
  }

  /**
   * The pictures of a part; empty if there is none.
   *
   * @param home see {@link #home}
   */
  static Optional<List<MaskPair>> pairs(
      DatasetKind kind, Path home, boolean train, Consumer<String> note) {
    if (kind == DatasetKind.VOC_SEG) {
      return voc(home, train);
    }
    return folders(kind, home, train)
        .filter(MaskPair.Folders::exist)
        .findFirst()
        .map(folders -> MaskPair.all(folders, note));
  }

  private static Stream<MaskPair.Folders> folders(DatasetKind kind, Path home, boolean train) {
    Stream<String> parts =
        switch (kind) {
          case ADE20K -> Stream.of(train ? "training" : "validation");
          case CITYSCAPES -> Stream.of(train ? "train" : "val");
          default -> train ? Stream.of("train") : Stream.of("test", "val");
        };
    return parts.map(
        part ->
            switch (kind) {
              case ADE20K ->
                  new MaskPair.Folders(
                      home.resolve("images").resolve(part),
                      home.resolve("annotations").resolve(part));
              case CITYSCAPES ->
                  new MaskPair.Folders(
                      home.resolve("leftImg8bit").resolve(part),
                      home.resolve("gtFine").resolve(part),
                      "_leftImg8bit",
                      cityscapesEnding(home));
              default -> new MaskPair.Folders(home.resolve(part), home.resolve(part + "annot"));
            });
  }

  private static Optional<List<MaskPair>> voc(Path home, boolean train) {
    Path lists = home.resolve(VOC_LISTS);
    Path pictures = home.resolve("JPEGImages");
    Path more = home.resolve(VOC_MORE_MASKS);
    if (train && Files.isDirectory(more)) {
      Optional<Path> list =
          VOC_MORE_LISTS.stream().map(lists::resolve).filter(Files::exists).findFirst();
      if (list.isPresent()) { // Its lines have the picture and the mask, or the name alone.
        List<String> names =
            MaskFolder.lines(list.get()).stream().map(line -> line.split("\\s+", -1)[0]).toList();
        return Optional.of(
            MaskPair.listed(new MaskPair.Folders(pictures, more), names, list.get()));
      }
    }
    Path list = lists.resolve(train ? "train.txt" : "val.txt");
    return Files.isRegularFile(list)
        ? Optional.of(
            MaskPair.listed(
                new MaskPair.Folders(pictures, home.resolve("SegmentationClass")),
                MaskFolder.lines(list),
                list))
        : Optional.empty();
  }

  /** What the values of a set's masks mean. */
  static MaskClasses classes(DatasetKind kind, Path home) {
    List<String> names = kind.info.classNames();
    return switch (kind) {
      case ADE20K ->
          new MaskClasses(
              adeNames(home.resolve(ADE_NAMES), names),
              v -> v == 0 ? Targets.IGNORED : v <= names.size() ? v - 1 : MaskClasses.NONE);
      case CITYSCAPES ->
          cityscapesEnding(home).equals(CITYSCAPES_TRAIN_IDS)
              ? MaskClasses.numbered(names)
              : new MaskClasses(names, PublishedMasks::cityscapes);
      case CAMVID ->
          new MaskClasses(
              names,
              v ->
                  v < names.size()
                      ? v
                      : v == names.size() || v == Targets.IGNORED
                          ? Targets.IGNORED
                          : MaskClasses.NONE);
      default -> MaskClasses.numbered(names);
    };
  }

  private static int cityscapes(int id) {
    int label = Arrays.binarySearch(CITYSCAPES_IDS, id);
    int last = CITYSCAPES_IDS[CITYSCAPES_IDS.length - 1];
    return label >= 0
        ? label
        : id <= last || id == Targets.IGNORED ? Targets.IGNORED : MaskClasses.NONE;
  }

  /** The label pictures of training where somebody made them, or else those that come with it. */
  private static String cityscapesEnding(Path home) {
    boolean made =
        FolderListing.samples(home.resolve("gtFine"), ".png"::equals).samples().stream()
            .anyMatch(f -> f.toString().endsWith(CITYSCAPES_TRAIN_IDS + ".png"));
    return made ? CITYSCAPES_TRAIN_IDS : "_gtFine_labelIds";
  }

  /** The first of each class's names in the table that comes with the set, if that is there. */
  private static List<String> adeNames(Path table, List<String> otherwise) {
    if (!Files.isRegularFile(table)) {
      return otherwise;
    }
    List<String> names =
        MaskFolder.lines(table).stream()
            .skip(1)
            .map(line -> line.substring(line.lastIndexOf('\t') + 1).split(",", -1)[0].strip())
            .toList();
    if (names.size() != otherwise.size() || names.contains("")) {
      throw IoErrors.damaged(
          table,
          "it names " + names.size() + " classes",
          "a heading and " + otherwise.size() + " lines that end in a class's names");
    }
    return names;
  }
}
