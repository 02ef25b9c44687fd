package sakd.run;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import sakd.data.Dataset;
import sakd.distill.Method;
import sakd.distill.Plan;
import sakd.model.NetworkSpec;
import sakd.model.ResNetSpec;
import sakd.ops.Neuron;
import sakd.task.Task;

/**
 * How the network of a run is used in PyTorch, in Java and on the command line, as Markdown.
 *
 * @param bundled whether the data need no folder
 */
record LoadingLines(Plan plan, Dataset trainSet, boolean bundled) {
  void addTo(List<String> lines) {
    lines.add("### PyTorch");
    lines.add("");
    if (plan.model() instanceof ResNetSpec resnet && isTorchvisions(resnet)) {
      torchvision(resnet, lines);
      if (plan.method() != Method.ANN && isSpikingJellys(plan.neuron())) {
        spikingJelly(resnet, lines);
      }
    } else {
      tensors(lines);
    }
    lines.addAll(List.of("", "### Java", ""));
    java(lines);
    lines.addAll(List.of("", "### Command line", ""));
    commands(lines);
  }

  /** Whether torchvision has a class for this architecture, up to the stem. */
  private static boolean isTorchvisions(ResNetSpec spec) {
    return spec.blocks().size() == 4
        && spec.headWidth() == 0
        && spec.shortcut() == ResNetSpec.Shortcut.B;
  }

  private static boolean isSpikingJellys(Neuron neuron) {
    return neuron.kind() == Neuron.Kind.IF || neuron.kind() == Neuron.Kind.LIF;
  }

  /** The file of the student's neuron; null where that is one of SAKD's, and for an ANN. */
  private String neuronFile() {
    boolean own = plan.method() != Method.ANN && plan.neuron().file() != null;
    return own ? plan.neuron().file().name() : null;
  }

  private static void code(List<String> lines, String language, String... code) {
    lines.add("```" + language);
    lines.addAll(Arrays.stream(code).filter(Objects::nonNull).toList());
    lines.add("```");
  }

  /** The stem where it is not that for colour photographs; null where it is. */
  private String conv(ResNetSpec spec, String module) {
    boolean small = spec.stem() == NetworkSpec.Stem.CIFAR;
    return small || trainSet.channels() != 3
        ? String.format(
            Locale.ROOT,
            "net.conv1 = %s.Conv2d(%d, 64, %s, bias=False)",
            module,
            trainSet.channels(),
            small ? "3, padding=1" : "7, stride=2, padding=3")
        : null;
  }

  private static String pool(ResNetSpec spec) {
    return spec.stem() == NetworkSpec.Stem.CIFAR ? "net.maxpool = torch.nn.Identity()" : null;
  }

  private void torchvision(ResNetSpec spec, List<String> lines) {
    lines.add(
        "The tensors have torchvision's names"
            + (plan.method() == Method.ANN
                ? ":"
                : plan.isSelfArchitectural()
                    ? ", so they fit the class of the ANN; the ANN that taught, if it was trained"
                        + " here, is in `teacher/best.safetensors`:"
                    : ", so they fit the class of the ANN of the same architecture:"));
    lines.add("");
    code(
        lines,
        "python",
        "import torch, torchvision",
        "from safetensors.torch import load_file",
        "",
        String.format(
            Locale.ROOT,
            "net = torchvision.models.%s(num_classes=%d)",
            spec.annName(),
            trainSet.classes()),
        conv(spec, "torch.nn"),
        pool(spec),
        "net.load_state_dict(load_file(\"best.safetensors\"))",
        "net.eval()");
  }

