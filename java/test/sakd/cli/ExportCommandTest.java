package sakd.cli;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationLoss;
import sakd.distill.DistillationWeights;
import sakd.infer.Weights;
import sakd.io.WeightFile;
import sakd.model.DetectionSpec;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Network;
import sakd.model.Networks;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.task.Task;
import sakd.testing.Devices;
import sakd.testing.UntrainedFiles;

/** Every format that export writes; what is in the files is tested where they are written. */
class ExportCommandTest {
  @TempDir static Path folder;
  private static Path weights;

  @BeforeAll
  static void weights() {
    weights = folder.resolve("net.safetensors");
    ModelFile model = new ModelFile(Networks.named("resnet8"), Neuron.LIF, 2, 1, 3);
    List<String> names = List.of("cat", "dog", "owl");
    UntrainedFiles.safetensors(
        weights, model, new ImageSpec(8, 8, 8, List.of(0.5f), List.of(0.2f), names));
  }

  private static CommandLines.Answer export(Path from, String to, String... options) {
    return CommandLines.run(
        CommandLines.with(
            List.of("export", "--weights", from.toString(), "--output", folder + "/" + to),
            options));
  }

  @Test
  void everyFormat() {
    for (String name : List.of("a.safetensors", "a.pth", "a.nir", "a.onnx")) {
      String out = export(weights, name).ok().err();
      assertTrue(out.contains(" written to " + folder.resolve(name)), out);
      assertTrue(Files.exists(folder.resolve(name)));
    }
    assertEquals(
        WeightFile.read(weights).tensors(), WeightFile.read(folder.resolve("a.pth")).tensors());
  }

  @Test
  void aFileThatSaysNothingOfItsImagesNeedsTheirSize() {
    export(weights, "b.pth").ok();
    Path plain = folder.resolve("b.pth");
    String[] model = {"--model", "resnet8"};
    CommandLines.Answer refused = export(plain, "b.onnx", model);
    assertEquals(2, refused.code());
    assertTrue(refused.err().contains("--image-size"), refused.err());
    assertFalse(Files.exists(folder.resolve("b.onnx")));
  }

  @Test
  void whatAFormatCannotSay() {
    CommandLines.Answer refused = export(weights, "c.nir", "--v-reset", "none");
    assertEquals(2, refused.code());
    assertTrue(refused.err().contains("soft reset"), refused.err());
    assertFalse(Files.exists(folder.resolve("c.nir")));
  }

  /** Writes a detector's checkpoint, with the transforms of its distillation; its own tensors. */
  private static Set<String> detector(Path path) {
    Parameters parameters = new Parameters(6);
    DetectionSpec spec = (DetectionSpec) Networks.named("retinanet-resnet8");
    List<String> names = List.of("background", "cat", "dog");
    ModelFile model = new ModelFile(spec.withPyramidChannels(8), Neuron.LIF, 2, 3, names.size());
    try (Ops ops = Devices.reference();
        Network network = model.build(parameters)) {
      Set<String> own = parameters.all().stream().map(Parameter::name).collect(toSet());
      new DistillationLoss(
          Task.DETECTION,
          DistillationForm.PUBLISHED,
          new DistillationWeights(1, 1, 10, 1, 1, 2, 0),
          network,
          1,
          parameters);
      parameters.allocate(ops);
      Map<String, String> about = new LinkedHashMap<>();
      model.describe(about);
      List<Float> middle = List.of(0.5f, 0.4f, 0.3f);
      new ImageSpec(64, 96, 64, middle, List.of(0.2f, 0.2f, 0.2f), names).describe(about);
      Weights.save(path, parameters, name -> true, about);
      return own;
    }
  }

  @Test
  void detectors() {
    Path detector = folder.resolve("detector.safetensors");
    Set<String> own = detector(detector);
    assertTrue(WeightFile.read(detector).tensors().size() > own.size());
    export(detector, "d.pth").ok();
    assertEquals(own, WeightFile.read(folder.resolve("d.pth")).tensors().keySet());
    export(detector, "d.onnx").ok();
    assertTrue(Files.exists(folder.resolve("d.onnx")));
    CommandLines.Answer refused = export(detector, "d.nir");
    assertEquals(2, refused.code());
    assertEquals(1, refused.complaints().size(), refused.err());
    assertTrue(refused.err().contains("NIR has no node for a detector"), refused.err());
    assertFalse(Files.exists(folder.resolve("d.nir")));
  }
}
