package sakd.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import sakd.data.Augment;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Epoch;
import sakd.data.Parts;
import sakd.data.Targets;
import sakd.data.set.MemoryDataset;
import sakd.device.DType;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationLoss;
import sakd.distill.DistillationObjective;
import sakd.distill.DistillationWeights;
import sakd.distill.Method;
import sakd.distill.WeightTransfer;
import sakd.infer.BatchUploader;
import sakd.model.Network;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.task.Task;
import sakd.train.Optimizer;
import sakd.train.TrainStep;
import sakd.train.WeightDecay;

/** All that the training step of some {@link StepBench.Work} needs: networks, SGD, a batch. */
final class WorkStep implements AutoCloseable {
  private static final int TRANSFORM_KERNEL = 3;

  final DistillationObjective objective;

  private final Ops ops;
  private final DType storage;
  private final StepBench.Work work;
  private final Network teacher;
  private final Network student;
  private final Optimizer optimizer;
  private final BatchUploader inputs;

  /** Each at the part of a batch that it is for, whose images are its own. */
  private final List<Epoch> epochs = new ArrayList<>();

  private final List<Batch> parts = new ArrayList<>();

  /**
   * @param drawn whether weights are drawn, or are whatever their memory holds
   */
  WorkStep(Ops ops, DType storage, StepBench.Work work, boolean drawn) {
    this.ops = ops;
    this.storage = storage;
    this.work = work;
    Parameters teacherParameters = new Parameters(1);
    Parameters parameters = new Parameters(2);
    teacher =
        work.spec().ann().build(Neuron.RELU, 1, work.channels(), work.classes(), teacherParameters);
    student = student(work, parameters);
    DistillationLoss loss =
        new DistillationLoss(
            Task.of(work.spec().targetKind()),
            DistillationForm.PUBLISHED,
            work.method().select(weights(work.spec().targetKind())),
            student,
            TRANSFORM_KERNEL,
            parameters);
    if (work.method().needsTeacher()) {
      allocate(teacherParameters, ops, drawn);
    }
    allocate(parameters, ops, drawn);
    if (work.method().transfersWeights() && drawn) {
      WeightTransfer.transfer(teacherParameters, parameters);
    }
    objective = new DistillationObjective(student, teacher, loss);
    optimizer =
        Optimizer.sgd(
            ops, parameters, 0.9f, WeightDecay.ofAll(5e-4f), true, 0, storage == DType.F16);
    optimizer.learningRate(0.1);
    Dataset images = random(work);
    inputs = new BatchUploader(ops, images);
    int count = work.scale().microBatches();
    DataLoader loader =
        new DataLoader(
            images, work.batch(), false, false, Augment.NONE, 0, 0, new Parts(0, 1, count));
    for (int part = 0; part < count; part++) {
      Epoch epoch = loader.epoch(0);
      epochs.add(epoch);
      for (int before = 0; before < part; before++) {
        epoch.next();
      }
      parts.add(epoch.next());
    }
  }

  private static void allocate(Parameters parameters, Ops ops, boolean drawn) {
    if (drawn) {
      parameters.allocate(ops);
    } else {
      parameters.reserve(ops);
    }
  }

  /** The step, to be closed. */
  TrainStep step() {
    return new TrainStep(
        ops, inputs, objective, optimizer, null, storage, work.batch(), work.scale());
  }

  /** Runs all parts of a step. */
  void run(TrainStep step) {
    parts.forEach(step::run);
  }

  private static DistillationWeights weights(Targets.Kind kind) {
    int ofBoxes = kind == Targets.Kind.BOXES ? 1 : 0;
    return new DistillationWeights(1, 1, 100, ofBoxes, ofBoxes, 4, 0);
  }

  /** What is trained: the spiking network, or with {@link Method#ANN} the ordinary one. */
  private static Network student(StepBench.Work work, Parameters parameters) {
    boolean ann = work.method() == Method.ANN;
    return (ann ? work.spec().ann() : work.spec())
        .build(
            ann ? Neuron.RELU : Neuron.LIF,
            work.steps(),
            work.channels(),
            work.classes(),
            parameters);
  }

  /** Random images, a batch of them, and what is to be found in them. */
  private static Dataset random(StepBench.Work work) {
    Dataset pictures = pictures(work);
    return switch (work.spec().targetKind()) {
      case CLASSES -> pictures;
      case MASKS -> new RandomMasks(pictures);
      case BOXES -> new RandomBoxes(pictures);
    };
  }

  private static Dataset pictures(StepBench.Work work) {
    Random random = new Random(3);
    byte[] pixels = new byte[work.batch() * work.channels() * work.height() * work.width()];
    random.nextBytes(pixels);
    float[] mean = new float[work.channels()];
    float[] std = new float[work.channels()];
    Arrays.fill(mean, 0.5f);
    Arrays.fill(std, 0.29f);
    List<String> classes = IntStream.range(0, work.classes()).mapToObj(Integer::toString).toList();
    return new MemoryDataset(
        new DatasetInfo("random", classes, mean, std, false),
        work.height(),
        work.width(),
        pixels,
        random.ints(work.batch(), 0, work.classes()).toArray());
  }

  @Override
  public void close() {
    epochs.forEach(Epoch::close);
    inputs.close();
    optimizer.close();
    student.close();
    teacher.close();
  }
}
