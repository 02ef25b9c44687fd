package sakd.ops;

import static sakd.ops.Requirements.requireStepLosses;

import sakd.device.DType;

/** The losses of {@code step_losses.cu}: sizes and launch. */
interface StepLossKernels extends StepLossOps, KernelFacet {
  /** Numbers that the kernel keeps of each step of each sample. */
  int WORK = 7;

  @Override
  default void stepLosses(
      Tensor logits,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      StepTerms weights,
      float temperature,
      Tensor losses,
      Tensor grad) {
    requireStepLosses(logits, labels, mix, lossScale, losses, grad);
    int samples = logits.dim(1);
    try (Tensor work = allocate(DType.F32, WORK, logits.dim(0), samples)) {
      launcher()
          .kernel("step_losses.cu", "step_losses", DType.F32, 1)
          .launch(
              samples,
              logits.memory(),
              labels.memory(),
              (mix == null ? lossScale : mix).memory(),
              lossScale.memory(),
              losses.memory(),
              grad.memory(),
              work.memory(),
              weights.s2w(),
              weights.w2s(),
              weights.prefix(),
              weights.rightSteps(),
              weights.entropy(),
              StepTerms.TEMPERATURE,
              temperature,
              mix == null ? 0 : 1,
              logits.dim(0),
              samples,
              logits.channels());
    }
  }
}
