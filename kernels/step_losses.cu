// Losses between the time steps of one network. Of every sample the logits s[t] of the steps t = 0 .. T-1, of
// K classes; a target is a constant, through which no gradient goes:
//
//   Strong2Weak and Weak2Strong (Temporal self-distillation, arXiv 2510.07924): the confidence of a step is its
//   largest probability; a is the step of the highest confidence, b that of the lowest, of equals the first
//     s2w = 4 KL(softmax(s[a] / 2) || softmax(s[b] / 2)),  s[a] is the target
//     w2s = 4 KL(softmax(s[b] / 2) || softmax(s[a] / 2)),  s[b] is the target
//   MEOM's prefix term (ICLR 2026): p[t] is the mean of s[0] .. s[t]
//     prefix = mean over t < T-1 of CE(softmax(p[t+1]), p[t]),  p[t+1] is the target
//   The steps that are right (TWSNN, arXiv 2501.15925): z is the mean of those whose largest logit, of equals
//   the first, is the label's; 0 if none is right
//     right = mean over t of D^2 KL(softmax(z / D) || softmax(s[t] / D)),  z is the target, D the temperature
//   Entropy of the steps (TSER, arXiv 2503.03144), which is rewarded
//     entropy = mean over t of H(softmax(s[t]))
//
//   loss = mean over the samples of s2w_weight s2w + w2s_weight w2s + prefix_weight prefix
//          + right_weight right - entropy_weight entropy
//
// If mixed, the label is that with the larger share in the picture, as augment.cu mixes: mix[0] is the share of
// the sample's own, the other's is that of sample N-1-n.
//
// losses [N, 5] (the terms of each sample in this order, without weights, 0 where the weight is 0; NaN if one
// of the sample's logits is) and grad [T, N, K] (dloss/ds times loss_scale [1]) are assigned. What is kept of
// every step is in work [7, T, N], which is overwritten: registers would not hold it.
#include "portable.h"

#define TERMS 5

INLINE float largest_of(GLOBAL const float* z, int classes) {
  float largest = z[0];
  for (int k = 1; k < classes; ++k) {
    if (z[k] > largest) largest = z[k];
  }
  return largest;
}

/// Whether a class is that of the largest logit; of equals the first, and a NaN is larger.
INLINE bool is_top_class(GLOBAL const float* z, int label, int classes) {
  bool is_top = true;
  for (int k = 0; k < classes; ++k) {
    if (k != label && (!(z[k] <= z[label]) || (z[k] == z[label] && k < label))) is_top = false;
  }
  return is_top;
}

/// log sum_k exp((z_k - largest) inverse)
INLINE float log_of_sum(GLOBAL const float* z, float largest, float inverse, int classes) {
  float sum = 0.0f;
  for (int k = 0; k < classes; ++k) sum += scalar_exp((z[k] - largest) * inverse);
  return scalar_log(sum);
}

/// p (log p - log q); a class that the target rules out adds nothing.
INLINE float divergence(float p, float log_p, float log_q) {
  return p == 0.0f ? 0.0f : p * (log_p - log_q);
}

/// tau^2 KL(softmax(a / tau) || softmax(b / tau)); slope times its gradient by b is added to grad. The largest
/// logits are given.
INLINE float follow(GLOBAL const float* a, float a_max, GLOBAL const float* b, float b_max,
                    GLOBAL float* grad, float slope, float tau, int classes) {
  const float inverse = 1.0f / tau;
  const float a_log = log_of_sum(a, a_max, inverse, classes);
  const float b_log = log_of_sum(b, b_max, inverse, classes);
  float kl = 0.0f;
  for (int k = 0; k < classes; ++k) {
    const float log_p = (a[k] - a_max) * inverse - a_log, log_q = (b[k] - b_max) * inverse - b_log;
    const float p = scalar_exp(log_p);
    kl += divergence(p, log_p, log_q);
    grad[k] += slope * tau * (scalar_exp(log_q) - p);
  }
  return tau * tau * kl;
}

