// Divergence of two feature maps a (the student's) and b (the teacher's), [N, H, W, C], over the places of
// every channel. An item is a channel: LANES = 1.
#include "portable.h"

// For every sample and channel, with softmaxes over the S places of the map:
//   p = softmax(b / T), q = softmax(a / T);   loss = T^2 sum p (log p - log q),   dloss/da = T (q - p)
// losses [N, C] is assigned, and grad, which is scale and loss_scale [1] times that. Neighbouring items
// are neighbouring channels.
KERNEL(channel_divergence, GLOBAL const storage* RESTRICT a, GLOBAL const storage* RESTRICT b,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL float* RESTRICT losses,
       GLOBAL storage* RESTRICT grad, float scale, float temperature, int samples, int places,
       int channels) {
  FOR_EACH_ROW(n, samples) {
    FOR_EACH_COLUMN(c, channels) {
      const float slope = scale * loss_scale[0] * temperature;
      const int64 first = n * places * channels + c;
      const float inverse = 1.0f / temperature;
      float a_max = lane_sum(load(a, first)), b_max = lane_sum(load(b, first));
      for (int s = 1; s < places; ++s) {
        const int64 i = first + (int64)s * channels;
        const float x = lane_sum(load(a, i)), y = lane_sum(load(b, i));
        if (x > a_max) a_max = x;
        if (y > b_max) b_max = y;
      }
      float a_sum = 0.0f, b_sum = 0.0f;
      for (int s = 0; s < places; ++s) {
        const int64 i = first + (int64)s * channels;
        a_sum += scalar_exp((lane_sum(load(a, i)) - a_max) * inverse);
        b_sum += scalar_exp((lane_sum(load(b, i)) - b_max) * inverse);
      }
      const float a_log = scalar_log(a_sum), b_log = scalar_log(b_sum);
      float kl = 0.0f;
      for (int s = 0; s < places; ++s) {
        const int64 i = first + (int64)s * channels;
        const float log_q = (lane_sum(load(a, i)) - a_max) * inverse - a_log;
        const float log_p = (lane_sum(load(b, i)) - b_max) * inverse - b_log;
        const float p = scalar_exp(log_p);
        kl += p * (log_p - log_q);
        store(grad, i, splat(slope * (scalar_exp(log_q) - p)));
      }
      losses[n * channels + c] = kl * temperature * temperature;
    }
  }
}
