// Noise on logits as wide as their own spread (CKDSNN's noise-smoothed logits, arXiv 2511.06902).
#include "random.h"

/// cos(2 pi v) of v in [0, 1): -sin(x) of x in [-pi/2, pi/2], by Taylor's series up to x^11, as exact as a float.
/// (CUDA's cosf takes any angle, for which it needs a stack.)
INLINE float cosine_of_turn(float v) {
  const float w = v < 0.5f ? 1.0f - 2.0f * v : 2.0f * v - 1.0f;
  const float x = 3.14159265358979324f * (0.5f - w), y = x * x;
  const float series =
      1.0f -
      y / 6.0f * (1.0f - y / 20.0f * (1.0f - y / 42.0f * (1.0f - y / 72.0f * (1.0f - y / 110.0f))));
  return -x * series;
}

/// A number from the normal distribution, by Box and Muller's method: r and angle are 32 random bits each, of
/// which 24 are taken, as many as a float holds.
INLINE float normal_number(unsigned r, unsigned angle) {
  const float unit = 1.0f / 16777216.0f;
  const float u = ((float)(r >> 8) + 1.0f) * unit, v = (float)(angle >> 8) * unit;
  return scalar_sqrt(-2.0f * scalar_log(u)) * cosine_of_turn(v);
}

// logits z [T', samples, K]; of each row, with its mean and standard deviation over the K classes,
//
//   out = z + strength std e,   e ~ N(0, 1);   std^2 = sum (z - mean)^2 / K
//
// out is assigned. e is a function of draw [2], key, the step, the sample's place in the whole batch, places
// [samples], and the class. An item is a row: LANES = 1.
KERNEL(logit_noise, GLOBAL const float* RESTRICT logits, GLOBAL const int* RESTRICT draw,
       GLOBAL const int* RESTRICT places, GLOBAL float* RESTRICT out, float strength, int key, int samples,
       int rows, int classes) {
  const int steps = rows / samples;
  const unsigned before = word_before(draw, key), after = word_after(draw, key);
  FOR_EACH(row, rows) {
    GLOBAL const float* z = logits + row * classes;
    float mean = 0.0f, squares = 0.0f;
    for (int k = 0; k < classes; ++k) mean += z[k];
    mean /= classes;
    for (int k = 0; k < classes; ++k) squares += (z[k] - mean) * (z[k] - mean);
    const float width = strength * scalar_sqrt(squares / classes);
    const int64 place = places[row % samples], step = row / samples;
    const unsigned first = (unsigned)((place * steps + step) * classes) * 2u;
    for (int k = 0; k < classes; ++k) {
      const unsigned index = first + 2u * (unsigned)k;
      out[row * classes + k] = z[k] + width * normal_number(random_bits(before, after, index),
                                                            random_bits(before, after, index + 1u));
    }
  }
}
