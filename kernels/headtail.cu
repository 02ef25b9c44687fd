// Divergence of a student's classes from its teacher's that looks at likely and unlikely classes alike.
#include "portable.h"

// For every sample, p = softmax(teacher / T) and r = softmax(logits / T) over K classes. The head is the
// smallest set of the most probable classes of the teacher that holds at least `head` of p: class k is in
// it if the classes ahead of it (more probable, or equal with a lower index) hold less. With
//
//   g = sum over the head |p - r|,  h = sum over the rest |p - r|,  u = g / (g + h)   (1/2 if both are 0)
//   loss = T^2 (u KL(p || r) + (1 - u) KL(r || p))
//   dloss/dlogits = T (u (r - p) + (1 - u) r (log r - log p - KL(r || p)))        u is taken as constant
//
// The second column of losses [N, 2], where softmax_loss has its divergence, is assigned; scale and
// loss_scale [1] times the gradient is added to grad [N, K].
INLINE float log_of_sum(GLOBAL const float* z, float inverse, int classes) {
  float largest = z[0];
  for (int k = 1; k < classes; ++k) {
    if (z[k] > largest) largest = z[k];
  }
  float sum = 0.0f;
  for (int k = 0; k < classes; ++k) sum += scalar_exp((z[k] - largest) * inverse);
  return largest * inverse + scalar_log(sum);
}

// in_head [N, K] is assigned, 1 or 0: an item for each class of each sample, which all look at K classes.
KERNEL(head_mask, GLOBAL const float* RESTRICT teacher, GLOBAL float* RESTRICT in_head, float head,
       float temperature, int samples, int classes) {
  FOR_EACH_ROW(n, samples) {
    FOR_EACH_COLUMN(k, classes) {
      GLOBAL const float* q = teacher + n * classes;
      const float inverse = 1.0f / temperature;
      const float log_sum = log_of_sum(q, inverse, classes);
      float ahead = 0.0f;
      for (int j = 0; j < classes; ++j) {
        if (q[j] > q[k] || (q[j] == q[k] && j < k)) ahead += scalar_exp(q[j] * inverse - log_sum);
      }
      in_head[n * classes + k] = ahead < head ? 1.0f : 0.0f;
    }
  }
}

KERNEL(head_tail_loss, GLOBAL const float* RESTRICT logits, GLOBAL const float* RESTRICT teacher,
       GLOBAL const float* RESTRICT in_head, GLOBAL const float* RESTRICT loss_scale,
       GLOBAL float* RESTRICT losses, GLOBAL float* RESTRICT grad, float scale, float temperature,
       int samples, int classes) {
  FOR_EACH(n, samples) {
    const float slope = scale * loss_scale[0] * temperature;
    GLOBAL const float* z = logits + n * classes;
    GLOBAL const float* q = teacher + n * classes;
    const float inverse = 1.0f / temperature;
    const float z_log = log_of_sum(z, inverse, classes), q_log = log_of_sum(q, inverse, classes);
    float g = 0.0f, h = 0.0f, forward = 0.0f, reverse = 0.0f;
    for (int k = 0; k < classes; ++k) {
      const float log_p = q[k] * inverse - q_log, log_r = z[k] * inverse - z_log;
      const float p = scalar_exp(log_p), r = scalar_exp(log_r);
      const float gap = p > r ? p - r : r - p;
      g += in_head[n * classes + k] * gap;
      h += (1.0f - in_head[n * classes + k]) * gap;
      forward += p * (log_p - log_r);
      reverse += r * (log_r - log_p);
    }
    const float u = g + h > 0.0f ? g / (g + h) : 0.5f;
    for (int k = 0; k < classes; ++k) {
      const float log_p = q[k] * inverse - q_log, log_r = z[k] * inverse - z_log;
      const float p = scalar_exp(log_p), r = scalar_exp(log_r);
      grad[n * classes + k] +=
          slope * (u * (r - p) + (1.0f - u) * r * (log_r - log_p - reverse));
    }
    losses[2 * n + 1] = temperature * temperature * (u * forward + (1.0f - u) * reverse);
  }
}
