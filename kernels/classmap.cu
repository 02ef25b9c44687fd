// Where in a picture a class is seen: the teacher's class activation map, the student's map of spikes, and the
// divergence of the two over the S = H W places of the last stage (CKDSNN, arXiv 2511.06902).
//
//   M[n,s] = sum_c w[y_n, c] f[n,s,c]          f the teacher's features, w the weight of its last layer
//   A[n,s] = sum_t sum_c o[t,n,s,c]            o the student's features
//
// Sums over channels and steps are of any size; softmaxes of them would see one place alone. So both are first
// brought to mean 0 and variance 1 over the places of a sample:
//
//   m = (M - mean M) / sqrt(var M + E),   a likewise of A,   E = 0.01
//   p = softmax(m / 2),  q = softmax(a / 2);   loss_n = 2^2 sum_s p (log p - log q)
//   g = dloss_n/da = 2 (q - p);   dloss_n/dA = (g - a mean(g a)) / sqrt(var A + E)       (the mean of g is 0)
//
// and dloss_n/do[t,n,s,c] is that of A[n,s], for every t and c. E is a tenth of a spike, squared: it bounds the
// gradient where a map is flat.
#include "portable.h"

#define TEMPERATURE 2.0f
#define LEAST_VARIANCE 0.01f

// map [N, S] is assigned: M of x [1, N, S, C] with weight [K, C] and labels [N]. If mixed, w[y_n] is
// mix[0] w[y_n] + (1 - mix[0]) w[y_{N-1-n}], as augment.cu mixes images. Columns are C / LANES.
KERNEL(class_map, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT weight,
       GLOBAL const int* RESTRICT labels, GLOBAL const float* RESTRICT mix, GLOBAL float* RESTRICT map,
       int mixed, int samples, int places, int columns) {
  FOR_EACH_ROW(n, samples) {
    const float own = mixed ? mix[0] : 1.0f;
    const int other = own < 1.0f ? labels[samples - 1 - n] : labels[n];
    const int64 y = (int64)labels[n] * columns, z = (int64)other * columns;
    FOR_EACH_COLUMN(s, places) {
      vfloat sum = splat(0);
      for (int c = 0; c < columns; ++c) {
        const vfloat w =
            load_float(weight, (y + c) * LANES) * own + load_float(weight, (z + c) * LANES) * (1.0f - own);
        sum = sum + load(x, ((n * places + s) * columns + c) * LANES) * w;
      }
      map[n * places + s] = lane_sum(sum);
    }
  }
}

// map [n] is assigned: A of x [steps, n, C], n = N S. Columns are C / LANES.
KERNEL(spike_map, GLOBAL const storage* RESTRICT x, GLOBAL float* RESTRICT map, int steps, int64 n,
       int columns) {
  FOR_EACH(i, n) {
    vfloat sum = splat(0);
    for (int t = 0; t < steps; ++t) {
      for (int c = 0; c < columns; ++c) sum = sum + load(x, ((t * n + i) * columns + c) * LANES);
    }
    map[i] = lane_sum(sum);
  }
}

/// Mean of a map, 1 / sqrt(variance + E), and the logarithm of the sum of exp(x / 2) over its standardised x.
INLINE void standard(GLOBAL const float* map, int places, float* mean, float* inverse, float* log_sum) {
  float sum = 0.0f, squares = 0.0f, exponentials = 0.0f, largest = map[0];
  for (int s = 0; s < places; ++s) {
    sum += map[s];
    if (map[s] > largest) largest = map[s];
  }
  *mean = sum / places;
  for (int s = 0; s < places; ++s) squares += (map[s] - *mean) * (map[s] - *mean);
  *inverse = 1.0f / scalar_sqrt(squares / places + LEAST_VARIANCE);
  const float slope = *inverse / TEMPERATURE;
  for (int s = 0; s < places; ++s) exponentials += scalar_exp((map[s] - largest) * slope);
  *log_sum = (largest - *mean) * slope + scalar_log(exponentials);
}

// losses [N] and grad [N, S] are assigned: loss_n, and dloss_n/dA times scale and loss_scale [1]. An item is a
// sample: LANES = 1.
KERNEL(map_divergence, GLOBAL const float* RESTRICT student, GLOBAL const float* RESTRICT teacher,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL float* RESTRICT losses, GLOBAL float* RESTRICT grad,
       float scale, int samples, int places) {
  FOR_EACH(n, samples) {
    GLOBAL const float *a = student + n * places, *b = teacher + n * places;
    float a_mean, a_inverse, a_log, b_mean, b_inverse, b_log;
    standard(a, places, &a_mean, &a_inverse, &a_log);
    standard(b, places, &b_mean, &b_inverse, &b_log);
    float kl = 0.0f, product = 0.0f;
    for (int s = 0; s < places; ++s) {
      const float x = (a[s] - a_mean) * a_inverse;
      const float log_q = x / TEMPERATURE - a_log;
      const float log_p = (b[s] - b_mean) * b_inverse / TEMPERATURE - b_log;
      const float p = scalar_exp(log_p);
      kl += p * (log_p - log_q);
      product += (scalar_exp(log_q) - p) * x;
    }
    losses[n] = TEMPERATURE * TEMPERATURE * kl;
    const float slope = scale * loss_scale[0] * TEMPERATURE * a_inverse, along = product / places;
    for (int s = 0; s < places; ++s) {
      const float x = (a[s] - a_mean) * a_inverse;
      const float q = scalar_exp(x / TEMPERATURE - a_log);
      const float p = scalar_exp((b[s] - b_mean) * b_inverse / TEMPERATURE - b_log);
      grad[n * places + s] = slope * (q - p - x * along);
    }
  }
}

// grad [steps, n, C] is assigned: of_map [n] at every step and channel. rows = steps n, columns are C / LANES.
KERNEL(spread_map, GLOBAL const float* RESTRICT of_map, GLOBAL storage* RESTRICT grad, int64 n, int64 rows,
       int columns) {
  FOR_EACH_ROW(row, rows) {
    FOR_EACH_COLUMN(c, columns) store(grad, (row * columns + c) * LANES, splat(of_map[row % n]));
  }
}