KERNEL(step_losses, GLOBAL const float* RESTRICT logits, GLOBAL const int* RESTRICT labels,
       GLOBAL const float* RESTRICT mix, GLOBAL const float* RESTRICT loss_scale,
       GLOBAL float* RESTRICT losses, GLOBAL float* RESTRICT grad,
       GLOBAL float* RESTRICT work, float s2w_weight, float w2s_weight,
       float prefix_weight, float right_weight, float entropy_weight, float tau, float temperature,
       int mixed, int steps, int samples, int classes) {
  FOR_EACH(n, samples) {
    const int64 step = (int64)samples * classes;
    GLOBAL const float* s = logits + n * classes;
    GLOBAL float* g = grad + n * classes;
    const float scale = loss_scale[0] / samples;
    const int label = labels[mixed && mix[0] < 0.5f ? samples - 1 - n : n];

    // Of step t, at t * samples: the largest logit, log sum_k exp(s - largest) and whether it is right.
    const int64 area = (int64)steps * samples;
    GLOBAL float* largest = work + n;
    GLOBAL float* log_sum = largest + area;
    GLOBAL float* is_right = log_sum + area;
    int right = 0, strong = 0, weak = 0;
    float entropy = 0.0f, broken = 0.0f;
    for (int t = 0; t < steps; ++t) {
      GLOBAL const float* z = s + t * step;
      const float z_max = largest_of(z, classes);
      const float z_log = log_of_sum(z, z_max, 1.0f, classes);
      const bool hit = is_top_class(z, label, classes);
      largest[t * samples] = z_max;
      log_sum[t * samples] = z_log;
      is_right[t * samples] = hit ? 1.0f : 0.0f;
      right += hit ? 1 : 0;
      // The logarithm of a step's confidence is -log_sum.
      if (z_log < log_sum[strong * samples]) strong = t;
      if (z_log > log_sum[weak * samples]) weak = t;
      broken += z_log * 0.0f;
      float own = 0.0f;
      if (entropy_weight != 0.0f) {
        for (int k = 0; k < classes; ++k) {
          const float log_p = z[k] - z_max - z_log, p = scalar_exp(log_p);
          own -= p == 0.0f ? 0.0f : p * log_p;
        }
        entropy += own / steps;
      }
      for (int k = 0; k < classes; ++k) {
        float slope = 0.0f;
        if (entropy_weight != 0.0f) {
          const float log_p = z[k] - z_max - z_log, p = scalar_exp(log_p);
          slope = p == 0.0f ? 0.0f : entropy_weight * scale / steps * p * (log_p + own);
        }
        g[t * step + k] = slope;
      }
    }

    GLOBAL const float *a = s + strong * step, *b = s + weak * step;
    const float a_max = largest[strong * samples], b_max = largest[weak * samples];
    float s2w = 0.0f, w2s = 0.0f;
    if (s2w_weight != 0.0f) {
      s2w = follow(a, a_max, b, b_max, g + weak * step, s2w_weight * scale, tau, classes);
    }
    if (w2s_weight != 0.0f) {
      w2s = follow(b, b_max, a, a_max, g + strong * step, w2s_weight * scale, tau, classes);
    }

    float prefix = 0.0f;
    if (prefix_weight != 0.0f && steps > 1) {
      // log softmax(p[t]) of one class, the largest p[t] and log sum_k exp(p[t] - largest).
      GLOBAL float* log_p = is_right + area;
      GLOBAL float* mean_max = log_p + area;
      GLOBAL float* mean_log = mean_max + area;
      for (int k = 0; k < classes; ++k) {
        float sum = 0.0f;
        for (int t = 0; t < steps; ++t) {
          sum += s[t * step + k];
          if (k == 0 || sum / (t + 1) > mean_max[t * samples]) mean_max[t * samples] = sum / (t + 1);
        }
      }
      for (int t = 0; t < steps; ++t) mean_log[t * samples] = 0.0f;
      for (int k = 0; k < classes; ++k) {
        float sum = 0.0f;
        for (int t = 0; t < steps; ++t) {
          sum += s[t * step + k];
          mean_log[t * samples] += scalar_exp(sum / (t + 1) - mean_max[t * samples]);
        }
      }
      for (int t = 0; t < steps; ++t) mean_log[t * samples] = scalar_log(mean_log[t * samples]);
      const float share = 1.0f / (steps - 1);
      for (int k = 0; k < classes; ++k) {
        float sum = 0.0f;
        for (int t = 0; t < steps; ++t) {
          sum += s[t * step + k];
          log_p[t * samples] = sum / (t + 1) - mean_max[t * samples] - mean_log[t * samples];
        }
        // A step is in the mean of its own prefix and of all longer ones.
        float slope = 0.0f;
        for (int t = steps - 2; t >= 0; --t) {
          const float target = scalar_exp(log_p[(t + 1) * samples]), own = log_p[t * samples];
          prefix -= target == 0.0f ? 0.0f : target * own * share;
          slope += (scalar_exp(own) - target) / (t + 1);
          g[t * step + k] += prefix_weight * scale * share * slope;
        }
      }
    }

    float follows = 0.0f;
    if (right_weight != 0.0f && right > 0) {
      const float inverse = 1.0f / temperature, share = 1.0f / steps;
      GLOBAL float* own_log = is_right + 4 * area;
      for (int t = 0; t < steps; ++t) {
        own_log[t * samples] = log_of_sum(s + t * step, largest[t * samples], inverse, classes);
      }
      // All steps of z have their largest logit at the label, and so does z.
      float z_max = 0.0f, z_log = 0.0f;
      for (int t = 0; t < steps; ++t) {
        z_max += is_right[t * samples] != 0.0f ? s[t * step + label] / right : 0.0f;
      }
      for (int k = 0; k < classes; ++k) {
        float z = 0.0f;
        for (int t = 0; t < steps; ++t) z += is_right[t * samples] != 0.0f ? s[t * step + k] / right : 0.0f;
        z_log += scalar_exp((z - z_max) * inverse);
      }
      z_log = scalar_log(z_log);
      for (int k = 0; k < classes; ++k) {
        float z = 0.0f;
        for (int t = 0; t < steps; ++t) z += is_right[t * samples] != 0.0f ? s[t * step + k] / right : 0.0f;
        const float log_p = (z - z_max) * inverse - z_log, p = scalar_exp(log_p);
        for (int t = 0; t < steps; ++t) {
          const float log_q = (s[t * step + k] - largest[t * samples]) * inverse - own_log[t * samples];
          follows += divergence(p, log_p, log_q) * share;
          g[t * step + k] += right_weight * scale * share * temperature * (scalar_exp(log_q) - p);
        }
      }
      follows *= temperature * temperature;
    }

    GLOBAL float* each = losses + n * TERMS;
    each[0] = s2w + broken;
    each[1] = w2s + broken;
    each[2] = prefix + broken;
    each[3] = follows + broken;
    each[4] = entropy + broken;
  }
}
