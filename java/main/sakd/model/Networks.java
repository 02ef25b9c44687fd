package sakd.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import sakd.base.EditDistance;
import sakd.base.UserError;
import sakd.data.Targets;

/** Every network {@code --model} knows, each with the stem for CIFAR. */
public final class Networks {
  /** Images from here on are photographs: sets for small networks end at 128 pixels. */
  private static final int LARGE = 160;

  /** Height of crops from which on a network for photographs is taken for masks. */
  private static final int PHOTOGRAPH = 320;

  private static final int SMALL = 28;

  private static final String SPIKING = "spiking-";
  private static final String SEW = "sew-";

  /** torchvision's and timm's names of a VGG with batch norm. */
  private static final Pattern BATCH_NORM = Pattern.compile("^((" + SPIKING + ")?vgg\\d+)_bn$");

  /** In the order in which they are listed. */
  public static final List<NetworkSpec> ALL = all();

  private Networks() {}

  private static List<NetworkSpec> all() {
    List<NetworkSpec> all = new ArrayList<>(classifiers());
    for (SegmentationSpec.Kind kind : SegmentationSpec.Kind.values()) {
      for (NetworkSpec spec : classifiers()) {
        if (spec instanceof ResNetSpec body) {
          all.add(SegmentationSpec.over(body.sew() ? SEW : SPIKING, kind, body));
        }
      }
    }
    for (NetworkSpec spec : classifiers()) {
      if (spec instanceof ResNetSpec body) {
        all.add(DetectionSpec.over(body.sew() ? SEW : SPIKING, body));
      }
    }
    return List.copyOf(all);
  }

  private static List<NetworkSpec> classifiers() {
    List<NetworkSpec> all = new ArrayList<>();
    all.add(ResNetSpec.small(SPIKING + "resnet8", 1, ResNetSpec.Shortcut.B));
    for (int blocks : new int[] {3, 5, 7, 9}) {
      all.add(
          ResNetSpec.small(SPIKING + "resnet" + (6 * blocks + 2), blocks, ResNetSpec.Shortcut.A));
    }
    all.add(ResNetSpec.resnet19(SPIKING + "resnet19"));
    for (boolean sew : new boolean[] {false, true}) {
      String prefix = sew ? SEW : SPIKING;
      all.add(ResNetSpec.large(prefix + "resnet18", sew, false, List.of(2, 2, 2, 2)));
      all.add(ResNetSpec.large(prefix + "resnet34", sew, false, List.of(3, 4, 6, 3)));
      all.add(ResNetSpec.large(prefix + "resnet50", sew, true, List.of(3, 4, 6, 3)));
      all.add(ResNetSpec.large(prefix + "resnet101", sew, true, List.of(3, 4, 23, 3)));
      all.add(ResNetSpec.large(prefix + "resnet152", sew, true, List.of(3, 8, 36, 3)));
    }
    all.add(VggSpec.vgg(SPIKING + "vgg11", List.of(1, 1, 2, 2, 2)));
    all.add(VggSpec.vgg(SPIKING + "vgg13", List.of(2, 2, 2, 2, 2)));
    all.add(VggSpec.vgg(SPIKING + "vgg16", List.of(2, 2, 3, 3, 3)));
    all.add(VggSpec.vgg9(SPIKING + "vgg9"));
    return List.copyOf(all);
  }

  /**
   * The network of that name, or the spiking one whose ANN has that name. A VGG has torchvision's
   * name too: vgg11_bn, as each of them has batch norm.
   *
   * @throws UserError naming the known ones if there is none
   */
  public static NetworkSpec named(String name) {
    String wanted = BATCH_NORM.matcher(name.toLowerCase(Locale.ROOT)).replaceFirst("$1");
    for (NetworkSpec spec : ALL) {
      if (spec.name().equals(wanted) || spec.name().equals(SPIKING + wanted)) {
        return spec;
      }
    }
    List<String> known = classifiers().stream().map(NetworkSpec::name).toList();
    List<String> meant = new ArrayList<>(ALL.stream().map(NetworkSpec::name).toList());
    ALL.forEach(spec -> meant.add(spec.annName()));
    throw new UserError(
        "unknown model '"
            + name
            + "'; expected one of "
            + String.join(", ", known)
            + ", or for segmentation spiking-fcn-resnet18, sew-deeplabv3-resnet50 and so on for"
            + " every resnet, or for detection spiking-retinanet-resnet18 and so on, did you mean "
            + EditDistance.nearest(wanted, meant)
            + "?");
  }

  /** Whether it is the name of a network here. */
  static boolean isKnown(String name) {
    return ALL.stream().anyMatch(spec -> spec.name().equals(name));
  }

  /** Whether {@code --model} names an ANN by this: resnet18, not spiking- or sew-resnet18. */
  public static boolean isAnnName(String name) {
    return annName(name.toLowerCase(Locale.ROOT)).equals(name.toLowerCase(Locale.ROOT));
  }

  static String annName(String name) {
    for (String prefix : List.of(SPIKING, SEW)) {
      if (name.startsWith(prefix)) {
        return name.substring(prefix.length());
      }
    }
    return name;
  }

  /**
   * The network where none is named. For classes of images of 28 pixels it is a small one; for
   * masks of photographs it is one that torchvision knows.
   */
  public static String defaultFor(Targets.Kind targets, int height) {
    return switch (targets) {
      case CLASSES -> SPIKING + (height == SMALL ? "resnet8" : "resnet18");
      case BOXES -> SPIKING + "retinanet-" + (height >= PHOTOGRAPH ? "resnet18" : "resnet20");
      case MASKS -> SPIKING + "fcn-" + (height >= PHOTOGRAPH ? "resnet18" : "resnet20");
    };
  }

  /**
   * The stem for images of this height where none is named: that of CIFAR keeps their size, which
   * for photographs of 224 pixels costs about sixteen times the work and memory of ImageNet's.
   */
  public static NetworkSpec.Stem stemFor(int height) {
    return height >= LARGE ? NetworkSpec.Stem.IMAGENET : NetworkSpec.Stem.CIFAR;
  }
}
