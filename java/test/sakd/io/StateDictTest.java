package sakd.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.io.Pickles.dict;
import static sakd.io.Pickles.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;

/** Where checkpoints keep their weights, and what they keep beside them. */
class StateDictTest {
  @TempDir Path folder;

  private final Pickles pickles = new Pickles();

  private WeightFile read(String structure) throws IOException {
    byte[] pickle = Pickles.bytes(structure);
    WeightFile old = WeightFile.read(pickles.legacy(folder.resolve("old.pth"), pickle));
    WeightFile file = WeightFile.read(pickles.zip(folder.resolve("new.pth"), pickle));
    assertEquals(file.tensors(), old.tensors());
    assertEquals(file.part(), old.part());
    return file;
  }

  private void assertNames(WeightFile file, String part, String... names) {
    assertEquals(List.of(names), List.copyOf(file.tensors().keySet()));
    assertEquals(part, file.part());
  }

  private void assertRefused(String structure, String... words) {
    UserError e = assertThrows(UserError.class, () -> read(structure));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage());
    }
    assertTrue(e.getMessage().contains("old.pth"), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"state_dict", "model", "net", "model_state_dict", "ema", "module", "weights.best"})
  void theDictionaryOfMostTensorsHoldsTheWeights(String key) throws IOException {
    String weights = pickles.tensors("a", "b");
    assertNames(read(weights), "", "a", "b");
    String best = pickles.tensor(71);
    assertNames(read(dict("best_acc1", best, "epoch", "K\3", key, weights)), "", "a", "b");
    assertNames(read(dict("best", best, "run", dict(key, weights))), "", "a", "b");
    assertNames(read("(" + weights + dict("state", best) + "t"), "", "a", "b");
  }

  @Test
  void whatAnOptimizerHoldsIsNoWeights() throws IOException {
    String weights = pickles.tensors("w");
    String moments = pickles.tensors("exp_avg", "exp_avg_sq", "step");
    String named = pickles.tensors("w", "x");
    assertNames(
        read(
            dict(
                "optimizer", dict("state", "}K\0" + moments + "s", "momentum", named),
                "optimizer_states", "](" + named + "e",
                "lr_scheduler", named,
                "moments", moments,
                "model", weights)),
        "",
        "w");
    assertRefused(dict("optimizer", named, "epoch", "K\1"), "its keys are optimizer", "2 tensors");
  }

  @Test
  void ofSeveralTheAverageIsTakenAndTheOthersAreNamed() throws IOException {
    String raw = pickles.tensors("a", "b");
    String ema = pickles.tensors("b", "a");
    WeightFile file = read(dict("state_dict", raw, "state_dict_ema", ema));
    assertNames(file, "its state_dict_ema, not its state_dict", "b", "a");
    assertEquals(file.path() + " (its state_dict_ema, not its state_dict)", file.title());
    String averaged = pickles.tensors("n_averaged", "module.b", "module.a");
    assertNames(
        read(dict("model", raw, "model_ema", averaged)), "its model_ema, not its model", "b", "a");
    assertNames(
        read(dict("teacher", ema, "student", raw)), "its teacher, not its student", "b", "a");
    assertNames(read(dict("other", ema, "model", raw)), "its model, not its other", "a", "b");
    assertNames(read(dict("other", ema, "more", raw)), "its other, not its more", "b", "a");
    assertNames(read(dict("ema", pickles.tensors("a"), "model", raw)), "", "a", "b");
  }

  @Test
  void withoutWeightsTheMessageTellsWhatThereIs() {
    assertRefused("}", "holds no tensors by name", "it is empty");
    assertRefused("N", "it is None");
    assertRefused(pickles.tensor(1), "it is a tensor without a name");
    assertRefused("](" + pickles.tensor(1) + pickles.tensor(2) + "e", "a list of 2 tensors");
    assertRefused(
        dict("model", "cmodels.yolo\nModel\n)\u0081}b", "epoch", "K\1", "\33[2J", text("x")),
        "its keys are model (an object of models.yolo.Model), epoch (a number), [2J (text)",
        "torch.save(model.state_dict(), file)");
    assertRefused(dict("model", "h\0", "x", "}"), "makes no sense");
    assertRefused("}q\0" + text("net") + "}q\1" + text("model") + "h\0ss", "no tensors by name");
  }

  @Test
  void tensorsOfOtherKindsAreNamed() {
    String sparse = "ctorch._utils\n_rebuild_sparse_tensor\n)R";
    assertRefused(
        dict("a", pickles.tensor(1), "b", sparse), "the tensor b is made by", "_rebuild_sparse");
    assertRefused(dict("b", sparse), "the tensor b is made by torch._utils._rebuild_sparse_tensor");
    String complex =
        "ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nComplexFloatStorage\n"
            + "X\1\0\0\0zX\3\0\0\0cpuK\1tQK\0(K\1t(K\1t\u0089)tR";
    assertRefused(dict("c", complex), "the tensor c is made by torch.ComplexFloatStorage");
  }

  @Test
  void oneOfAnotherKindBesideTheWeightsDoesNotHinder() throws IOException {
    String sparse = "ctorch._utils\n_rebuild_sparse_tensor\n)R";
    String weights = pickles.tensors("a", "b");
    assertNames(read(dict("graph", sparse, "model", weights)), "", "a", "b");
  }

  /** Without archives, a storage is found by the sizes of those before it. */
  @Test
  void aStorageOfUnknownSizeIsNamed() throws IOException {
    String quantised =
        "ctorch._utils\n_rebuild_qtensor\n((X\7\0\0\0storagectorch\nQInt8Storage\n"
            + "X\1\0\0\0"
            + "0X\3\0\0\0cpuK\1tQtR";
    String structure = dict("packed", "(" + quantised + "t", "model", pickles.tensors("a", "b"));
    Path old = pickles.legacy(folder.resolve("old.pth"), Pickles.bytes(structure));
    UserError e = assertThrows(UserError.class, () -> WeightFile.read(old));
    assertTrue(e.getMessage().contains("beside its weights it has a torch.QInt8Storage"));
    Path zip = pickles.zip(folder.resolve("new.pth"), Pickles.bytes(structure));
    assertNames(WeightFile.read(zip), "", "a", "b");
  }

  /** What training scripts keep beside the weights: each is a value in protocols 0 to 5. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ccollections\nCounter\n}K\1K\2s\u0085R",
        "ccollections\ndefaultdict\ncbuiltins\nlist\n\u0085R(K\1K\2u",
        "ccollections\ndeque\n)R(K\1K\2e",
        "cargparse\nNamespace\n)\u0081}(X\2\0\0\0lrG\77\271\231\231\231\231\231\232ub",
        "cpathlib\nPosixPath\n(X\1\0\0\0/X\1\0\0\0atR",
        "cdatetime\ndatetime\nC\n\7\350\1\1\0\0\0\0\0\0\u0085R",
        "cnumpy\ndtype\n(X\2\0\0\0f8K\0K\1tR(K\3X\1\0\0\0<NNNJ\377\377\377\377tb",
        "cnumpy.core.multiarray\nscalar\n(NC\10\0\0\0\0\0\0\0\0tR",
        "ctorch.optim.lr_scheduler\nMultiStepLR\n)\u0081}X\1\0\0\0aK\1sb",
        "ccopy_reg\n_reconstructor\n(cmy\nCfg\ncbuiltins\ndict\nNtR",
        "\u008c\11omegaconf\u008c\12DictConfig\u0093)\u0081",
        "cmy\nMode\nK\1\u0085R",
        "cmy\nThing\n)}\u0092",
        "(imy\nThing\nK\1b",
        "(cmy\nThing\nK\1o",
        "cmy\nf\nK\1\u0085RK\2\u0085R",
        "cmy\nf\n",
        "(\u0091",
        "\u008f(K\1K\2\u0090",
        "(K\1K\2l",
        "(X\1\0\0\0aK\1d",
        "}(K\1K\2)K\3NK\4X\1\0\0\0aK\5u",
        "I12\n",
        "I01\n",
        "L12345678901234567890L\n",
        "F1.5\n",
        "S'a'\n",
        "Va\np7\n0g7\n",
        "U\1a",
        "T\1\0\0\0a",
        "\u008d\1\0\0\0\0\0\0\0a",
        "\u008e\1\0\0\0\0\0\0\0a",
        "\u0096\1\0\0\0\0\0\0\0a",
        "\u008b\1\0\0\0\5",
        "N(K\1K\1" + "1",
        "K\1" + "20",
        "C\1a\u0098"
      })
  void whatNobodyReadsDoesNotHinder(String value) throws IOException {
    String weights = pickles.tensors("a", "b");
    assertNames(read(dict("before", value, "model", weights, "after", value)), "", "a", "b");
  }

  @Test
  void dictionariesOfOtherClassesAreReadAsSuch() throws IOException {
    String weights = pickles.tensors("a", "b");
    assertNames(
        read("ccollections\ndefaultdict\n)R" + text("model") + weights + "s"), "", "a", "b");
    assertNames(read("cmy\nConfig\n)\u0081" + text("model") + weights + "s"), "", "a", "b");
  }

  @Test
  void tensorsWithAttributesAreTensors() throws IOException {
    String parameter =
        "ctorch._utils\n_rebuild_parameter_with_state\n(" + pickles.tensor(1, 2) + "\u0088)}tR";
    String plain = pickles.tensor(3); // ... its function, its arguments and a call.
    String arguments = plain.substring("ctorch._utils\n_rebuild_tensor_v2\n".length());
    String tagged =
        "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\n"
            + "ctorch\nTensor\n"
            + arguments.substring(0, arguments.length() - 1)
            + "}tR";
    WeightFile file = read(dict("p", parameter, "t", tagged));
    assertEquals(HostTensor.ofFloats(new float[] {1, 2}, 2), file.tensors().get("p"));
    assertEquals(HostTensor.ofFloats(new float[] {3}, 1), file.tensors().get("t"));
  }

  // ---- what would run a program ----

  /** Calls of the system, beside weights and alone: nothing is run, and alone it is no weights. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cposix\nsystem\n%s\u0085R",
        "(%siposix\nsystem\n",
        "(cposix\nsystem\n%so",
        "X\5\0\0\0posixX\6\0\0\0system\u0093%s\u0085R",
        "cposix\nsystem\n%s\u0085\u0081",
        "cposix\nsystem\n%s\u0085}\u0092"
      })
  void nothingThatAFileNamesIsRun(String call) throws IOException {
    Path touched = folder.resolve("touched");
    String evil = call.replace("%s", text("touch '" + touched + "'"));
    assertRefused(evil, "it is an object of posix.system");
    String weights = pickles.tensors("a", "b");
    assertNames(read(dict("x", evil, "model", weights)), "", "a", "b");
    Path bare = Files.write(folder.resolve("bare.pth"), Pickles.bytes(evil));
    UserError e = assertThrows(UserError.class, () -> WeightFile.read(bare));
    assertTrue(e.getMessage().contains("bare.pth: it is a pickle of an object of posix.system"));
    assertFalse(Files.exists(touched));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "os.system",
        "builtins.eval",
        "builtins.getattr",
        "__builtin__.exec",
        "subprocess.Popen",
        "torch.storage._load_from_bytes",
        "torch.hub.load",
        "torch.load",
        "torch.nn.modules.linear.Linear",
        "torch._utils._rebuild_qtensor",
        "torch.ComplexFloatStorage",
        "collections.OrderedDict.update"
      })
  void whatIsNotKnownIsInert(String name) {
    int dot = name.lastIndexOf('.');
    String global = "c" + name.substring(0, dot) + "\n" + name.substring(dot + 1) + "\n)R";
    assertRefused(global, "it is an object of " + name + ";");
  }

  // ---- damage ----

  /** Under a checksum that is right, so that the pickle itself is read. */
  @Test
  void survivesDamageOfThePickle() throws IOException {
    Path path = folder.resolve("fuzzed.pth");
    byte[] pickle =
        Pickles.bytes(
            dict(
                "epoch",
                "K\3",
                "best",
                pickles.tensor(1),
                "args",
                "cargparse\nNamespace\n)\u0081}X\1\0\0\0aK\1sb",
                "model",
                "ccollections\nOrderedDict\n)R" + pickles.tensors("a", "b").substring(1)));
    Mutants.check(
        path,
        pickle,
        pickle.length,
        1_000,
        mutant -> pickles.zip(path, mutant),
        () ->
            WeightFile.read(path)
                .tensors()
                .values()
                .forEach(t -> assertEquals(t.numel(), t.toDoubles().length)));
  }
}
