package sakd.distill;

import java.util.ArrayList;
import java.util.List;
import sakd.device.DType;
import sakd.infer.DeviceBatch;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Ops;
import sakd.ops.StepTerms;
import sakd.ops.Tensor;
import sakd.task.Task;

/**
 * The terms of classification, of each sample: cross-entropy with its class, and T^2 KL from the
 * teacher's softened classes.
 *
 * @param names of these two, and of those {@linkplain DistillationWeights#further beyond the paper}
 */
record ClassLoss(DistillationForm form, List<String> names) implements LabelLoss {
  /** Key of the noise, which no layer that drops has. */
  private static final int NOISE = -1;

  /**
   * Those of a training.
   *
   * @param weights of the first epoch; what is not among them never is
   */
  static ClassLoss of(DistillationForm form, DistillationWeights weights) {
    List<String> names = new ArrayList<>(Task.CLASSIFICATION.losses());
    names.addAll(weights.further().keySet());
    return new ClassLoss(form, List.copyOf(names));
  }

  @Override
  public List<Float> weights(DistillationWeights weights) {
    List<Float> all = new ArrayList<>(List.of(weights.ce(), weights.logits()));
    all.addAll(weights.further().values());
    return all;
  }

  @Override
  public Computed compute(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      DeviceBatch batch,
      DistillationWeights weights,
      Tensor lossScale) {
    Ops ops = tape.ops();
    Tensor each = each(tape, student, teacher, batch, weights, lossScale);
    Tensor hits = ops.allocate(DType.I32, 2);
    try (Tensor rank = ops.allocate(DType.I32, batch.size())) {
      ops.labelRank(student.logits().value(), batch.labels(), rank);
      ops.countHits(rank, hits);
    }
    return new Computed(each, hits);
  }

  /** All terms of each sample, [N, L]. */
  private Tensor each(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      DeviceBatch batch,
      DistillationWeights weights,
      Tensor lossScale) {
    Tensor pair = pair(tape, student, teacher, batch, weights, lossScale);
    if (names.size() == pair.channels()) {
      return pair;
    }
    Ops ops = tape.ops();
    Tensor each = ops.allocate(DType.F32, batch.size(), names.size());
    try (pair) {
      ops.copyChannels(pair, 0, each, 0, 2);
    }
    if (weights.map() > 0) {
      map(tape, student, teacher, batch, weights, lossScale, each);
    }
    if (weights.steps().any()) {
      stepLosses(tape, student.stepLogits(), batch, weights, lossScale, each);
    }
    return each;
  }

  /** How far the student's map of the last stage is from the teacher's. */
  private void map(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      DeviceBatch batch,
      DistillationWeights weights,
      Tensor lossScale,
      Tensor each) {
    Ops ops = tape.ops();
    Var features = last(student);
    Tensor goal = last(teacher).value();
    Tensor classWeight = teacher.classWeight().value();
    int channels = goal.channels();
    Tensor grad = tape.gradientOf(features);
    try (Tensor losses = ops.allocate(DType.F32, batch.size(), 1)) {
      ops.mapLoss(
          features.value(),
          goal,
          classWeight.reshape(Math.toIntExact(classWeight.size() / channels), channels),
          batch.labels(),
          batch.mix(),
          lossScale,
          weights.map(),
          losses,
          grad);
      ops.copyChannels(losses, 0, each, names.indexOf(DistillationWeights.MAP), 1);
    }
    tape.pass(features, grad);
  }

  private static Var last(Network.Output out) {
    return out.stages().get(out.stages().size() - 1);
  }

  /** The terms between the student's own steps, into their columns. */
  private void stepLosses(
      Tape tape,
      Var student,
      DeviceBatch batch,
      DistillationWeights weights,
      Tensor lossScale,
      Tensor each) {
    Ops ops = tape.ops();
    Tensor grad = tape.gradientOf(student);
    try (Tensor terms = ops.allocate(DType.F32, batch.size(), StepTerms.COUNT)) {
      ops.stepLosses(
          student.value(),
          batch.labels(),
          batch.mix(),
          lossScale,
          weights.steps(),
          weights.temperature(),
          terms,
          grad);
      int term = 0;
      for (String name : weights.steps().byName().keySet()) {
        if (names.contains(name)) {
          ops.copyChannels(terms, term, each, names.indexOf(name), 1);
        }
        term++;
      }
    }
    tape.pass(student, grad);
  }

