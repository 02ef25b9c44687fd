package sakd.data.set;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import sakd.base.EditDistance;
import sakd.base.UserError;
import sakd.io.Checksum;
import sakd.io.FileDownload;
import sakd.io.PublishedFile;

/** Fetches the sets that have a public address. */
public final class Download {
  private static final String CIFAR = "https://www.cs.toronto.edu/~kriz/";
  private static final String FASHION =
      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/";
  private static final String VOC = "https://thor.robots.ox.ac.uk/pascal/VOC/voc2012/";
  private static final String MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/";

  /** Boxes and masks of the same pictures. */
  private static final PublishedFile VOC_2012 =
      md5(VOC + "VOCtrainval_11-May-2012.tar", "6cd6e144f989b92b3379bac3b3de84fd");

  private static final Map<String, List<PublishedFile>> SETS =
      Map.of(
          "cifar10", List.of(archive(CifarLayout.BINARY_10)),
          "cifar100", List.of(archive(CifarLayout.BINARY_100)),
          "fashion-mnist",
              List.of(
                  md5(FASHION + "train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                  md5(FASHION + "train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
                  md5(FASHION + "t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
                  md5(FASHION + "t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310")),
          "mnist",
              List.of(
                  md5(MNIST + "train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
                  md5(MNIST + "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
                  md5(MNIST + "t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
                  md5(MNIST + "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c")),
          "voc", List.of(VOC_2012),
          "voc-seg", List.of(VOC_2012));

  private Download() {}

  private static PublishedFile md5(String address, String sum) {
    return new PublishedFile(address, Checksum.Algorithm.MD5, sum);
  }

  private static PublishedFile archive(CifarLayout layout) {
    return md5(CIFAR + layout.archive, layout.archiveMd5);
  }

  /** The sets that can be fetched. */
  public static List<String> names() {
    return SETS.keySet().stream().sorted().toList();
  }

  /**
   * Fetches every file of a set that is not there yet.
   *
   * @param name one of {@link #names}
   * @param folder where to; created if need be
   * @param progress hears a line now and then
   * @throws UserError if there is no such set, or a file cannot be fetched, or has another checksum
   */
  public static void fetch(String name, Path folder, Consumer<String> progress) {
    List<PublishedFile> parts = SETS.get(name);
    if (DataSources.elsewhere(name) != null) {
      throw new UserError(
          name
              + " cannot be downloaded by this command; expected one of "
              + String.join(", ", names())
              + ", get "
              + DataSources.elsewhere(name)
              + " and put it, unpacked, in "
              + folder);
    }
    if (parts == null) {
      throw new UserError(
          "no public address for "
              + name
              + " is known; expected one of "
              + String.join(", ", names())
              + ", did you mean "
              + EditDistance.nearest(name, names())
              + "?");
    }
    fetch(parts, folder, FileDownload.PATIENCE, progress);
  }

  /**
   * Fetches every file that is not there yet.
   *
   * @param patience how long to wait for a server that sends nothing
   */
  static void fetch(
      List<PublishedFile> files, Path folder, Duration patience, Consumer<String> progress) {
    for (PublishedFile file : files) {
      FileDownload.fetch(file, folder, patience, progress);
      if (file.name().endsWith(".tar")) { // Masks are read from folders alone.
        progress.accept(
            "unpack it to use it: tar -xf " + folder.resolve(file.name()) + " -C " + folder);
      }
    }
  }
}
