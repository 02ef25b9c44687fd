package sakd.data.set;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import sakd.base.UserError;
import sakd.data.ClassNames;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.ObjectBox;

/** Opens sets of pictures with objects in boxes. */
final class BoxSets {
  /** torchvision's. */
  static final int BASE = 800;

  private BoxSets() {}

  /** Whether a folder holds pictures with objects, and which form it has. */
  static Optional<DatasetKind> detect(Path root) {
    if (!Files.isDirectory(root)) {
      return Optional.empty();
    }
    if (new CocoFolder(root).is()) {
      return Optional.of(DatasetKind.COCO);
    }
    return VocFolder.is(root) ? Optional.of(DatasetKind.VOC) : Optional.empty();
  }

  /** Opens a part of a set; of training, pictures without any object are left out. */
  static Dataset read(DatasetKind kind, Path root, boolean train, ReadOptions options) {
    BoxPart part =
        (kind == DatasetKind.VOC
                ? VocFolder.in(root).part(train, options.note())
                : coco(root).part(train, options.note()))
            .orElseThrow(() -> without(root, train));
    List<BoxedPicture> pictures = train ? filled(root, part, options) : part.pictures();
    if (pictures.isEmpty()) {
      throw without(root, train);
    }
    DatasetInfo info = kind.info.withClassNames(part.classNames());
    BoxOptions how = options.boxes();
    FileBoxes files = new FileBoxes(pictures);
    return new BoxDataset(
        info, files, ScaleToFit.of(how, how.baseOr(BASE), info.horizontalFlip(), files));
  }

  private static CocoFolder coco(Path root) {
    CocoFolder folder = new CocoFolder(root);
    if (!folder.is()) {
      throw new UserError(
          "no annotations of COCO's form in "
              + root
              + "; expected annotations/instances_train2017.json and the like, or"
              + " train/_annotations.coco.json, give their folder with --data-path");
    }
    return folder;
  }

  private static List<BoxedPicture> filled(Path root, BoxPart part, ReadOptions options) {
    List<BoxedPicture> filled = part.filled();
    BitSet learnt = new BitSet();
    filled.stream()
        .flatMap(p -> p.objects().stream())
        .filter(ObjectBox::learnt)
        .forEach(o -> learnt.set(o.label()));
    if (learnt.isEmpty()) {
      throw new UserError(
          root
              + " has no object to learn in its "
              + part.pictures().size()
              + " pictures for training; expected boxes in them, check the annotations");
    }
    int empty = part.pictures().size() - filled.size();
    if (empty > 0) {
      options
          .note()
          .accept(root + ": left " + empty + " pictures without any object out of training");
    }
    List<String> names = part.classNames();
    List<String> unlearnt =
        IntStream.range(1, names.size())
            .filter(k -> !learnt.get(k) && !names.get(k).equals(ClassNames.UNUSED))
            .mapToObj(names::get)
            .toList();
    if (!unlearnt.isEmpty()) {
      options
          .note()
          .accept(
              root
                  + ": no object for training is of the class "
                  + ClassNames.some(unlearnt)
                  + ", which is therefore not learnt");
    }
    return filled;
  }

  private static UserError without(Path root, boolean train) {
    return new UserError(
        root
            + " has no pictures with objects for "
            + (train ? "training" : "testing")
            + "; expected a list or a file of such a part ("
            + String.join(", ", train ? ClassSplit.TRAIN : ClassSplit.TEST)
            + ") with pictures, check --data-path");
  }
}