  /** Cross-entropy and divergence of each sample, [N, 2]. */
  private Tensor pair(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      DeviceBatch batch,
      DistillationWeights weights,
      Tensor lossScale) {
    Tensor labels = batch.labels();
    Ops ops = tape.ops();
    Tensor expected = weights.logits() > 0 ? teacher.logits().value() : null;
    int steps = student.stepLogits().value().dim(0);
    if (!form.everyStep() || steps == 1) {
      return pair(tape, student.logits(), expected, labels, batch, weights, lossScale);
    }
    int samples = student.logits().value().dim(-2);
    Tensor each = ops.allocate(DType.F32, samples, 2);
    try (Tensor targets = ops.allocate(DType.I32, steps, samples);
        Tensor teachers =
            expected == null
                ? null
                : ops.allocate(DType.F32, steps, samples, expected.channels())) {
      ops.repeatSteps(labels, targets);
      if (expected != null) {
        ops.repeatSteps(expected, teachers);
      }
      // Row i of all steps meets the last but i: the same samples as within one step.
      try (Tensor all =
          pair(tape, student.stepLogits(), teachers, targets, batch, weights, lossScale)) {
        ops.timeMean(all.reshape(steps, samples, 2), each.reshape(1, samples, 2));
      }
    }
    return each;
  }

  /** The same of logits [T', N, K] with a row for each label. */
  private Tensor pair(
      Tape tape,
      Var student,
      Tensor teacher,
      Tensor labels,
      DeviceBatch batch,
      DistillationWeights weights,
      Tensor lossScale) {
    Ops ops = tape.ops();
    Tensor logits = student.value();
    Tensor each = ops.allocate(DType.F32, Math.toIntExact(logits.rows()), 2);
    Tensor grad = tape.gradientOf(student);
    boolean apart = teacher != null && (form.head() > 0 || form.noise() > 0);
    ops.softmaxLoss(
        logits,
        apart ? null : teacher,
        labels,
        batch.mix(),
        lossScale,
        weights.ce() * (1 - form.tetLambda()),
        apart || teacher == null ? 0 : weights.logits(),
        weights.temperature(),
        weights.labelSmoothing(),
        each,
        grad);
    if (form.tetLambda() > 0) {
      ops.tetRegularizer(
          logits, lossScale, form.tetLambda(), form.tetTarget(), weights.ce(), each, grad);
    }
    if (apart) {
      try (Tensor noisy = form.noise() > 0 ? noisy(ops, logits, batch) : null) {
        Tensor seen = noisy == null ? logits : noisy;
        divergence(ops, seen, teacher, labels, weights, lossScale, each, grad);
      }
    }
    tape.pass(student, grad);
    return each;
  }

  /** Logits with noise; to be closed. */
  private Tensor noisy(Ops ops, Tensor logits, DeviceBatch batch) {
    Tensor out = ops.allocate(DType.F32, logits.shape());
    ops.logitNoise(logits, form.noise(), batch.draw(), batch.places(), NOISE, out);
    return out;
  }

  /** Assigns the second of each row's pair of losses, and adds its gradient. */
  private void divergence(
      Ops ops,
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      DistillationWeights weights,
      Tensor lossScale,
      Tensor each,
      Tensor grad) {
    float temperature = weights.temperature();
    float weight = weights.logits();
    if (form.head() > 0) {
      ops.headTailLoss(logits, teacher, lossScale, temperature, weight, form.head(), each, grad);
      return;
    }
    try (Tensor pair = ops.allocate(DType.F32, each.shape());
        Tensor more = ops.allocate(DType.F32, grad.shape())) {
      ops.softmaxLoss(
          logits, teacher, labels, null, lossScale, 0, weight, temperature, 0, pair, more);
      ops.copyChannels(pair, 1, each, 1, 1);
      ops.add(grad, more);
    }
  }
}
