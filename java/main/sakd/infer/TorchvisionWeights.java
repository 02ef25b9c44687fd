package sakd.infer;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.io.Checksum;
import sakd.io.FileDownload;
import sakd.io.IoErrors;
import sakd.io.PublishedFile;
import sakd.io.UserFolders;
import sakd.model.NetworkSpec;

/**
 * Weights that torchvision publishes. Where it has several, they are the ones of its first recipe,
 * {@code IMAGENET1K_V1}, with which all of its ResNets and VGGs were trained alike; those of {@code
 * V2} are trained with label smoothing, of which a student learns less (Müller et al. 2019, arXiv
 * 1906.02629).
 *
 * <p>torchvision publishes the size of a file and the first eight digits of its SHA-256, in its
 * name, which is what its own downloads check. The whole checksums are those that other projects
 * have recorded in public for these files.
 *
 * @param network the ANN's name here
 * @param file its name there
 * @param mebibytes its size, to three decimals
 * @param sha256 whole, or as far as it is known
 * @param classes that it tells apart
 */
public record TorchvisionWeights(
    String network, String file, double mebibytes, String sha256, int classes) {
  private static final int IMAGENET = 1000;

  /** VOC's, on pictures of COCO. */
  private static final int VOC = 21;

  /** COCO's numbers, some of which are not used, and the background. */
  private static final int COCO = 91;

  private static final int COLOURS = 3;

  /** Half of the last decimal that is published, and what arithmetic adds. */
  private static final double ROUNDED = 0.00051;

  private static final String HOME = "https://download.pytorch.org/models/";

  /** A Java property: the address of a mirror, ending in a slash. */
  private static final String MIRROR = "sakd.torchvision";

  private static final List<TorchvisionWeights> ALL =
      List.of(
          new TorchvisionWeights(
              "resnet18",
              "resnet18-f37072fd.pth",
              44.661,
              "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
              IMAGENET),
          new TorchvisionWeights(
              "resnet34",
              "resnet34-b627a593.pth",
              83.275,
              "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f",
              IMAGENET),
          new TorchvisionWeights(
              "resnet50",
              "resnet50-0676ba61.pth",
              97.781,
              "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
              IMAGENET),
          new TorchvisionWeights(
              "resnet101",
              "resnet101-63fe2227.pth",
              170.511,
              "63fe2227b86e8f1f2063f43a75c84d195911b6a0eace650907dd3dc62dd49a0a",
              IMAGENET),
          new TorchvisionWeights(
              "resnet152",
              "resnet152-394f9c45.pth",
              230.434,
              "394f9c45966e3651a89bbb78a48410a6755854ce4a5ab64927cf1c7247f85e58",
              IMAGENET),
          new TorchvisionWeights("vgg11", "vgg11_bn-6002323d.pth", 506.881, "6002323d", IMAGENET),
          new TorchvisionWeights("vgg13", "vgg13_bn-abd245e5.pth", 507.59, "abd245e5", IMAGENET),
          new TorchvisionWeights(
              "vgg16",
              "vgg16_bn-6c64b313.pth",
              527.866,
              "6c64b3138f2f4fcb3bcc4cafde11619c4f440eb1631787e93a682fd88305888a",
              IMAGENET),
          new TorchvisionWeights(
              "fcn-resnet50",
              "fcn_resnet50_coco-1167a1af.pth",
              135.009,
              "1167a1affa42e1e62858f8d3fac12d109e0108327ffc91c5855a324b11683c36",
              VOC),
          new TorchvisionWeights(
              "fcn-resnet101",
              "fcn_resnet101_coco-7ecb50ca.pth",
              207.711,
              "7ecb50ca17844860a70d5ed0c748d997cf8adb62932abaa0233430c68594d749",
              VOC),
          new TorchvisionWeights(
              "deeplabv3-resnet50",
              "deeplabv3_resnet50_coco-cd0a2569.pth",
              160.515,
              "cd0a25694c4a0f7106b38f4938bf90a874f2f241cc410b8f63c7024399538f06",
              VOC),
          new TorchvisionWeights(
              "deeplabv3-resnet101",
              "deeplabv3_resnet101_coco-586e9e4e.pth",
              233.217,
              "586e9e4e203fcbf17e1ad45533d8d33ab133fc762bf03101c5dd743995c08c0d",
              VOC),
          new TorchvisionWeights(
              "retinanet-resnet50",
              "retinanet_resnet50_fpn_coco-eeacb38b.pth",
              130.267,
              "eeacb38b7cec8cf93c57867e05eaab621047f19b0d2ec5accaa405f690da15b7",
              COCO));

  /** One at a time in this process; others wait for the lock of a file. */
  private static final Object TURN = new Object();

  /** Every network that there are weights for. */
  public static List<TorchvisionWeights> all() {
    return ALL;
  }

  /**
   * Those of a network.
   *
   * @throws UserError if torchvision has none
   */
  public static TorchvisionWeights of(NetworkSpec spec) {
    return ALL.stream()
        .filter(w -> w.network.equals(spec.annName()))
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    "torchvision publishes no weights of "
                        + spec.annName()
                        + "; expected one of "
                        + String.join(", ", ALL.stream().map(TorchvisionWeights::network).toList())
                        + ", give a file as --teacher"));
  }

  /**
   * Refuses a network and samples that the weights are not for, before they are fetched.
   *
   * @param spec as it is to be built
   * @param anyHead whether the head starts anew, or what does not fit is left out
   * @throws UserError if they are of other classes, colours or another stem
   */
  public void requireFit(NetworkSpec spec, Dataset data, boolean anyHead) {
    if (spec.stem() != NetworkSpec.Stem.IMAGENET) {
      throw misfit(
          "has the stem for large images, and here it would have that for small ones; expected"
              + " --stem imagenet, or images of at least 160 pixels");
    }
    if (data.channels() != COLOURS) {
      throw misfit(
          "takes images of 3 channels, and those of "
              + data.name()
              + " have "
              + data.channels()
              + "; expected pictures in colour, or another teacher");
    }
    if (data.classes() != classes && !anyHead) {
      throw misfit(
          "was trained on other classes than "
              + data.name()
              + " has: "
              + classes
              + " instead of "
              + data.classes()
              + "; give --finetune to keep its body and train a new head");
    }
  }

  private UserError misfit(String how) {
    return new UserError("torchvision's " + network + " " + how);
  }

  /** The address it is fetched from. */
  public String address() {
    return System.getProperty(MIRROR, HOME) + file;
  }

  /** For people: the file and its size. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s (%.1f MiB)", file, mebibytes);
  }

  /**
   * The file, if it has been fetched before, here or by PyTorch.
   *
   * @throws UserError if a file of that name cannot be read
   */
  public Optional<Path> found() {
    return found(caches(System.getenv("TORCH_HOME"), UserFolders.cache()));
  }

  Optional<Path> found(List<Path> folders) {
    return folders.stream().map(folder -> folder.resolve(file)).filter(this::isHere).findFirst();
  }

  /** The folders where it may be, PyTorch's first; the last is the one to fetch it to. */
  static List<Path> caches(String torchHome, Optional<Path> cache) {
    List<Path> folders = new ArrayList<>();
    if (torchHome != null && Path.of(torchHome).isAbsolute()) {
      folders.add(Path.of(torchHome, "hub", "checkpoints"));
    } else {
      cache.ifPresent(c -> folders.add(c.resolve("torch").resolve("hub").resolve("checkpoints")));
    }
    cache.ifPresent(c -> folders.add(own(c)));
    return folders;
  }

  private static Path own(Path cache) {
    return cache.resolve("sakd").resolve("weights");
  }

  /** Whether the published file is there, by its size and checksum. */
  public boolean isHere(Path path) {
    try {
      return Files.isRegularFile(path)
          && Math.abs(Files.size(path) / (double) (1 << 20) - mebibytes) < ROUNDED
          && published().is(published().checksumOf(path));
    } catch (IOException e) {
      throw IoErrors.unreadable(path, "torchvision's weights", e);
    }
  }

  private PublishedFile published() {
    return new PublishedFile(address(), Checksum.Algorithm.SHA256, sha256);
  }

  /**
   * Where it is, or will be once it is fetched.
   *
   * @throws UserError if there is no folder to keep it in
   */
  public Path place() {
    return found().orElseGet(() -> ownFolder().resolve(file));
  }

  private static Path ownFolder() {
    return UserFolders.cache()
        .map(TorchvisionWeights::own)
        .orElseThrow(
            () ->
                new UserError(
                    "there is no home folder to keep torchvision's weights in; expected one, set"
                        + " XDG_CACHE_HOME, or give a file as --teacher"));
  }

  /**
   * Fetches the file if it is not there. Processes that ask for it at once wait for the first.
   *
   * @param path as {@link #place} says
   * @param progress hears a line now and then
   * @throws UserError if it cannot be fetched, or what comes is not the published file
   */
  public void fetch(Path path, Consumer<String> progress) {
    if (isHere(path)) {
      return;
    }
    Path folder = path.getParent();
    synchronized (TURN) {
      try {
        Files.createDirectories(folder);
        try (FileChannel channel =
                FileChannel.open(
                    folder.resolve(file + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            FileLock held = channel.lock()) {
          if (!held.isValid() || !isHere(path)) {
            progress.accept("fetching " + this + " from " + address());
            FileDownload.fetch(published(), folder, FileDownload.PATIENCE, progress);
          }
        }
      } catch (IOException e) {
        throw new UserError(
            "cannot keep "
                + file
                + " in "
                + folder
                + " ("
                + IoErrors.reason(e)
                + "); expected a folder that can be written, set XDG_CACHE_HOME, or give a file as"
                + " --teacher",
            e);
      }
    }
  }

  /**
   * The file of its published name in a folder of the user's.
   *
   * @throws UserError if it is not there
   */
  public Path in(Path folder) {
    Path path = folder.resolve(file);
    if (!Files.isRegularFile(path)) {
      throw new UserError(
          folder
              + " has no "
              + file
              + ", as torchvision calls its weights of "
              + network
              + "; expected it there, or give the weight file itself as --teacher");
    }
    return path;
  }

  /** Says so where a file of the user's is not the published one; it may still be a good one. */
  public void compare(Path path, Consumer<String> note) {
    try {
      String found = published().checksumOf(path);
      if (!published().is(found)) {
        note.accept(
            path
                + " is not the published file: its SHA-256 is "
                + found
                + " instead of "
                + sha256
                + "; it is used as it is");
      }
    } catch (IOException e) {
      throw IoErrors.unreadable(path, "torchvision's weights", e);
    }
  }
}
