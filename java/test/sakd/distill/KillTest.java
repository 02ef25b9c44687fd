package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sakd.data.Dataset;
import sakd.device.DType;
import sakd.model.NetworkSpec;
import sakd.model.SegmentationSpec;
import sakd.ops.Ops;
import sakd.run.RunArguments;
import sakd.run.RunFolder;
import sakd.run.SummaryColumns;
import sakd.run.TensorBoardListener;
import sakd.task.Task;
import sakd.testing.Devices;
import sakd.testing.DyingFiles;
import sakd.testing.TinyMasks;
import sakd.testing.TinyNetwork;
import sakd.testing.TinyPlan;
import sakd.train.Listeners;
import sakd.train.Scale;

/** A run that dies at any moment goes on, and ends with the bytes of one that was left alone. */
class KillTest {
  private static final SummaryColumns COLUMNS = new SummaryColumns(Task.CLASSIFICATION);

  private static final List<String> ARGS = List.of("--epochs", "2");

  /** What is killed: a training of a task, at so many moments. */
  private enum Training {
    CLASSIFICATION(TinyNetwork.SPEC, 8, Scale.USUAL, TinyPlan.noise(8), TinyPlan.noise(6), 100),
    /** With a checkpoint after each but the last of the three steps of an epoch. */
    WITHIN_EPOCHS(
        TinyNetwork.SPEC, 3, new Scale(1, DType.F32, 1), TinyPlan.noise(8), TinyPlan.noise(6), 50),
    /** With dropout in both heads. */
    SEGMENTATION(
        new SegmentationSpec(
            "tiny-fcn", SegmentationSpec.Kind.FCN, TinyNetwork.SPEC, 8, true, true),
        8,
        Scale.USUAL,
        new TinyMasks(8),
        new TinyMasks(2),
        15);

    private final Plan plan;
    private final Dataset training;
    private final Dataset test;
    private final int moments;

    Training(
        NetworkSpec spec, int batch, Scale scale, Dataset training, Dataset test, int moments) {
      this.plan = TinyPlan.of(spec, TinyPlan.settings(2, batch, 0.05, 0, scale, 0), 1);
      this.training = training;
      this.test = test;
      this.moments = moments;
    }
  }

  @TempDir Path folder;

  /** As the command train goes about it. */
  private static void train(Ops ops, Training of, Path folder) {
    boolean resuming = RunArguments.areIn(folder);
    PrintWriter out = new PrintWriter(Writer.nullWriter());
    var console = new RunFolder.Console(out, out, RunFolder.Printed.STEPS);
    try (RunFolder run =
            resuming
                ? RunFolder.open(folder, COLUMNS, console)
                : RunFolder.create(folder, COLUMNS, ARGS, console);
        TensorBoardListener events = new TensorBoardListener(ARGS, Map.of())) {
      if (resuming) {
        PlanCheck.checkResume(of.plan, folder, of.training, of.test);
        RunArguments.write(run.path(), ARGS);
      }
      Listeners listeners = new Listeners(List.of(run, events));
      new Pipeline(ops, of.plan, of.training, of.test, folder, listeners, run::say).run(resuming);
    }
  }

  /** Moments of every kind, seeded: each step of the run belongs to a file and does one thing. */
  private static SortedSet<Integer> moments(List<String> steps, int count) {
    Random random = new Random(11);
    Map<String, List<Integer>> kinds = new TreeMap<>();
    for (int i = 0; i < steps.size(); i++) {
      kinds.computeIfAbsent(steps.get(i), k -> new ArrayList<>()).add(i);
    }
    kinds.values().forEach(list -> Collections.shuffle(list, random));
    SortedSet<Integer> chosen = new TreeSet<>();
    for (int round = 0; chosen.size() < count; round++) {
      for (List<Integer> moments : kinds.values()) {
        if (round < moments.size() && chosen.size() < count) {
          chosen.add(moments.get(round));
        }
      }
    }
    return chosen;
  }

  @ParameterizedTest
  @EnumSource
  void everyMomentLeavesARunThatGoesOn(Training of) throws IOException {
    try (Ops ops = Devices.reference()) {
      Path run = folder.resolve("run");
      DyingFiles living = new DyingFiles(Integer.MAX_VALUE, 0);
      train(ops, of, living.path(run));
      Map<String, String> expected = content(run);
      delete(run);
      Random random = new Random(12);
      for (int moment : moments(living.steps(), of.moments)) {
        String when = "died at step " + moment + ": " + living.steps().get(moment);
        DyingFiles dying = new DyingFiles(moment, random.nextDouble());
        assertThrows(DyingFiles.Died.class, () -> train(ops, of, dying.path(run)), when);
        assertEquals(living.steps().subList(0, moment + 1), dying.steps(), when);
        train(ops, of, new DyingFiles(Integer.MAX_VALUE, 0).path(run));
        assertEquals(expected, content(run), when);
        delete(run);
      }
    }
  }

  /** The files of a run, and what of them does not depend on the clock. */
  private static Map<String, String> content(Path run) throws IOException {
    Map<String, String> content = new TreeMap<>();
    try (var files = Files.walk(run)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = run.relativize(file).toString();
        if (name.endsWith("summary.csv")) {
          // But for the two columns at the end, images/s and seconds.
          content.put(name, Files.readString(file).replaceAll("(,[^,]*){2}\n", "\n"));
        } else if (name.endsWith(".txt")) {
          content.put(name, Files.readString(file));
        } else if (name.endsWith(".safetensors")) {
          content.put(name, sha256(Files.readAllBytes(file)));
        } else if (!name.contains("events.out")) {
          content.put(name, "");
        }
      }
    }
    return content;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static void delete(Path run) throws IOException {
    try (var files = Files.walk(run)) {
      for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
