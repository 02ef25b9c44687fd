// Losses with their gradients in the same pass, and the rank of the true class.
#include "portable.h"

/// Whether class k, with logit z, is ahead of the label's, own: larger, or equal and of a lower index; a
/// NaN is ahead.
INLINE bool is_ahead(float z, int k, float own, int label) {
  return k != label && (!(z <= own) || (z == own && k < label));
}

// x [n] is assigned: what a sum over this rank's samples is divided by, from sums [n + 1] over all ranks, the
// last of their samples:  x = sums samples / sums[n]
KERNEL(share_of_ranks, GLOBAL const float* RESTRICT sums, GLOBAL float* RESTRICT x, float samples,
       int n) {
  FOR_EACH(i, n) x[i] = sums[i] * (samples / sums[n]);
}

// kernels/cuda/loss.cu brings its own.
#ifndef BLOCK_REDUCTIONS

// For every sample (row) with logits z, teacher's logits q and label y, of K classes:
//
//   ce = -sum_k target_k log p_k       p = softmax(z), target = (1 - e) onehot(y) + e / K
//   kl = T^2 sum_k a_k (log a_k - log b_k)             a = softmax(q / T), b = softmax(z / T)
//   loss = (ce_weight ce + kl_weight kl) / N
//   dloss/dz = (ce_weight (p - target) + kl_weight T (b - a)) / N
//
// If mixed, a label is mix[0] onehot(y_n) + (1 - mix[0]) onehot(y_{N-1-n}) in onehot(y)'s place, as
// augment.cu mixes images; mix [6] is described there.
//
// losses [N, 2] (ce and kl of each sample) and grad [N, K] (dloss/dz times loss_scale [1]) are
// assigned. T is the temperature. With kl_weight = 0 the teacher is not read and kl is 0.
KERNEL(softmax_loss, GLOBAL const float* RESTRICT logits, GLOBAL const float* RESTRICT teacher,
       GLOBAL const int* RESTRICT labels, GLOBAL const float* RESTRICT mix,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL float* RESTRICT losses,
       GLOBAL float* RESTRICT grad, float ce_weight, float kl_weight, float temperature,
       float smoothing, int mixed, int samples, int classes) {
  FOR_EACH(n, samples) {
    GLOBAL const float* z = logits + n * classes;
    GLOBAL const float* q = teacher + n * classes;
    const bool distil = kl_weight != 0.0f;
    const float inverse = 1.0f / temperature;
    float z_max = z[0], q_max = distil ? q[0] : 0.0f;
    for (int k = 1; k < classes; ++k) {
      if (z[k] > z_max) z_max = z[k];
      if (distil && q[k] > q_max) q_max = q[k];
    }
    // A NaN reaches the sums, so that a broken network shows in the loss.
    float p_sum = 0.0f, b_sum = 0.0f, a_sum = 0.0f, z_total = 0.0f;
    for (int k = 0; k < classes; ++k) {
      p_sum += scalar_exp(z[k] - z_max);
      z_total += z[k] - z_max;
      if (distil) {
        b_sum += scalar_exp((z[k] - z_max) * inverse);
        a_sum += scalar_exp((q[k] - q_max) * inverse);
      }
    }
    const int y = labels[n];
    const float own = mixed ? mix[0] : 1.0f;
    const int other = own < 1.0f ? labels[samples - 1 - n] : y;
    const float p_log = scalar_log(p_sum);
    const float b_log = distil ? scalar_log(b_sum) : 0.0f;
    const float a_log = distil ? scalar_log(a_sum) : 0.0f;
    const float share = smoothing / classes;
    const float scale = loss_scale[0] / samples;
    float kl = 0.0f;
    for (int k = 0; k < classes; ++k) {
      const float p = scalar_exp(z[k] - z_max) / p_sum;
      const float label = (k == y ? own : 0.0f) + (k == other ? 1.0f - own : 0.0f);
      const float target = share + (1.0f - smoothing) * label;
      float g = ce_weight * (p - target);
      if (distil) {
        const float log_a = (q[k] - q_max) * inverse - a_log;
        const float log_b = (z[k] - z_max) * inverse - b_log;
        const float a = scalar_exp(log_a), b = scalar_exp(log_b);
        // A class the teacher rules out adds nothing; a NaN does.
        kl += a == 0.0f ? 0.0f : a * (log_a - log_b);
        g += kl_weight * temperature * (b - a);
      }
      grad[n * classes + k] = g * scale;
    }
    const float z_true = other == y ? z[y] : own * z[y] + (1.0f - own) * z[other];
    const float log_p_true = z_true - z_max - p_log;
    const float log_p_total = z_total - classes * p_log;
    losses[2 * n] = -(1.0f - smoothing) * log_p_true - share * log_p_total;
    losses[2 * n + 1] = kl * temperature * temperature;
  }
}

