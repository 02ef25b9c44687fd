package sakd.data.set;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Targets;
import sakd.data.image.LabelPicture;

/** Opens sets of pictures with a class for every pixel. */
final class MaskSets {
  /** A text in the folder with the name of a class in each line, by value. */
  private static final String CLASSES = "classes.txt";

  /** torchvision's crop. */
  private static final int CROP = 480;

  /** Crops follow smaller pictures in such steps. */
  private static final int CROP_STEP = 32;

  /** Of how many pictures the size is looked at to choose the crop. */
  private static final int LOOKED_AT = 64;

  private MaskSets() {}

  /** Whether a folder holds pictures with masks, and which set. */
  static Optional<DatasetKind> detect(Path root) {
    return PublishedMasks.detect(root)
        .or(() -> MaskFolder.is(root) ? Optional.of(DatasetKind.MASK_FOLDER) : Optional.empty());
  }

  /** Opens a part of a set. */
  static Dataset read(DatasetKind kind, Path root, boolean train, ReadOptions options) {
    Path home = home(kind, root);
    // What a part leaves out is said when that part is read.
    Optional<List<MaskPair>> training = pairs(kind, home, true, train ? options : options.silent());
    List<MaskPair> wanted =
        (train ? training : pairs(kind, home, false, options))
            .orElseThrow(() -> without(home, train));
    List<MaskPair> first = training.orElse(wanted);
    MaskClasses classes =
        kind == DatasetKind.MASK_FOLDER
            ? folderClasses(home, first, options)
            : PublishedMasks.classes(kind, home);
    DatasetInfo info = kind.info.withClassNames(classes.names());
    int crop =
        options.masks().crop() == null
            ? crop(new FileMasks(first, classes), options.masks().base())
            : options.masks().crop();
    return new MaskDataset(
        info,
        new FileMasks(wanted, classes),
        new ScaleAndCrop(crop, options.masks().base(), info.horizontalFlip()));
  }

  private static Path home(DatasetKind kind, Path root) {
    if (kind == DatasetKind.MASK_FOLDER) {
      return root;
    }
    return PublishedMasks.home(kind, root)
        .orElseThrow(
            () ->
                new UserError(
                    "no "
                        + kind.title
                        + " in "
                        + root
                        + ": it has no folder "
                        + PublishedMasks.mark(kind)
                        + "; expected the folder that the set's archives were unpacked to, give it"
                        + " with --data-path"));
  }

  private static Optional<List<MaskPair>> pairs(
      DatasetKind kind, Path home, boolean train, ReadOptions options) {
    return kind == DatasetKind.MASK_FOLDER
        ? MaskFolder.pairs(home, train, options.note())
        : PublishedMasks.pairs(kind, home, train, options.note());
  }

  private static UserError without(Path home, boolean train) {
    return new UserError(
        home
            + " has no pictures with masks for "
            + (train ? "training" : "testing")
            + "; expected folders or lists of such a part ("
            + String.join(", ", train ? ClassSplit.TRAIN : ClassSplit.TEST)
            + ") and masks for its pictures, check --data-path");
  }

  private static MaskClasses folderClasses(Path root, List<MaskPair> pairs, ReadOptions options) {
    String said = options.masks().classes();
    if (said != null && !said.equals(MaskClasses.IDS)) {
      return MaskClasses.of(said);
    }
    Path names = root.resolve(CLASSES);
    if (Files.isRegularFile(names)) {
      List<String> lines = MaskFolder.lines(names);
      MaskClasses.requireNames(lines, names);
      return MaskClasses.numbered(lines);
    }
    if (said == null && options.masks().learnt() != null) {
      return MaskClasses.of(options.masks().learnt());
    }
    int most = pairs.parallelStream().mapToInt(pair -> highest(pair, said != null)).max().orElse(0);
    if (most == 0) {
      throw new UserError(
          "the masks of "
              + root
              + " have no values but 0 and 255 (ignored); expected two classes or more, give"
              + " --mask-classes background,NAME if all but 0 are one class");
    }
    return MaskClasses.numbered(
        IntStream.rangeClosed(0, most).mapToObj(Integer::toString).toList());
  }

  /** The highest class number in a mask. */
  private static int highest(MaskPair pair, boolean said) {
    LabelPicture mask = FileMasks.decoded(pair);
    int most = 0;
    for (char value : mask.values()) {
      most = value == Targets.IGNORED ? most : Math.max(most, value);
    }
    if (most >= MaskClasses.MOST || (mask.wide() && !said)) {
      throw new UserError(
          pair.mask()
              + " has values up to "
              + most
              + " of "
              + (mask.wide() ? 16 : 8)
              + " bits; expected class numbers below "
              + MaskClasses.MOST
              + ", say what they mean with --mask-classes: background,nucleus where all but 0 are"
              + " numbers of objects, ids where they are classes");
    }
    return most;
  }

  /** The smallest crop of whole steps that holds every picture, but not more than torchvision's. */
  private static int crop(FileMasks pictures, int base) {
    ScaleAndCrop how = new ScaleAndCrop(1, base, false);
    int side = 1;
    for (int i = 0; i < Math.min(LOOKED_AT, pictures.size()); i++) {
      int[] size = pictures.sizeOf(i);
      var whole = how.evaluation(size[0], size[1]);
      side = Math.max(side, Math.max(whole.outWidth(), whole.outHeight()));
    }
    return Math.min(CROP, (side + CROP_STEP - 1) / CROP_STEP * CROP_STEP);
  }
}
