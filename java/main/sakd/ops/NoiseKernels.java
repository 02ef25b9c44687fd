package sakd.ops;

import static sakd.ops.Requirements.requireNoise;

import sakd.device.DType;

/** Noise on logits by {@code noise.cu}: sizes and launch. */
interface NoiseKernels extends LossOps, KernelFacet {
  @Override
  default void logitNoise(
      Tensor logits, float strength, Tensor draw, Tensor places, int key, Tensor out) {
    requireNoise(logits, strength, draw, places, out);
    int rows = Math.toIntExact(logits.rows());
    launcher()
        .kernel("noise.cu", "logit_noise", DType.F32, 1)
        .launch(
            rows,
            logits.memory(),
            draw.memory(),
            places.memory(),
            out.memory(),
            strength,
            key,
            logits.dim(1),
            rows,
            logits.channels());
  }
}
