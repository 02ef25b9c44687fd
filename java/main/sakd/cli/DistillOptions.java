package sakd.cli;

import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Option;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Targets;
import sakd.distill.DistillationWeights;
import sakd.distill.Method;
import sakd.distill.WeightSchedule;
import sakd.infer.ForeignModel;
import sakd.io.WeightFile;
import sakd.model.ModelFile;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.model.Own;

/** What the student learns from: the method, its teacher, and the terms of the loss. */
final class DistillOptions {
  @Option(
      names = "--method",
      paramLabel = "sakd|direct|transfer|logits|features|ann",
      description =
          "How to train the student: both levels, labels alone, level 1 alone, or one term of "
              + "level 2 alone; ann trains the teacher only (default: sakd, and direct for "
              + "comparison).")
  Method method;

  @Option(
      names = "--teacher",
      paramLabel = "W",
      description =
          "A trained ANN, of the same architecture unless --teacher-model says otherwise: "
              + "safetensors, .pth, .pt, .th; or torchvision, for the weights that it publishes, "
              + "which are fetched once; or a folder where these are (default: train one).")
  TeacherSource teacher;

  @Option(
      names = "--teacher-model",
      paramLabel = "NAME",
      description =
          "The teacher's network where it is of another depth or family, such as resnet34: its "
              + "logits are followed, and its features where maps have the student's size; no "
              + "weights are transferred (default: the ANN of --model).")
  String teacherModel;

  @Option(
      names = "--init",
      paramLabel = "W",
      description =
          "Where the student starts instead of random or transferred weights; with --method ann, "
              + "where the ANN starts.")
  Path init;

  @Option(
      names = "--finetune",
      description =
          "The files of --teacher and --init were trained on other classes: their bodies are kept, "
              + "their heads start anew, and the teacher is trained for --teacher-epochs before it "
              + "teaches.")
  boolean finetune;

  @Option(
      names = "--ce-weight",
      paramLabel = "W",
      defaultValue = "1",
      description = "Weight of the cross-entropy (default: ${DEFAULT-VALUE}).")
  private float ceWeight;

  @Option(
      names = "--logit-weight",
      paramLabel = "W",
      defaultValue = "1",
      description = "Weight of the logits' distillation (default: ${DEFAULT-VALUE}).")
  private float logitWeight;

  @Option(
      names = "--feature-weight",
      paramLabel = "W",
      description = "Weight of the features' distillation (default: 100; bundled: 10).")
  private Float featureWeight;

  @Option(
      names = "--feature-weight-after",
      paramLabel = "EPOCHS=WEIGHT",
      description = "Changes --feature-weight after a number of epochs: 10=0.01.")
  private Map<Integer, Float> laterFeatures;

  @Option(
      names = "--box-weight",
      paramLabel = "W",
      description =
          "For detection: weight of the distance from the teacher's boxes, where it sees objects "
              + "(default: 1).")
  private Float boxWeight;

  @Option(
      names = "--pyramid-weight",
      paramLabel = "W",
      description = "For detection: weight of the pyramid's levels as features (default: 0).")
  private Float pyramidWeight;

  @Option(
      names = "--kd-temperature",
      paramLabel = "T_kd",
      defaultValue = "4",
      description = "Temperature of the logits' distillation (default: ${DEFAULT-VALUE}).")
  private float temperature;

  @Option(
      names = "--transform-kernel",
      paramLabel = "1|3",
      defaultValue = "3",
      description = "Kernel of the features' transforms (default: ${DEFAULT-VALUE}).")
  private int transformKernel;

  @Option(
      names = "--label-smoothing",
      paramLabel = "SHARE",
      defaultValue = "0",
      description = "Share of the target spread over all classes (default: ${DEFAULT-VALUE}).")
  private float labelSmoothing;

  /**
   * The weights of the loss by epoch.
   *
   * @param small if the data are the bundled ones
   * @param further the losses beyond the paper
   */
  WeightSchedule weights(
      boolean small, NetworkSpec network, Method method, FurtherLossOptions further) {
    DistillationWeights start = start(small, network, method, further);
    if (laterFeatures != null && laterFeatures.size() != 1) {
      throw new UserError(
          "--feature-weight-after is given more than once; expected one change of the weight, "
              + "give it once");
    }
    int epochs = laterFeatures == null ? 0 : laterFeatures.keySet().iterator().next();
    float later = laterFeatures == null ? 0 : laterFeatures.get(epochs);
    return new WeightSchedule(
        start,
        laterFeatures == null ? 0 : Values.atLeast(1, "--feature-weight-after", epochs),
        Values.notNegative("--feature-weight-after", later),
        further.lastTemperature(temperature));
  }

