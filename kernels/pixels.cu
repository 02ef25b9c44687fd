// Losses and counts of pixels: logits [pixels, K] and labels [pixels], bytes, of which those that are no
// class (255, or whatever else is not below K) do not count.
//
// Here the LANES of a vector are neighbouring pixels, so that any number of classes fills it. On GPUs
// LANES = 1: their threads are the pixels, and more would not fit their registers.
#include "portable.h"

/// 1 where a equals b, of whole numbers, else 0.
INLINE vfloat is_equal(vfloat a, vfloat b) { return relu(1.0f - absolute(a - b)); }

/// The largest logit of LANES pixels from element `at` on, and which class has it, of equals the first.
INLINE vfloat largest(GLOBAL const float* z, int64 at, int classes, vfloat* which) {
  vfloat best = load_strided(z, at, classes);
  *which = splat(0);
  for (int k = 1; k < classes; ++k) {
    const vfloat value = load_strided(z, at + k, classes);
    *which = where_more(value, best, splat((float)k), *which);
    best = where_more(value, best, value, best);
  }
  return best;
}

// partial [chunks] is assigned: how many labels of a chunk are a class.
KERNEL(count_pixels, GLOBAL const uchar* RESTRICT labels, GLOBAL int* RESTRICT partial, int classes,
       int pixels, int chunk_pixels, int chunks) {
  FOR_EACH(chunk, chunks) {
    const int64 first = chunk * chunk_pixels;
    const int64 last = first + chunk_pixels < pixels ? first + chunk_pixels : pixels;
    int count = 0;
    for (int64 i = first; i < last; ++i) count += labels[i] < classes ? 1 : 0;
    partial[chunk] = count;
  }
}

// count [1] is assigned: counted [1] as a float.
KERNEL(pixel_count, GLOBAL const int* RESTRICT counted, GLOBAL float* RESTRICT count) {
  FOR_EACH(i, 1) count[0] = (float)counted[0];
}

// For every pixel with logits z, teacher's logits q and label y the losses ce and kl and their gradient
// dloss/dz, as loss.cu has them, with the number of counted pixels [1] for N, or
// divisor [1] where several ranks share a batch (shared):
//
//   ce = -sum_k target_k log p_k       p = softmax(z), target = (1 - e) onehot(y) + e / K
//   kl = T^2 sum_k a_k (log a_k - log b_k)             a = softmax(q / T), b = softmax(z / T)
//   dloss/dz = (ce_weight (p - target) + kl_weight T (b - a)) / N
//
// grad [pixels, K] (dloss/dz times loss_scale [1], 0 where a pixel does not count), sums [chunks, 2] (of ce
// and kl) and right [chunks] (counted pixels whose class comes first, which none with a NaN does) are
// assigned, the latter two from slot on. Works on `blocks` vectors of pixels from `first` on. With
// kl_weight = 0 the teacher is not read and kl is 0.
//
// From memory come logits and teacher once, for the pass that finds the maxima; a first-level cache holds
// them for the two after it. So it moves the least there is: they and grad.
KERNEL(pixel_loss, GLOBAL const float* RESTRICT logits, GLOBAL const float* RESTRICT teacher,
       GLOBAL const uchar* RESTRICT labels, GLOBAL const float* RESTRICT loss_scale,
       GLOBAL const int* RESTRICT counted, GLOBAL const float* RESTRICT divisor,
       GLOBAL float* RESTRICT grad, GLOBAL float* RESTRICT sums, GLOBAL int* RESTRICT right, int shared,
       float ce_weight, float kl_weight, float temperature, float smoothing, int classes, int first, int slot, int blocks, int chunk_blocks, int chunks) {
  FOR_EACH(chunk, chunks) {
    const bool distil = kl_weight != 0.0f;
    const float inverse = 1.0f / temperature, share = smoothing / classes;
    const float scale = loss_scale[0] / (shared ? divisor[0] : (float)counted[0]);
    const int64 begin = chunk * chunk_blocks;
    const int64 end = begin + chunk_blocks < blocks ? begin + chunk_blocks : blocks;
    vfloat ce_sum = splat(0), kl_sum = splat(0), hits = splat(0);
    for (int64 block = begin; block < end; ++block) {
      const int64 pixel = first + block * LANES, at = pixel * classes;
      const vfloat y = load_bytes(labels, pixel);
      vfloat place, ignored;
      const vfloat z_max = largest(logits, at, classes, &place);
      const vfloat q_max = distil ? largest(teacher, at, classes, &ignored) : splat(0);

      // A NaN, which no maximum shows, reaches the sums.
      vfloat p_sum = splat(0), b_sum = splat(0), a_sum = splat(0), z_total = splat(0);
      for (int k = 0; k < classes; ++k) {
        const vfloat z = load_strided(logits, at + k, classes) - z_max;
        p_sum = p_sum + lane_exp(z);
        z_total = z_total + z;
        if (distil) {
          b_sum = b_sum + lane_exp(z * inverse);
          a_sum = a_sum + lane_exp((load_strided(teacher, at + k, classes) - q_max) * inverse);
        }
      }
      const vfloat p_log = lane_log(p_sum), p_share = splat(1) / p_sum;
      const vfloat b_log = distil ? lane_log(b_sum) : splat(0);
      const vfloat a_log = distil ? lane_log(a_sum) : splat(0);

      vfloat z_true = splat(0), kl = splat(0);
      for (int k = 0; k < classes; ++k) {
        const vfloat z = load_strided(logits, at + k, classes) - z_max;
        const vfloat is_label = is_equal(y, splat((float)k));
        z_true = where_at_least(is_label, 1.0f, z, z_true);
        vfloat g = (lane_exp(z) * p_share - (is_label * (1.0f - smoothing) + share)) * ce_weight;
        if (distil) {
          const vfloat log_a = (load_strided(teacher, at + k, classes) - q_max) * inverse - a_log;
          const vfloat log_b = z * inverse - b_log;
          const vfloat a = lane_exp(log_a);
          // A class the teacher rules out adds nothing; a NaN does.
          kl = kl + where_at_least(-a, 0.0f, splat(0), a * (log_a - log_b));
          g = g + (lane_exp(log_b) - a) * (kl_weight * temperature);
        }
        store_strided(grad, at + k, classes, where_at_least(y, (float)classes, splat(0), g * scale));
      }
      const vfloat ce = -((z_true - p_log) * (1.0f - smoothing)) - (z_total - p_log * (float)classes) * share;
      ce_sum = ce_sum + where_at_least(y, (float)classes, splat(0), ce);
      kl_sum = kl_sum + where_at_least(y, (float)classes, splat(0), kl * (temperature * temperature));
      hits = hits + where_at_least(p_sum, 0.0f, is_equal(y, place), splat(0));
    }
    sums[2 * (slot + chunk)] = lane_sum(ce_sum);
    sums[2 * (slot + chunk) + 1] = lane_sum(kl_sum);
    right[slot + chunk] = (int)lane_sum(hits);
  }
}

