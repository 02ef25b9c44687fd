package sakd.data.set;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The four forms in which CIFAR-10 and CIFAR-100 are published, and their MD5 checksums. */
@SuppressWarnings("ImmutableEnumChecker") // Lists and maps are immutable.
enum CifarLayout {
  BINARY_10(
      DatasetKind.CIFAR10,
      1,
      null,
      "cifar-10-batches-bin",
      "cifar-10-binary.tar.gz",
      "c32a1d4ab5d03f1284b67883e8d87530",
      numbered("data_batch_%d.bin"),
      List.of("test_batch.bin"),
      "batches.meta.txt",
      Map.of()),
  PYTHON_10(
      DatasetKind.CIFAR10,
      0,
      "labels",
      "cifar-10-batches-py",
      "cifar-10-python.tar.gz",
      "c58f30108f718f92721af3b95e74349a",
      numbered("data_batch_%d"),
      List.of("test_batch"),
      "batches.meta",
      Map.of(
          "data_batch_1", "c99cafc152244af753f735de768cd75f",
          "data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec",
          "data_batch_3", "54ebc095f3ab1f0389bbae665268c751",
          "data_batch_4", "634d18415352ddfa80567beed471001a",
          "data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb",
          "test_batch", "40351d587109b95175f43aff81a1287e",
          "batches.meta", "5ff9c542aee3614f3951f8cda6e48888")),
  BINARY_100(
      DatasetKind.CIFAR100,
      2,
      null,
      "cifar-100-binary",
      "cifar-100-binary.tar.gz",
      "03b5dce01913d631647c71ecec9e9cb8",
      List.of("train.bin"),
      List.of("test.bin"),
      "fine_label_names.txt",
      Map.of()),
  PYTHON_100(
      DatasetKind.CIFAR100,
      0,
      "fine_labels",
      "cifar-100-python",
      "cifar-100-python.tar.gz",
      "eb9058c3a382ffc7106e4002c42a8d85",
      List.of("train"),
      List.of("test"),
      "meta",
      Map.of(
          "train", "16019d7e3df5f24257cddd939b257f8d",
          "test", "f0ef6b0ae62326f3e7ffdfab6717acfc",
          "meta", "7973b15100ade9c7d40fb424638fde48"));

  final DatasetKind kind;

  /** Bytes before an image's pixels, of which the last is the label; 0 in the Python layout. */
  final int labelBytes;

  /** The key of the labels in a Python batch; null in the binary layout. */
  final String labelKey;

  final String subfolder;
  final String archive;
  final String archiveMd5;
  final List<String> trainFiles;
  final List<String> testFiles;
  final String namesFile;

  /** The files whose checksums are published: none of the binary ones. */
  final Map<String, String> md5;

  CifarLayout(
      DatasetKind kind,
      int labelBytes,
      String labelKey,
      String subfolder,
      String archive,
      String archiveMd5,
      List<String> trainFiles,
      List<String> testFiles,
      String namesFile,
      Map<String, String> md5) {
    this.kind = kind;
    this.labelBytes = labelBytes;
    this.labelKey = labelKey;
    this.subfolder = subfolder;
    this.archive = archive;
    this.archiveMd5 = archiveMd5;
    this.trainFiles = trainFiles;
    this.testFiles = testFiles;
    this.namesFile = namesFile;
    this.md5 = md5;
  }

  boolean python() {
    return labelKey != null;
  }

  List<String> files(boolean train) {
    return train ? trainFiles : testFiles;
  }

  /** The layouts of a set, the preferred one first. */
  static List<CifarLayout> of(DatasetKind kind) {
    return Arrays.stream(values()).filter(l -> l.kind == kind).toList();
  }

  private static List<String> numbered(String pattern) {
    return IntStream.rangeClosed(1, 5).mapToObj(pattern::formatted).toList();
  }
}
