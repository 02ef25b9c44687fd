// Still images as spikes over time: x [N, H, W, C], normalised, to out [T, N, H, W, C], which is assigned 0 or 1.
// A pixel is what it was before normalisation, in 255ths,
//
//   level = round(255 (x std[c] + mean[c])), at least 0 and at most 255
//
// so that the pixels of a picture are exactly themselves again, and 16-bit storage makes no difference but for
// bright pixels by 1. Poisson: a spike at each step with probability level / 255, of a random number that is a
// hash of draw [2], the step, and the element's index within the whole batch, of which places [N] tells where
// each sample is; or where nothing is drawn, of the step and the index within the sample alone. Latency: one
// spike, at step round((T - 1) (1 - level / 255)). LANES = 1. Statistics of up to 4 channels are arguments.
#include "random.h"

KERNEL(encode, GLOBAL const storage* RESTRICT x, GLOBAL const int* RESTRICT draw,
       GLOBAL const int* RESTRICT places, GLOBAL storage* RESTRICT out, int latency, int drawn, int steps,
       int channels, int64 sample, float mean0, float mean1, float mean2, float mean3, float std0,
       float std1, float std2, float std3, int64 n) {
  FOR_EACH(i, n) {
    const int c = (int)(i % channels);
    const float mean = c == 0 ? mean0 : c == 1 ? mean1 : c == 2 ? mean2 : mean3;
    const float std_dev = c == 0 ? std0 : c == 1 ? std1 : c == 2 ? std2 : std3;
    const float scaled = 255.0f * (lane_sum(load(x, i)) * std_dev + mean) + 0.5f;
    const int level = scaled >= 255.0f ? 255 : scaled >= 1.0f ? (int)scaled : 0;
    const int at = (2 * (steps - 1) * (255 - level) + 255) / 510;
    const unsigned index = (unsigned)((drawn ? places[i / sample] * sample : 0) + i % sample);
    for (int t = 0; t < steps; ++t) {
      // Keys that no dropout has. Where nothing is drawn, draw counts as zeros.
      const int key = 0x10000 + t;
      const unsigned before = drawn ? word_before(draw, key) : mix(mix((unsigned)key));
      const unsigned after = drawn ? word_after(draw, key) : mix((unsigned)key);
      const unsigned random = random_bits(before, after, index) >> 8;
      const int fires = latency ? t == at : random * 255u < (unsigned)level << 24;
      store(out, t * n + i, splat(fires ? 1.0f : 0.0f));
    }
  }
}