// losses [2] (the sums of ce and kl over N as above, 0 if no pixel counts) and hits [2] (pixels
// whose class comes first, counted pixels) are assigned.
KERNEL(pixel_loss_mean, GLOBAL const float* RESTRICT sum, GLOBAL const int* RESTRICT right,
       GLOBAL const int* RESTRICT counted, GLOBAL const float* RESTRICT divisor,
       GLOBAL float* RESTRICT losses, GLOBAL int* RESTRICT hits, int shared) {
  FOR_EACH(i, 1) {
    const float n = shared ? divisor[0] : (float)counted[0];
    const float share = counted[0] > 0 ? 1.0f / n : 0.0f;
    losses[0] = sum[0] * share;
    losses[1] = sum[1] * share;
    hits[0] = right[0];
    hits[1] = counted[0];
  }
}

// partial [chunks, K, K] is assigned: how many pixels of a chunk have the label of the row and their largest
// logit, of equals the first, in the class of the column. A NaN is larger than any number before it.
KERNEL(confusion, GLOBAL const float* RESTRICT logits, GLOBAL const uchar* RESTRICT labels,
       GLOBAL int* RESTRICT partial, int classes, int pixels, int chunk_pixels, int chunks) {
  FOR_EACH(chunk, chunks) {
    GLOBAL int* counts = partial + chunk * classes * classes;
    for (int i = 0; i < classes * classes; ++i) counts[i] = 0;
    const int64 first = chunk * chunk_pixels;
    const int64 last = first + chunk_pixels < pixels ? first + chunk_pixels : pixels;
    for (int64 pixel = first; pixel < last; ++pixel) {
      const int label = labels[pixel];
      if (label >= classes) continue;
      GLOBAL const float* z = logits + pixel * classes;
      int best = 0;
      for (int k = 1; k < classes; ++k) {
        if (z[k] > z[best] || z[k] != z[k]) best = k;
      }
      ++counts[label * classes + best];
    }
  }
}

// out [groups, columns] is assigned, or with add added to: sums over `size` rows each of partial [rows,
// columns], in order; until one is left.
KERNEL(fold_floats, GLOBAL const float* RESTRICT partial, GLOBAL float* RESTRICT out, int rows, int size,
       int add, int groups, int columns) {
  FOR_EACH_ROW(group, groups) {
    FOR_EACH_COLUMN(c, columns) {
      float sum = add ? out[group * columns + c] : 0.0f;
      for (int64 row = group * size; row < rows && row < (group + 1) * size; ++row) {
        sum += partial[row * columns + c];
      }
      out[group * columns + c] = sum;
    }
  }
}

KERNEL(fold_ints, GLOBAL const int* RESTRICT partial, GLOBAL int* RESTRICT out, int rows, int size,
       int add, int groups, int columns) {
  FOR_EACH_ROW(group, groups) {
    FOR_EACH_COLUMN(c, columns) {
      int sum = add ? out[group * columns + c] : 0;
      for (int64 row = group * size; row < rows && row < (group + 1) * size; ++row) {
        sum += partial[row * columns + c];
      }
      out[group * columns + c] = sum;
    }
  }
}
