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
 * @param further the names of those {@linkplain DistillationWeights#further beyond the paper}
 */
record ClassLoss(DistillationForm form, List<String> further) implements LabelLoss {
  @Override
  public List<String> names() {
    List<String> names = new ArrayList<>(Task.CLASSIFICATION.losses());
    names.addAll(further);
    return names;
  }

  @Override
  public List<Float> weights(DistillationWeights weights) {
    List<Float> all = new ArrayList<>(List.of(weights.ce(), weights.logits()));
    further.forEach(name -> all.add(weights.further().get(name)));
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
    if (further.isEmpty()) {
      return pair;
    }
    Ops ops = tape.ops();
    Tensor each = ops.allocate(DType.F32, batch.size(), names().size());
    try (pair) {
      ops.copyChannels(pair, 0, each, 0, 2);
    }
    if (weights.steps().any()) {
      stepLosses(tape, student.stepLogits(), batch, weights, lossScale, each);
    }
    return each;
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
        if (further.contains(name)) {
          ops.copyChannels(terms, term, each, names().indexOf(name), 1);
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
    Tensor mix = batch.mix();
    Ops ops = tape.ops();
    Tensor expected = weights.logits() > 0 ? teacher.logits().value() : null;
    int steps = student.stepLogits().value().dim(0);
    if (!form.everyStep() || steps == 1) {
      return pair(tape, student.logits(), expected, labels, mix, weights, lossScale);
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
          pair(tape, student.stepLogits(), teachers, targets, mix, weights, lossScale)) {
        ops.timeMean(all.reshape(steps, samples, 2), each.reshape(1, samples, 2));
      }
    }
    return each;
  }

  /** The same of logits with a row for each label. */
  private Tensor pair(
      Tape tape,
      Var student,
      Tensor teacher,
      Tensor labels,
      Tensor mix,
      DistillationWeights weights,
      Tensor lossScale) {
    Ops ops = tape.ops();
    Tensor logits = student.value();
    Tensor each = ops.allocate(DType.F32, Math.toIntExact(logits.rows()), 2);
    Tensor grad = tape.gradientOf(student);
    boolean headTail = form.head() > 0 && teacher != null;
    ops.softmaxLoss(
        logits,
        headTail ? null : teacher,
        labels,
        mix,
        lossScale,
        weights.ce() * (1 - form.tetLambda()),
        headTail || teacher == null ? 0 : weights.logits(),
        weights.temperature(),
        weights.labelSmoothing(),
        each,
        grad);
    if (form.tetLambda() > 0) {
      ops.tetRegularizer(
          logits, lossScale, form.tetLambda(), form.tetTarget(), weights.ce(), each, grad);
    }
    if (headTail) {
      ops.headTailLoss(
          logits,
          teacher,
          lossScale,
          weights.temperature(),
          weights.logits(),
          form.head(),
          each,
          grad);
    }
    tape.pass(student, grad);
    return each;
  }
}