// partial [chunks] (sums of squared differences) and grad are assigned:
//   loss = weight sum (a - b)^2 / count,   dloss/da = 2 weight (a - b) / count;  scale = 2 weight / count
// grad is dloss/da times loss_scale [1].
KERNEL(squared_error, GLOBAL const storage* RESTRICT a, GLOBAL const storage* RESTRICT b,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL storage* RESTRICT grad,
       GLOBAL float* RESTRICT partial, float scale, int64 n, int items_per_chunk, int chunks) {
  FOR_EACH(chunk, chunks) {
    const float slope = scale * loss_scale[0];
    const int64 first = chunk * items_per_chunk;
    const int64 last = first + items_per_chunk < n ? first + items_per_chunk : n;
    vfloat sum = splat(0);
    for (int64 i = first; i < last; ++i) {
      const vfloat d = load(a, i * LANES) - load(b, i * LANES);
      sum = sum + d * d;
      store(grad, i * LANES, d * slope);
    }
    partial[chunk] = lane_sum(sum);
  }
}

// out[at] is assigned: scale * sum of partial [n].
KERNEL(scaled_sum, GLOBAL const float* RESTRICT partial, GLOBAL float* RESTRICT out, float scale,
       int n, int at) {
  FOR_EACH(i, 1) {
    float sum = 0.0f;
    for (int k = 0; k < n; ++k) sum += partial[k];
    out[at] = sum * scale;
  }
}

// rank [N] is assigned: how many classes are ahead of the true one, 0 where it is the first; equals
// count in the order of their index, a NaN counts as ahead. Of a label that is no class the rank is K.
KERNEL(label_rank, GLOBAL const float* RESTRICT logits, GLOBAL const int* RESTRICT labels,
       GLOBAL int* RESTRICT rank, int samples, int classes) {
  FOR_EACH(n, samples) {
    GLOBAL const float* z = logits + n * classes;
    const int label = labels[n];
    const bool is_class = label >= 0 && label < classes;
    const float own = is_class ? z[label] : 0.0f;
    int ahead = 0;
    for (int k = 0; k < classes; ++k) {
      if (!is_class || is_ahead(z[k], k, own, label)) ++ahead;
    }
    rank[n] = ahead;
  }
}

// hits [2] are assigned: how many of rank [N] are 0, and N.
KERNEL(count_hits, GLOBAL const int* RESTRICT rank, GLOBAL int* RESTRICT hits, int samples) {
  FOR_EACH(i, 1) {
    int first = 0;
    for (int n = 0; n < samples; ++n) first += rank[n] == 0 ? 1 : 0;
    hits[0] = first;
    hits[1] = samples;
  }
}
#endif

/// The sum of column l of losses [rows, terms].
INLINE float column_sum(GLOBAL const float* losses, int rows, int terms, int l) {
  float sum = 0.0f;
  for (int n = 0; n < rows; ++n) sum += losses[n * terms + l];
  return sum;
}

/// Adds to a number kept as at[0] below 2^24 and at[1] times 2^24: a float32 alone counts no further.
INLINE void add_count(GLOBAL float* at, int more) {
  const int64 word = 1 << 24, sum = (int64)at[0] + more;
  at[0] = (float)(sum % word);
  at[1] += (float)(sum / word);
}

// Adds a step of `samples` samples to tally [terms + 9], which the host reads and zeroes every now and
// then; ops/TallyLayout.java says what is where. losses [rows, terms] are of each sample, or averages over
// the batch in one row; distances [count] are averages; hits [2] are how many of how many candidates.
KERNEL(tally_step, GLOBAL const float* RESTRICT losses, GLOBAL const float* RESTRICT distances,
       GLOBAL const int* RESTRICT hits, GLOBAL float* RESTRICT tally, int samples, int rows, int terms,
       int count) {
  FOR_EACH(i, 1) {
    float features = 0.0f, loss = 0.0f;
    for (int d = 0; d < count; ++d) features += distances[d];
    for (int l = 0; l < terms; ++l) loss += column_sum(losses, rows, terms, l);
    loss += features;
    GLOBAL float* after = tally + terms;
    add_count(after + 2, hits[0]);
    add_count(after + 4, hits[1]);
    after[6] += 1.0f;
    if (is_finite(loss)) {
      const float share = (float)samples / rows;
      for (int l = 0; l < terms; ++l) tally[l] += column_sum(losses, rows, terms, l) * share;
      after[0] += features * samples;
      after[1] += samples;
    } else if (after[7] == 0.0f) {
      after[7] = after[6];
      after[8] = loss;
    }
  }
}