  private void spikingJelly(ResNetSpec spec, List<String> lines) {
    Neuron n = plan.neuron();
    String family = spec.sew() ? "sew_resnet" : "spiking_resnet";
    String name = family + spec.annName().replace("resnet", "");
    String kind = n.kind() == Neuron.Kind.IF ? "IFNode" : "LIFNode";
    lines.addAll(
        List.of(
            "",
            "The SNN itself, with a spiking neuron in the place of each ReLU, in SpikingJelly:",
            ""));
    code(
        lines,
        "python",
        "import torch",
        "from safetensors.torch import load_file",
        "from spikingjelly.activation_based import functional, layer, neuron",
        "from spikingjelly.activation_based.model import " + family,
        "",
        String.format(
                Locale.ROOT, "net = %s.%s(%s", family, name, spec.sew() ? cnf(spec) + ", " : "")
            + "spiking_neuron=neuron."
            + kind
            + ", num_classes="
            + trainSet.classes()
            + ", v_threshold="
            + n.vThreshold()
            + ", v_reset="
            + (Float.isNaN(n.vReset()) ? "None" : "" + n.vReset())
            + (n.kind() == Neuron.Kind.LIF
                ? ", tau=" + n.tau() + ", decay_input=" + (n.decayInput() ? "True" : "False")
                : "")
            + ")",
        conv(spec, "layer"),
        pool(spec),
        "net.load_state_dict(load_file(\"best.safetensors\"))",
        "net.eval()",
        "functional.set_step_mode(net, \"m\")",
        "",
        trainSet.recordings()
            ? "def logits(frames):  # [T, N, C, H, W], normalised"
            : "def logits(images):  # [N, C, H, W], normalised",
        "    functional.reset_net(net)",
        "    with torch.no_grad():",
        trainSet.recordings()
            ? "        return net(frames).mean(0)"
            : "        return net(images.repeat(" + plan.steps() + ", 1, 1, 1, 1)).mean(0)");
  }

  private static String cnf(ResNetSpec spec) {
    return "cnf=\"" + spec.merge() + "\"";
  }

  private void tensors(List<String> lines) {
    lines.add("The tensors have the names that torchvision gives such layers:");
    lines.add("");
    code(
        lines,
        "python",
        "from safetensors.torch import load_file",
        "",
        "weights = load_file(\"best.safetensors\")  # tensors by name",
        "print({name: tuple(tensor.shape) for name, tensor in weights.items()})");
    lines.addAll(
        List.of(
            "",
            "torchvision has no class of this architecture with these layers. What the network"
                + " computes is in the file that `sakd export --weights best.safetensors --output"
                + " network.onnx` writes:",
            ""));
    code(
        lines,
        "python",
        "import onnxruntime",
        "",
        "session = onnxruntime.InferenceSession(\"network.onnx\")",
        "outputs = session.run(None, {\"images\": images})  # float32 [N, C, H, W], normalised");
  }

  private void java(List<String> lines) {
    String open =
        switch (Task.of(trainSet)) {
          case CLASSIFICATION -> "Classifier network = Sakd.load";
          case SEGMENTATION -> "Segmenter network = Sakd.loadSegmenter";
          case DETECTION -> "Detector network = Sakd.loadDetector";
        };
    code(
        lines,
        "java",
        neuronFile() == null
            ? null
            : "Own own = Own.of(Neuron.ofFile(Path.of(\"" + neuronFile() + "\")));",
        "try ("
            + open
            + "(Path.of(\"best.safetensors\")"
            + (neuronFile() == null ? "" : ", \"auto\", own")
            + ")) {",
        trainSet.recordings()
            ? "  System.out.println(network.evaluate(recordings)); // a sakd.data.Dataset"
            : "  System.out.println(network.predict(Path.of(\"picture.png\")));",
        "}");
  }

  private void commands(List<String> lines) {
    String neuron = neuronFile() == null ? "" : " --neuron-file " + neuronFile();
    code(
        lines,
        "",
        trainSet.recordings()
            ? null
            : "sakd predict --weights best.safetensors" + neuron + " --input picture.png",
        "sakd eval --weights best.safetensors"
            + neuron
            + " --dataset "
            + trainSet.name()
            + (bundled ? "" : " --data-path FOLDER"));
  }
}
