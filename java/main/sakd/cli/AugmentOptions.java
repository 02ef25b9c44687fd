package sakd.cli;

import picocli.CommandLine.Option;
import sakd.data.Dataset;
import sakd.data.Mixing;
import sakd.data.RolledDataset;
import sakd.data.image.AutoAugment;
import sakd.data.image.Distortion;
import sakd.data.set.DistortedDataset;

/** What training does to images beyond crop and flip; names as in torchvision and timm. */
final class AugmentOptions {
  @Option(
      names = "--auto-augment",
      paramLabel = "ra|imagenet|cifar10",
      description = "RandAugment, or the AutoAugment policy of that set (default: none).")
  private AutoAugment.Policy autoAugment;

  @Option(
      names = "--ra-magnitude",
      paramLabel = "0..30",
      defaultValue = "9",
      description = "Magnitude of RandAugment, 0 to 30 (default: ${DEFAULT-VALUE}).")
  private int magnitude;

  @Option(
      names = "--color-jitter",
      paramLabel = "F",
      defaultValue = "0",
      description =
          "Multiplies brightness, contrast and saturation by 1 - F to 1 + F (default: none).")
  private float jitter;

  @Option(
      names = "--random-erase",
      paramLabel = "P",
      defaultValue = "0",
      description = "Probability that a random box of an image is erased (default: none).")
  private float erase;

  @Option(
      names = "--mixup",
      paramLabel = "ALPHA",
      defaultValue = "0",
      description =
          "Averages pairs of images and their labels, by shares drawn from Beta(ALPHA, ALPHA) for "
              + "each batch (default: none).")
  private float mixup;

  @Option(
      names = "--cutmix",
      paramLabel = "ALPHA",
      defaultValue = "0",
      description =
          "Puts a box of one image into another, of an area drawn from Beta(ALPHA, ALPHA) for each "
              + "batch; beside --mixup, in half of the batches (default: none).")
  private float cutmix;

  @Option(
      names = "--roll",
      paramLabel = "N",
      description =
          "Shifts samples by up to N pixels, where what leaves at one edge comes in at the opposite "
              + "one, instead of cropping them from a black border (default: none).")
  private Integer roll;

  /** How pairs of images are mixed. */
  Mixing mixing() {
    return new Mixing(Values.notNegative("--mixup", mixup), Values.notNegative("--cutmix", cutmix));
  }

  /** The set as training sees it. */
  Dataset applyTo(Dataset images) {
    Values.require(
        magnitude >= 0 && magnitude <= AutoAugment.MOST, "--ra-magnitude", magnitude, "0 to 30");
    Values.require(jitter >= 0 && jitter <= 1, "--color-jitter", jitter, "0 to 1");
    Values.require(erase >= 0 && erase <= 1, "--random-erase", erase, "0 to 1");
    Distortion distortion =
        new Distortion(
            autoAugment == null ? null : new AutoAugment(autoAugment, magnitude), jitter, erase);
    Dataset rolled = roll == null ? images : new RolledDataset(images, roll);
    return distortion.isNone() ? rolled : new DistortedDataset(rolled, distortion);
  }
}