  private DistillationWeights start(
      boolean small, NetworkSpec network, Method method, FurtherLossOptions further) {
    boolean boxes = network.targetKind() == Targets.Kind.BOXES;
    if (!boxes && (boxWeight != null || pyramidWeight != null)) {
      throw new UserError(
          (boxWeight != null ? "--box-weight" : "--pyramid-weight")
              + " is for detectors, not for "
              + network.name()
              + "; leave it out");
    }
    DistillationWeights weights =
        further.addedTo(
            new DistillationWeights(
                Values.notNegative("--ce-weight", ceWeight),
                Values.notNegative("--logit-weight", logitWeight),
                Values.notNegative(
                    "--feature-weight", featureWeight == null ? small ? 10 : 100 : featureWeight),
                boxes ? ofBoxes("--box-weight", boxWeight, 1) : 0,
                boxes ? ofBoxes("--pyramid-weight", pyramidWeight, 0) : 0,
                (float) Values.positive("--kd-temperature", temperature),
                Values.share("--label-smoothing", labelSmoothing)));
    DistillationWeights left = method.select(weights);
    if (method != Method.ANN && left.ce() == 0 && !left.needsTeacher()) {
      throw new UserError(
          "every term of the loss that follows labels or a teacher has weight 0; expected one that"
              + " has not, give --ce-weight (or --logit-weight, --feature-weight) more than 0");
    }
    return weights;
  }

  private static float ofBoxes(String flag, Float given, float otherwise) {
    return Values.notNegative(flag, given == null ? otherwise : given);
  }

  /**
   * How the network is trained. Where {@code --model} names an ANN, that alone is trained.
   *
   * @throws UserError if there is nothing to train, or the name is of an ANN and the method for a
   *     spiking network
   */
  Method method(ModelOptions model) {
    if (method == Method.ANN && teacher != null) {
      throw new UserError(
          "--method ann trains the teacher, and --teacher names one that is trained; expected one"
              + " of the two, leave the other out");
    }
    if (!model.namesAnn()) {
      return method == null ? Method.SAKD : method;
    }
    boolean student = method != null ? method != Method.ANN : teacher != null;
    if (student) {
      throw new UserError(
          "--model "
              + model.model
              + " is an ANN, and "
              + (method == null ? "--teacher" : "--method " + Values.lower(method))
              + " is for a spiking network; expected --model "
              + Networks.named(model.model).name()
              + (method == null ? "" : ", or --method ann"));
    }
    return Method.ANN;
  }

  /**
   * The description of the teacher, with the stem and the shortcuts that its weight file shows, if
   * there is one.
   *
   * @param model the student's options, of which the stem is the teacher's too
   * @throws UserError if there is no such ANN, or the file says that it is another
   */
  NetworkSpec teacherModel(ModelOptions model, NetworkSpec student, Dataset set, Method method) {
    if (teacherModel == null || !method.needsTeacher()) {
      return student;
    }
    NetworkSpec named = Networks.named(teacherModel);
    if (!Networks.isAnnName(teacherModel)) {
      throw new UserError(
          "--teacher-model is "
              + teacherModel
              + ", a spiking network; expected an ANN to teach, give "
              + named.annName());
    }
    if (named.annName().equals(student.annName())) {
      return student;
    }
    if (teacher == null) {
      NetworkSpec usual = named.forImages(set.height());
      return model.stem == null ? usual : usual.withStem(model.stem);
    }
    if (teacher.isTorchvision()) {
      return named.withStem(NetworkSpec.Stem.IMAGENET);
    }
    WeightFile file = WeightFile.read(teacher.path());
    if (!ModelFile.isIn(file.metadata())) {
      return ForeignModel.named(file, teacherModel, set.channels(), set.classes()).spec();
    }
    ModelFile stored =
        ModelFile.of(file.metadata(), teacher.path().toString(), new Own(model.program, null));
    if (!stored.spec().annName().equals(named.annName())) {
      throw new UserError(
          teacher.path()
              + " holds "
              + stored.name()
              + ", and --teacher-model is "
              + teacherModel
              + "; leave one of them out, or give --teacher-model "
              + stored.spec().annName());
    }
    return stored.spec();
  }

  /** The teacher's weight file, which may have to be fetched yet; null if one is trained. */
  Path teacherFile(NetworkSpec teacherModel, Method method) {
    return teacher == null || !method.needsTeacher() ? null : teacher.file(teacherModel);
  }

  /** Whether an ANN is trained: alone, or to teach. */
  boolean trainsTeacher(Method method) {
    return method == Method.ANN || (method.needsTeacher() && (teacher == null || finetune));
  }

  /**
   * Whether the heads of the files given start anew.
   *
   * @throws UserError if no file is given
   */
  boolean finetune(Method method) {
    if (finetune && init == null && (teacher == null || !method.needsTeacher())) {
      throw new UserError(
          "--finetune keeps the body of trained weights, and none are given; expected a file as "
              + (method.needsTeacher() ? "--teacher" : "--init")
              + " beside it");
    }
    return finetune;
  }

  /** Kernel of the transforms. */
  int transformKernel() {
    Values.require(
        transformKernel == 1 || transformKernel == 3,
        "--transform-kernel",
        transformKernel,
        "1 or 3");
    return transformKernel;
  }
}
