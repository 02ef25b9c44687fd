package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.ints;
import static sakd.ops.Requirements.require;

import sakd.device.DType;

/** Noise on logits by {@code noise.cu}: sizes and launch. */
interface NoiseKernels extends LossOps, KernelFacet {
  static void requireNoise(Tensor logits, float strength, Tensor draw, Tensor places, Tensor out) {
    require(
        logits.rank() == 3
            && logits != out
            && floats(logits, logits.size())
            && floats(out, logits.size())
            && ints(draw, 2)
            && ints(places, logits.dim(1)),
        logits,
        draw,
        places,
        out);
    if (!(strength >= 0)) {
      throw new IllegalArgumentException("noise of strength " + strength + "; expected 0 or more");
    }
  }

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
