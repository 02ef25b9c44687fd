// uint8 samples [N, T, C, H, W] to normalised activations [T, N, H, W, C], cropped and flipped on the
// way, all T frames of a sample alike:
//
//   out[t, n, y, x, c] = (in[n, t, c, y + dy, x' + dx] / 255 - mean[c]) / std[c],   x' = flip ? W-1-x : x
//
// with black (0 before normalisation) outside the image. placement [N, 3] = dy, dx, flip.
// out is assigned. LANES = 1.
#include "portable.h"

KERNEL(augment, GLOBAL const uchar* RESTRICT in, GLOBAL const int* RESTRICT placement,
       GLOBAL const float* RESTRICT mean, GLOBAL const float* RESTRICT std_dev,
       GLOBAL storage* RESTRICT out, int samples, int frames, int channels, int height, int width,
       int64 rows) {
  FOR_EACH(row, rows) {
    const int x = (int)(row % width), y = (int)(row / width % height);
    const int64 image = row / width / height, n = image % samples, t = image / samples;
    const int from_y = y + placement[3 * n];
    const int from_x = (placement[3 * n + 2] ? width - 1 - x : x) + placement[3 * n + 1];
    const bool inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
    for (int c = 0; c < channels; ++c) {
      const float pixel =
          inside ? in[(((n * frames + t) * channels + c) * height + from_y) * width + from_x] * (1.0f / 255.0f)
                 : 0.0f;
      store(out, row * channels + c, splat((pixel - mean[c]) / std_dev[c]));
    }
  }
}
