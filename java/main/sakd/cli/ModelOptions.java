package sakd.cli;

import picocli.CommandLine.Option;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Targets;
import sakd.infer.ForeignModel;
import sakd.io.WeightFile;
import sakd.model.DetectionSpec;
import sakd.model.ModelFile;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.model.Own;
import sakd.model.ResNetSpec;
import sakd.model.SegmentationSpec;
import sakd.ops.Neuron;

/** The architecture. */
final class ModelOptions {
  /** How SEW blocks join. */
  enum Connect {
    ADD,
    AND,
    IAND
  }

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "A network that the command models lists, such as spiking-resnet18 or sew-resnet50; "
              + "resnet18 is an ANN (default: spiking-resnet8 for 28x28 "
              + "images, else spiking-resnet18; for masks spiking-fcn-resnet20, from 320 pixels on "
              + "spiking-fcn-resnet18; for boxes spiking-retinanet-resnet20 and -resnet18; or the "
              + "weight file's).")
  String model;

  @Option(
      names = "--connect-f",
      paramLabel = "add|and|iand",
      description = "How SEW blocks join spikes and shortcut (default: add).")
  Connect connect;

  @Option(
      names = "--stem",
      paramLabel = "cifar|imagenet",
      description =
          "cifar: 3x3, stride 1; imagenet: 7x7, stride 2, max pool; for a vgg, cifar: one linear "
              + "layer after global pooling; imagenet: three, for images of 224x224 "
              + "(default: cifar, imagenet for images from 160 pixels on; or the weight file's).")
  NetworkSpec.Stem stem;

  @Option(
      names = "--shortcut",
      paramLabel = "a|b",
      description =
          "Shortcut where a block changes the size; a: every second pixel, padded with zeros; b: "
              + "1x1 convolution (default: a for resnet20 to resnet56, else b; or the weight "
              + "file's).")
  ResNetSpec.Shortcut shortcut;

  @Option(
      names = "--output-stride",
      paramLabel = "8|16|32",
      description =
          "For segmentation: how many times smaller than the images the last stage's maps "
              + "are; below 32 by dilation instead of strides (default: 8; or the weight file's).")
  Integer outputStride;

  @Option(
      names = "--aux",
      negatable = true,
      description =
          "For segmentation: train a second head, on the last stage but one (default: yes; "
              + "or as the weight file has it).")
  Boolean auxiliary;

  @Option(
      names = "--head",
      paramLabel = "spiking|ann",
      description =
          "For segmentation and detection: whether the SNN's head has spiking neurons too or is "
              + "an ANN, like the pyramid, on the mean over time (default: spiking, for "
              + "detection ann; or the weight file's).")
  HeadKind head;

  @Option(
      names = "--fpn-channels",
      paramLabel = "N",
      description =
          "For detection: channels of the pyramid and the head (default: 256; or the weight "
              + "file's).")
  Integer pyramidChannels;

  /** Neurons of an SNN's head. */
  enum HeadKind {
    SPIKING,
    ANN
  }

  /** The network of a Java program that trains it, which --model then names; null for none. */
  NetworkSpec program;

  /** The description to train on a set. */
  NetworkSpec forSet(Dataset set) {
    String name = model == null ? Networks.defaultFor(set.targetKind(), set.height()) : model;
    return changed(new Own(program, null).named(name).forImages(set.height()));
  }

  /**
   * The network in a weight file: as its metadata says, with the neuron and T of the flags. A file
   * without metadata, such as PyTorch's, holds what {@code --model} names: an ANN or an SNN.
   *
   * @param classes null for as many as the file tells apart
   * @throws UserError if no network is named, or the file or a flag says that it is another
   */
  ModelFile describe(WeightFile file, NeuronOptions options, int channels, Integer classes) {
    if (ModelFile.isIn(file.metadata())) {
      ModelFile stored =
          ModelFile.of(file.metadata(), file.path().toString(), new Own(null, options.source()));
      Neuron neuron = options.neuron(stored.neuron());
      requireNamed(file, stored, neuron);
      return new ModelFile(
          changed(stored.spec()),
          neuron,
          options.steps(neuron, Math.max(stored.steps(), 1)),
          channels,
          classes == null ? stored.classes() : classes,
          stored.encoding());
    }
    int known = classes == null ? ForeignModel.classes(file) : classes;
    if (model == null) {
      throw ForeignModel.unnamed(file, "--model", channels, known);
    }
    ModelFile named = ForeignModel.named(file, model, channels, known);
    Neuron neuron = options.neuron(named.neuron());
    if (neuron.kind().isSpiking() == namesAnn()) {
      throw new UserError(
          "--model "
              + model
              + (namesAnn() ? " is an ANN" : " is a spiking network")
              + " and --neuron is "
              + Values.lower(neuron.kind())
              + "; expected --model "
              + other()
              + ", or no --neuron");
    }
    return new ModelFile(
        changed(named.spec()), neuron, options.steps(neuron, named.steps()), channels, known);
  }

  /** Refuses a name that is not that of the network in a file that describes its own. */
  private void requireNamed(WeightFile file, ModelFile stored, Neuron neuron) {
    if (model == null) {
      return;
    }
    NetworkSpec named = Networks.named(model);
    boolean same =
        namesAnn()
            ? named.annName().equals(stored.spec().annName())
            : named.name().equals(stored.spec().name());
    if (!same || namesAnn() == neuron.kind().isSpiking()) {
      throw new UserError(
          file.title()
              + " holds "
              + stored.name()
              + ", and --model is "
              + model
              + "; leave --model out"
              + (same ? ", or give --neuron too to change the network's neurons" : ""));
    }
  }

  /** The network of the other nature: the ANN of an SNN, or the SNN of an ANN. */
  private String other() {
    NetworkSpec named = Networks.named(model);
    return namesAnn() ? named.name() : named.annName();
  }

  /** Whether --model names an ANN, as resnet18 does. */
  boolean namesAnn() {
    return model != null && Networks.isAnnName(model);
  }

  private NetworkSpec changed(NetworkSpec chosen) {
    NetworkSpec spec = stem == null ? chosen : chosen.withStem(stem);
    if (stem != null && spec.stem() != stem) {
      throw new UserError(
          "--stem "
              + Values.lower(stem)
              + " is not for "
              + spec.name()
              + ", which has one form for frames of events; leave it out");
    }
    refuse("--output-stride", outputStride, spec, Targets.Kind.MASKS);
    refuse("--aux", auxiliary, spec, Targets.Kind.MASKS);
    refuse("--fpn-channels", pyramidChannels, spec, Targets.Kind.BOXES);
    if (spec instanceof SegmentationSpec s) {
      return changed(s);
    }
    if (spec instanceof DetectionSpec d) {
      return changed(d);
    }
    if (head != null) {
      throw new UserError(
          "--head is for segmentation and detection networks, not for "
              + spec.name()
              + "; leave it out");
    }
    return changedBody(spec);
  }

  private DetectionSpec changed(DetectionSpec d) {
    DetectionSpec spec = d.withBody((ResNetSpec) changedBody(d.body()));
    if (pyramidChannels != null) {
      spec = spec.withPyramidChannels(Values.atLeast(1, "--fpn-channels", pyramidChannels));
    }
    return head == null ? spec : spec.withSpikingHead(head == HeadKind.SPIKING);
  }

  private SegmentationSpec changed(SegmentationSpec s) {
    SegmentationSpec spec = s.withBody((ResNetSpec) changedBody(s.body()));
    if (outputStride != null) {
      Values.require(
          outputStride == 8 || outputStride == 16 || outputStride == 32,
          "--output-stride",
          outputStride,
          "8, 16 or 32");
      spec = spec.withOutputStride(outputStride);
    }
    if (auxiliary != null) {
      spec = spec.withAuxiliary(auxiliary);
    }
    return head == null ? spec : spec.withSpikingHead(head == HeadKind.SPIKING);
  }

  /** Refuses an option of networks that find something else. */
  private static void refuse(String flag, Object given, NetworkSpec spec, Targets.Kind found) {
    if (given != null && spec.targetKind() != found) {
      throw new UserError(
          flag
              + " is for "
              + (found == Targets.Kind.MASKS ? "segmentation" : "detection")
              + " networks, not for "
              + spec.name()
              + "; leave it out");
    }
  }

  private NetworkSpec changedBody(NetworkSpec chosen) {
    NetworkSpec spec = chosen;
    if (connect != null) {
      if (!(spec instanceof ResNetSpec resnet) || !resnet.sew()) {
        throw new UserError(
            "--connect-f is for sew-resnets, not for " + spec.name() + "; leave it out");
      }
      spec = resnet.withMerge(Neuron.Residual.valueOf(connect.name()));
    }
    if (shortcut != null) {
      if (!(spec instanceof ResNetSpec resnet)
          || (resnet.bottleneck() && shortcut == ResNetSpec.Shortcut.A)) {
        throw new UserError(
            "--shortcut is for resnets, and a for those of two 3x3 convolutions a block, not for "
                + spec.name()
                + "; leave it out");
      }
      spec = resnet.withShortcut(shortcut);
    }
    return spec;
  }
}
